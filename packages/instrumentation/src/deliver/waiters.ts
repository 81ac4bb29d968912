// waiters.ts: who waits for which number of a stream to be settled, and since when the oldest number waits. Pure bookkeeping.

/** `refused` settles a flush too: nothing more will happen to that record by itself. */
export type Settled =
  | { readonly at: "acknowledged" }
  | { readonly at: "refused"; readonly reason: string }
  | { readonly at: "gone" };

interface Waiter {
  readonly number: number;
  readonly settle: (outcome: Settled) => void;
}

/** Numbers closer together than this share one time. */
const GRAIN_MS = 100;

export class Waiters {
  /** In the order of their numbers. */
  #waiting: Waiter[] = [];
  #ages: { readonly number: number; readonly atMs: number }[] = [];

  /** @returns takes the waiter away again */
  add(number: number, settle: (outcome: Settled) => void): () => void {
    const waiter = { number, settle };
    let at = this.#waiting.length;
    while (at > 0 && this.#waiting[at - 1]!.number > number) at--;
    this.#waiting.splice(at, 0, waiter);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
    };
  }

  /** Everything up to `number` is settled; `refused` says what was not taken among it. */
  settle(number: number, refused?: { number: number; reason: string }): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!.number <= number) {
      const waiter = this.#waiting.shift()!;
      waiter.settle(waiter.number === refused?.number ? { at: "refused", reason: refused.reason } : { at: "acknowledged" });
    }
    while (this.#ages.length > 1 && this.#ages[1]!.number <= number + 1) this.#ages.shift();
  }

  /** The stream is no more. */
  abandon(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#ages = [];
    for (const waiter of waiting) waiter.settle({ at: "gone" });
  }

  /** @param number has just been spooled */
  born(number: number, atMs: number): void {
    const last = this.#ages.at(-1);
    if (last === undefined || atMs - last.atMs >= GRAIN_MS) this.#ages.push({ number, atMs });
  }

  /** Age of the oldest unsettled number, exact to GRAIN_MS; 0 when all are settled. */
  oldestMs(settled: number, last: number, nowMs: number): number {
    const oldest = this.#ages[0];
    return settled >= last || oldest === undefined ? 0 : Math.max(0, nowMs - oldest.atMs);
  }
}
