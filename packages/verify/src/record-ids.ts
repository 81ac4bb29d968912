// record-ids.ts: finds a record id that was chained twice. Memory is bounded: ids are compared within a window of lines, by 64 bits of a
// hash that is seeded anew for each run, so that nobody can prepare ids that look alike.

import { randomBytes } from "node:crypto";
import { wordAt } from "./tokens.ts";

/** Ids are compared within so many lines of each other: the window in which a receiver promises to know a record again. */
export const ID_WINDOW = 100_000;

export interface IdHash {
  readonly low: number;
  readonly high: number;
}

/** Two odd multipliers and two starting points. The same in all threads of a run. */
export type IdSeed = Uint32Array;

export function createIdSeed(): IdSeed {
  return new Uint32Array(Uint8Array.from(randomBytes(16)).buffer);
}

let seed: IdSeed = createIdSeed();

/** For a worker: takes over the seed of the thread that started it. */
export function useIdSeed(shared: IdSeed): void {
  seed = shared;
}

export function currentIdSeed(): IdSeed {
  return seed;
}

/** Hashes b[start, end), four bytes at a time. */
export function hashId(b: Uint8Array, start: number, end: number): IdHash {
  let low = seed[0]!;
  let high = seed[1]!;
  const odd = seed[2]! | 1;
  const other = seed[3]! | 1;
  let p = start;
  for (; p + 4 <= end; p += 4) {
    const word = wordAt(b, p);
    low = Math.imul(low ^ word, odd);
    low ^= low >>> 15;
    high = Math.imul(high ^ word, other);
    high ^= high >>> 13;
  }
  // The rest by the byte, and the length: ids that differ in either must not look alike.
  for (; p < end; p++) {
    low = Math.imul(low ^ b[p]!, odd);
    high = Math.imul(high ^ b[p]!, other);
    high ^= high >>> 11;
  }
  low = Math.imul(low ^ (end - start), other);
  low ^= low >>> 16;
  return { low: low >>> 0, high: high >>> 0 };
}

/** The ids of the last {@link ID_WINDOW} lines or more, in 8 MB. Two tables take turns: when one is full, the older one is emptied. */
export class RecordIds {
  readonly #window: number;
  #current: IdTable;
  #older: IdTable;
  #count = 0;
  /** Ids in the current table. */
  #filled = 0;

  /** @param most lines that there can be: a small log needs little memory */
  constructor(most: number = ID_WINDOW) {
    this.#window = Math.max(1, Math.min(most, ID_WINDOW));
    this.#current = new IdTable(this.#window);
    this.#older = new IdTable(this.#window);
  }

  /** How many ids were looked at. */
  get count(): number {
    return this.#count;
  }

  /** Notes the id of a line. @returns the seq of the line within the window before that has the same id */
  add(low: number, high: number, seq: number): number | undefined {
    if (this.#filled === this.#window) this.#turn();
    const earlier = this.#current.replace(low, high, seq) ?? this.#older.find(low, high);
    this.#filled++;
    this.#count++;
    return earlier !== undefined && seq - earlier <= this.#window ? earlier : undefined;
  }

  #turn(): void {
    const emptied = this.#older;
    this.#older = this.#current;
    this.#current = emptied;
    this.#filled = 0;
    emptied.clear();
  }
}

/** Of a slot's 32 bits: which entry it stands for, from 1. The rest is a part of the id's hash. */
const ENTRY_BITS = 18;
const ENTRY_MASK = 2 ** ENTRY_BITS - 1;

/**
 * Open addressing; at most half full, so that probes stay short. A slot is one word, and entries are put down one after the other: most
 * ids are new, and cost one look at a place in memory that is not at hand.
 */
class IdTable {
  readonly #mask: number;
  /** 0 when free. */
  readonly #slots: Uint32Array;
  #count = 0;
  readonly #low: Uint32Array;
  readonly #high: Uint32Array;
  readonly #seqs: Float64Array;

  /** @param entries at most 2^18 - 1 */
  constructor(entries: number) {
    const slots = 2 ** Math.ceil(Math.log2(2 * entries + 1));
    this.#mask = slots - 1;
    this.#slots = new Uint32Array(slots);
    this.#low = new Uint32Array(entries);
    this.#high = new Uint32Array(entries);
    this.#seqs = new Float64Array(entries);
  }

  find(low: number, high: number): number | undefined {
    const entry = this.#slots[this.#slotOf(low, high)]! & ENTRY_MASK;
    return entry === 0 ? undefined : this.#seqs[entry - 1];
  }

  /** Puts an id down. The newest line with an id counts. @returns the seq that it had */
  replace(low: number, high: number, seq: number): number | undefined {
    const slot = this.#slotOf(low, high);
    const known = this.#slots[slot]! & ENTRY_MASK;
    const earlier = known === 0 ? undefined : this.#seqs[known - 1];
    this.#low[this.#count] = low;
    this.#high[this.#count] = high;
    this.#seqs[this.#count] = seq;
    this.#slots[slot] = (high << ENTRY_BITS) | ++this.#count;
    return earlier;
  }

  clear(): void {
    this.#slots.fill(0);
    this.#count = 0;
  }

  /** Where the id is, or the free slot where it would be. */
  #slotOf(low: number, high: number): number {
    const slots = this.#slots;
    const tag = (high << ENTRY_BITS) >>> ENTRY_BITS;
    let slot = low & this.#mask;
    for (let found = slots[slot]!; found !== 0; found = slots[slot]!) {
      if (found >>> ENTRY_BITS === tag) {
        const entry = (found & ENTRY_MASK) - 1;
        if (this.#low[entry] === low && this.#high[entry] === high) break;
      }
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }
}
