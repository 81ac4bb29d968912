// buffer-pool.ts: large buffers that are used again: fresh memory costs the system a fault a page, more than what is then done with it.

/** Smaller ones are not worth it. */
export const RECYCLED_BYTES: number = 1 << 16;
/** Held for being used again, of all sizes together. */
const MAX_HELD = 32 << 20;

export class BufferPool {
  /** By the power of two that a buffer has at least. */
  readonly #free = new Map<number, ArrayBuffer[]>();
  #held = 0;

  /** At least so many bytes, with anything in them; undefined when there is none at hand. */
  take(bytes: number): ArrayBuffer | undefined {
    const size = sizeFor(bytes);
    for (const wanted of [size, size + 1]) {
      const found = this.#free.get(wanted)?.pop();
      if (found === undefined) continue;
      this.#held -= found.byteLength;
      return found;
    }
    return undefined;
  }

  /** As `take`, and made when there is none. */
  takeOrMake(bytes: number): ArrayBuffer {
    return this.take(bytes) ?? (Buffer.allocUnsafeSlow(recycledSize(bytes)).buffer as ArrayBuffer);
  }

  /** Nobody else may hold it. Small ones are not worth it. */
  give(buffer: ArrayBuffer): void {
    const { byteLength } = buffer;
    if (byteLength < RECYCLED_BYTES || this.#held + byteLength > MAX_HELD) return;
    const size = Math.floor(Math.log2(byteLength));
    const free = this.#free.get(size) ?? [];
    this.#free.set(size, free);
    free.push(buffer);
    this.#held += byteLength;
  }
}

/** What a buffer for so many bytes should have: it comes back for as many. */
export function recycledSize(bytes: number): number {
  return 2 ** sizeFor(bytes);
}

/** Bodies, and the tails that are made of them, as they pass through this thread. */
export const recycled: BufferPool = new BufferPool();

function sizeFor(bytes: number): number {
  return Math.ceil(Math.log2(Math.max(bytes, RECYCLED_BYTES)));
}
