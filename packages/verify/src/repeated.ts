// repeated.ts: a piece of a line that is often the same as in the line before: resource, scope, redactions. What was accepted once need
// not be walked again. Keeps a copy of the bytes, so that nothing depends on what becomes of the buffer.

import { wordAt } from "./tokens.ts";

const MAX_BYTES = 2_048;

export class Repeated {
  readonly #words = new Int32Array(MAX_BYTES / 4);
  #length = 0;

  /** Where the remembered piece ends when it stands here again; -1 otherwise. */
  skip(b: Uint8Array, at: number): number {
    const length = this.#length;
    if (length === 0 || at + length > b.length) return -1;
    const last = at + length - 4;
    let word = 0;
    for (let p = at; p < last; p += 4) if (wordAt(b, p) !== this.#words[word++]) return -1;
    return wordAt(b, last) === this.#words[word] ? at + length : -1;
  }

  /** Remembers b[start, end), which was accepted. What is too short or too long is not. */
  remember(b: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#length = length < 4 || length > MAX_BYTES ? 0 : length;
    if (this.#length === 0) return;
    const last = end - 4;
    let word = 0;
    for (let p = start; p < last; p += 4) this.#words[word++] = wordAt(b, p);
    this.#words[word] = wordAt(b, last); // may overlap the one before
  }
}
