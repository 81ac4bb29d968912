// pace.ts: what reading the log may cost: so many reads at a time, so many bytes in memory, so many bytes a second, over all readers.
// Whoever verifies a whole log must not slow down those who write it.

import { ByteBudget, type Reservation } from "../pipeline/budget.ts";

/** Too many readers at this moment. */
export class TooManyReaders extends Error {
  override readonly name = "TooManyReaders";
  readonly code = "TOO_MANY_READERS";
}

export interface PaceOptions {
  readonly bytesPerSecond: number;
  /** Milliseconds of a clock that never steps. */
  readonly elapsedMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** A bundle of the longest lines is 16 MiB, one of ordinary ones 200 KiB. */
const READS_AT_ONCE = 4;
const MAX_QUEUE = 1_000;
/** Read, and not yet taken by who asked for it. */
const MAX_HELD_BYTES = 32 << 20;
/** A reader that would wait longer is told to come again. */
const MAX_WAIT_MS = 10_000;

export class ReadPace {
  readonly #o: PaceOptions;
  readonly #held = new ByteBudget(MAX_HELD_BYTES);
  readonly #queue: (() => void)[] = [];
  #reading = 0;
  /** When the bytes that were handed out so far are paid for, on the clock of `elapsedMs`. */
  #paidAtMs = 0;

  constructor(o: PaceOptions) {
    this.#o = o;
  }

  /**
   * Reads, in turn, and waits until the bytes may go.
   * @returns the bytes and their reservation, to be closed when they have gone
   * @throws {TooManyReaders} and what `read` throws
   */
  async read(read: () => Promise<Uint8Array | undefined>): Promise<{ bytes: Uint8Array; held: Reservation } | undefined> {
    const bytes = await this.#inTurn(read);
    if (bytes === undefined) return undefined;
    const held = this.#held.open();
    const now = this.#o.elapsedMs();
    const waitMs = Math.max(0, this.#paidAtMs - now);
    if (waitMs > MAX_WAIT_MS || !held.take(bytes.length)) throw new TooManyReaders("too many are reading this log");
    this.#paidAtMs = Math.max(now, this.#paidAtMs) + (bytes.length / this.#o.bytesPerSecond) * 1000;
    if (waitMs > 0) await this.#o.sleep(waitMs);
    return { bytes, held };
  }

  async #inTurn<T>(read: () => Promise<T>): Promise<T> {
    if (this.#reading >= READS_AT_ONCE) {
      if (this.#queue.length >= MAX_QUEUE) throw new TooManyReaders("too many are reading this log");
      // Who is waked takes over the place of who woke it: the count stays.
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else this.#reading++;
    try {
      return await read();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#reading--;
      else next();
    }
  }
}
