// window.ts: which record ids are among the newest lines, and where. Bounded: old ones are forgotten, many at a time. Knows hashes of ids,
// nothing of what was said under them, nor whether a line is durable. Rebuilt from the segments at start: it has no file of its own.
// Hot: a line costs sixteen bytes of a table, no object, and nothing is ever deleted one by one.

import { IdHasher, type IdKey } from "./id-hash.ts";

const NOWHERE: readonly number[] = [];
/** Of places in a table to lines in it, at least. */
const ROOM = 1.5;
/** Of a place in a table: one more than are used, so that none lies in two lines of the processor's cache. */
const WORDS = 4;

/** Lines one after the other, by the hashes of their ids: open addressing, linear probing. Two lines of one id have two places. */
class Generation {
  /** seq of its first line. */
  first = 0;
  count = 0;
  readonly #mask: number;
  /** A place is {@link WORDS} words: the hash, low and high, and the line after `first`, counted from 1; 0: the place is free. */
  readonly #words: Uint32Array;

  constructor(capacity: number) {
    const places = 2 ** Math.ceil(Math.log2(capacity * ROOM));
    this.#mask = places * WORDS - 1;
    this.#words = new Uint32Array(places * WORDS);
  }

  begin(first: number): void {
    this.first = first;
    this.count = 0;
    this.#words.fill(0);
  }

  add(low: number, high: number, seq: number): void {
    const words = this.#words;
    let at = Math.imul(low, WORDS) & this.#mask;
    while (words[at + 2] !== 0) at = (at + WORDS) & this.#mask;
    words[at] = low;
    words[at + 1] = high;
    words[at + 2] = seq - this.first + 1;
    this.count++;
  }

  /** Adds the seqs under a hash to a list, which it makes when there is one. */
  find(low: number, high: number, found: readonly number[]): readonly number[] {
    const words = this.#words;
    let all = found;
    for (let at = Math.imul(low, WORDS) & this.#mask; words[at + 2] !== 0; at = (at + WORDS) & this.#mask) {
      if (words[at] === low && words[at + 1] === high) all = [...all, this.first + words[at + 2]! - 1];
    }
    return all;
  }
}

export class RecentIds {
  readonly hasher: IdHasher;
  readonly #capacity: number;
  /** The newest line is in #young; when that holds `capacity` lines, it becomes #old, and the old one is forgotten. */
  #young: Generation;
  #old: Generation;

  /** @param capacity of the newest lines so many are known at least, and up to twice as many. 0: none */
  constructor(capacity: number, key: IdKey) {
    this.hasher = new IdHasher(key);
    this.#capacity = capacity;
    this.#young = new Generation(Math.max(1, capacity));
    this.#old = new Generation(Math.max(1, capacity));
  }

  /** @param seq one more than that of the call before */
  add(low: number, high: number, seq: number): void {
    if (this.#capacity === 0) return;
    const young = this.#young;
    if (young.count === 0) young.begin(seq);
    else if (young.count >= this.#capacity) {
      this.#young = this.#old;
      this.#old = young;
      this.#young.begin(seq);
    }
    this.#young.add(low, high, seq);
  }

  /** The known lines whose ids have this hash, the oldest first. Nearly always none, and else nearly always those of one id. */
  find(low: number, high: number): readonly number[] {
    const found = this.#young.find(low, high, this.#old.find(low, high, NOWHERE));
    return found.length > 1 ? found.toSorted((a, b) => a - b) : found;
  }
}
