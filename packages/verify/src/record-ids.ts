// record-ids.ts: finds a record id that was chained twice. Memory is bounded: ids are compared within a window of lines, by 64 bits of a
// hash that is seeded anew for each run, so that nobody can prepare ids that look alike.

import { randomBytes } from "node:crypto";

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

export function hashId(b: Uint8Array, start: number, end: number): IdHash {
  let low = seed[0]!;
  let high = seed[1]!;
  const odd = seed[2]! | 1;
  const other = seed[3]! | 1;
  for (let p = start; p < end; p++) {
    const byte = b[p]!;
    low = Math.imul(low ^ byte, odd);
    low ^= low >>> 15;
    high = Math.imul(high ^ byte, other);
    high ^= high >>> 13;
  }
  return { low: low >>> 0, high: high >>> 0 };
}

const FREE = -1;

/** The ids of the last {@link ID_WINDOW} lines, in less than 3 MB. */
export class RecordIds {
  readonly #window: number;
  readonly #mask: number;
  /** Open addressing; a slot holds an index into the ring, or FREE. */
  readonly #slots: Int32Array;
  readonly #low: Uint32Array;
  readonly #high: Uint32Array;
  readonly #seqs: Float64Array;
  #count = 0;

  /** @param most lines that there can be: a small log needs little memory */
  constructor(most: number = ID_WINDOW) {
    this.#window = Math.max(1, Math.min(most, ID_WINDOW));
    // At least twice as many slots as entries: probes stay short.
    const slots = 2 ** Math.ceil(Math.log2(2 * this.#window + 1));
    this.#mask = slots - 1;
    this.#slots = new Int32Array(slots).fill(FREE);
    this.#low = new Uint32Array(this.#window);
    this.#high = new Uint32Array(this.#window);
    this.#seqs = new Float64Array(this.#window);
  }

  /** How many ids were looked at. */
  get count(): number {
    return this.#count;
  }

  /** Notes the id of a line. @returns the seq of an earlier line in the window with the same id */
  add(low: number, high: number, seq: number): number | undefined {
    const earlier = this.#find(low, high);
    const at = this.#count % this.#window;
    if (this.#count >= this.#window) this.#forget(at);
    let slot = (low ^ high) & this.#mask;
    while (this.#slots[slot] !== FREE) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = at;
    this.#low[at] = low;
    this.#high[at] = high;
    this.#seqs[at] = seq;
    this.#count++;
    return earlier;
  }

  #find(low: number, high: number): number | undefined {
    let slot = (low ^ high) & this.#mask;
    for (let entry = this.#slots[slot]!; entry !== FREE; entry = this.#slots[slot]!) {
      if (this.#low[entry] === low && this.#high[entry] === high) return this.#seqs[entry];
      slot = (slot + 1) & this.#mask;
    }
    return undefined;
  }

  /** Frees the slot of the oldest entry and closes the hole, so that no probe ends early. */
  #forget(entry: number): void {
    let hole = this.#home(entry);
    while (this.#slots[hole] !== entry) hole = (hole + 1) & this.#mask;
    for (let next = (hole + 1) & this.#mask; this.#slots[next] !== FREE; next = (next + 1) & this.#mask) {
      const moved = this.#slots[next]!;
      // An entry may move back into the hole only when the hole is not before its home.
      if (((next - this.#home(moved)) & this.#mask) >= ((next - hole) & this.#mask)) {
        this.#slots[hole] = moved;
        hole = next;
      }
    }
    this.#slots[hole] = FREE;
  }

  #home(entry: number): number {
    return (this.#low[entry]! ^ this.#high[entry]!) & this.#mask;
  }
}
