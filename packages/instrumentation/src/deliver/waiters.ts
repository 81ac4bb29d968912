// waiters.ts: who waits for which number of a stream to be settled, and since when the oldest number waits. Pure bookkeeping.

import type { LedgerReceipt } from "./otlp-answer.ts";

/** `refused` settles a flush too: nothing more will happen to that record by itself. */
export type Settled =
  | { readonly at: "acknowledged"; readonly receipt: LedgerReceipt | undefined }
  | { readonly at: "refused"; readonly reason: string }
  | { readonly at: "gone" };

interface Waiter {
  readonly number: number;
  /** Of the record, by which its receipt is found; "" when none is wanted. */
  readonly id: string;
  readonly settle: (outcome: Settled) => void;
}

/** Numbers closer together than this share one time. */
const GRAIN_MS = 100;
/** More times than this are thinned out, so that a day without a receiver costs no memory. */
const MAX_AGES = 1024;

export class Waiters {
  /** In the order of their numbers. */
  #waiting: Waiter[] = [];
  #ages: { readonly number: number; readonly atMs: number }[] = [];

  /** @returns takes the waiter away again */
  add(number: number, id: string, settle: (outcome: Settled) => void): () => void {
    const waiter = { number, id, settle };
    let at = this.#waiting.length;
    while (at > 0 && this.#waiting[at - 1]!.number > number) at--;
    this.#waiting.splice(at, 0, waiter);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
    };
  }

  /** Whether somebody waits for a receipt of one of these numbers. */
  wantsReceipt(first: number, last: number): boolean {
    return this.#waiting.some(({ number, id }) => id !== "" && number >= first && number <= last);
  }

  /** Everything up to `number` is settled; `refused` says what was not taken among it. */
  settle(number: number, o: { receipts?: readonly LedgerReceipt[]; refused?: { number: number; reason: string } } = {}): void {
    if ((this.#waiting[0]?.number ?? Number.POSITIVE_INFINITY) <= number) {
      const byId = new Map(o.receipts?.map((receipt) => [receipt.id, receipt]));
      const after = this.#waiting.findIndex((waiter) => waiter.number > number);
      const settled = this.#waiting.splice(0, after < 0 ? this.#waiting.length : after);
      for (const { number: own, id, settle } of settled) {
        if (own === o.refused?.number) settle({ at: "refused", reason: o.refused.reason });
        else settle({ at: "acknowledged", receipt: byId.get(id) });
      }
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
    // A clock that was set back must not make what comes next look old, nor one that jumped ahead hide it.
    if (last !== undefined && atMs >= last.atMs && atMs - last.atMs < GRAIN_MS) return;
    this.#ages.push({ number, atMs });
    if (this.#ages.length > MAX_AGES) this.#ages = this.#ages.filter((_, at) => at % 2 === 0 || at > MAX_AGES / 2);
  }

  /** Age of the oldest unsettled number, exact to GRAIN_MS; 0 when all are settled. */
  oldestMs(settled: number, last: number, nowMs: number): number {
    const oldest = this.#ages[0];
    return settled >= last || oldest === undefined ? 0 : Math.max(0, nowMs - oldest.atMs);
  }
}
