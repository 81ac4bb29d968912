// buffer-pool.ts: large buffers that are used again: fresh memory costs the system a fault a page, more than what is then done with it.

/** Smaller ones are not worth it. */
export const RECYCLED_BYTES: number = 1 << 16;
/** Held for being used again, of all sizes together. */
const MAX_HELD = 16 << 20;
/** Larger ones that are not held are freed at once: the collector would let several of them come together first. */
const FREED_BYTES = 1 << 20;

export class BufferPool {
  /** By the power of two that a buffer has at least. */
  readonly #free = new Map<number, ArrayBuffer[]>();
  /** Those that go out to be filled here, so that they may be given away with all that is in them. */
  readonly #lent = new WeakSet<ArrayBuffer>();
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
    const buffer = this.take(bytes) ?? (Buffer.allocUnsafeSlow(recycledSize(bytes)).buffer as ArrayBuffer);
    this.#lent.add(buffer);
    return buffer;
  }

  /** Whether it came from {@link takeOrMake}: then nothing else shares it. */
  lent(buffer: ArrayBufferLike): boolean {
    return buffer instanceof ArrayBuffer && this.#lent.has(buffer);
  }

  /** Nobody else may hold it, and nobody may read it from now on. Small ones are not worth it. */
  give(buffer: ArrayBuffer): void {
    const { byteLength } = buffer;
    if (byteLength < RECYCLED_BYTES) return;
    if (this.#held + byteLength > MAX_HELD) {
      free(buffer);
      return;
    }
    const size = Math.floor(Math.log2(byteLength));
    const held = this.#free.get(size) ?? [];
    this.#free.set(size, held);
    held.push(buffer);
    this.#held += byteLength;
  }
}

/** What a buffer for so many bytes should have: it comes back for as many. */
export function recycledSize(bytes: number): number {
  return 2 ** sizeFor(bytes);
}

/** Bodies, and the tails that are made of them, as they pass through this thread. */
export const recycled: BufferPool = new BufferPool();

/** Nobody may read it from now on. What is small is left to the collector. */
export function free(buffer: ArrayBuffer): void {
  if (buffer.byteLength >= FREED_BYTES) buffer.transfer(0);
}

function sizeFor(bytes: number): number {
  return Math.ceil(Math.log2(Math.max(bytes, RECYCLED_BYTES)));
}
