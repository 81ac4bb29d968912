// pieces.ts: the parts of a body as they come, to be one buffer in the end. Small ones are put together at once: a sender that sends byte by
// byte would otherwise cost a hundred times what it sent. A large body is never there twice.

import { free, RECYCLED_BYTES, recycled } from "../pipeline/buffer-pool.ts";

/** Larger parts are kept as they came. */
const SMALL_BYTES = 4_096;
const LARGEST_BLOCK_BYTES = 64 * 1_024;
/** From here on a body gets its whole buffer before its end, when this part of it has come: a promise alone gets nothing. */
const LARGE_BODY_BYTES = 1_024 * 1_024;
const PART_THAT_HAS_COME = 1 / 4;

export class Pieces {
  #pieces: Buffer[] = [];
  #block: Buffer = Buffer.alloc(0);
  #filled = 0;
  #bytes = 0;
  #whole: Buffer | undefined;

  get bytes(): number {
    return this.#bytes;
  }

  /** @param expectedBytes of the whole body, as it was announced; 0 when nothing was. No more than that may come then. */
  add(part: Buffer, expectedBytes = 0): void {
    if (this.#whole !== undefined) {
      part.copy(this.#whole, this.#bytes);
      this.#bytes += part.length;
      return;
    }
    this.#bytes += part.length;
    if (part.length > SMALL_BYTES) {
      this.#seal();
      this.#pieces.push(part);
    } else this.#addSmall(part);
    if (expectedBytes >= LARGE_BODY_BYTES && this.#bytes >= expectedBytes * PART_THAT_HAS_COME) this.#makeWhole(expectedBytes);
  }

  /** Nothing of it is wanted. What is large is freed at once. */
  discard(): void {
    if (this.#whole !== undefined) free(this.#whole.buffer as ArrayBuffer);
    this.#whole = undefined;
    this.#pieces = [];
  }

  /** All of it, often in a buffer that is recycled: see buffer-pool.ts. Called once; a single part is not copied. */
  join(): Buffer {
    if (this.#whole !== undefined) return this.#whole.subarray(0, this.#bytes);
    this.#seal();
    if (this.#pieces.length === 1) return this.#pieces[0]!;
    const isRecycled = this.#bytes >= RECYCLED_BYTES;
    const whole = isRecycled
      ? Buffer.from(recycled.takeOrMake(this.#bytes), 0, this.#bytes)
      : Buffer.allocUnsafeSlow(this.#bytes);
    let at = 0;
    for (const piece of this.#pieces) at += piece.copy(whole, at);
    return whole;
  }

  #addSmall(part: Buffer): void {
    if (part.length > this.#block.length - this.#filled) {
      const size = Math.max(2 * this.#block.length, part.length);
      this.#seal();
      this.#block = Buffer.allocUnsafeSlow(Math.min(size, LARGEST_BLOCK_BYTES));
    }
    part.copy(this.#block, this.#filled);
    this.#filled += part.length;
  }

  /** Memory that is not yet written to is only promised by the system. */
  #makeWhole(bytes: number): void {
    this.#seal();
    const whole = Buffer.allocUnsafeSlow(bytes);
    let at = 0;
    for (const piece of this.#pieces) at += piece.copy(whole, at);
    this.#pieces = [];
    this.#whole = whole;
  }

  /** What was put together becomes a piece. */
  #seal(): void {
    if (this.#filled > 0) this.#pieces.push(this.#block.subarray(0, this.#filled));
    this.#block = this.#block.subarray(this.#filled);
    this.#filled = 0;
  }
}
