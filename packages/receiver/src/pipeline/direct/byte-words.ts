// byte-words.ts: ranges of bytes compared and hashed four at a time. Knows nothing of what they mean.

/** Bytes that are kept for being compared with, in memory of their own. */
export class KeptBytes {
  readonly length: number;
  readonly #words: Int32Array;

  constructor(view: DataView, start: number, end: number) {
    this.length = end - start;
    this.#words = new Int32Array(Math.ceil(this.length / 4));
    for (let word = 0; word < this.#words.length; word++) this.#words[word] = wordAt(view, start, end, word);
  }

  equals(view: DataView, start: number, end: number): boolean {
    if (end - start !== this.length) return false;
    const words = this.#words;
    const last = words.length - 1;
    for (let word = 0, at = start; word < last; word++, at += 4) if (view.getInt32(at) !== words[word]) return false;
    return last < 0 || words[last] === wordAt(view, start, end, last);
  }
}

/** The last word overlaps the one before, where there is one: cheaper than its bytes one by one. */
function wordAt(view: DataView, start: number, end: number, word: number): number {
  const at = start + 4 * word;
  if (at + 4 <= end) return view.getInt32(at);
  if (end - start >= 4) return view.getInt32(end - 4);
  let short = 0;
  for (let i = start; i < end; i++) short = (short << 8) | view.getUint8(i);
  return short;
}

/** Spreads usual texts over slots; anybody can make two that meet. Not negative. */
export function hashBytes(view: DataView, start: number, end: number, seed: number): number {
  let hash = (seed ^ (end - start)) | 0;
  for (let word = 0, words = Math.ceil((end - start) / 4); word < words; word++) {
    hash = Math.imul(hash ^ wordAt(view, start, end, word), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 1;
}
