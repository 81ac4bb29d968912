// growth.ts: waiting for lines. Knows sizes, not lines.

import type { LedgerError } from "./errors.ts";

interface Waiter {
  readonly after: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export class Growth {
  #size: number;
  /** Set once: there will be no more lines. */
  #end: LedgerError | undefined;
  readonly #waiters = new Set<Waiter>();

  constructor(size: number) {
    this.#size = size;
  }

  /** Resolves when the size is beyond `after`; rejects with the signal's reason, or with `end()`'s error. */
  async beyond(after: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#size > after) return;
    if (this.#end !== undefined) throw this.#end;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { after, resolve, reject };
    const abort = () => reject(signal?.reason);
    this.#waiters.add(waiter);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await promise;
    } finally {
      this.#waiters.delete(waiter);
      signal?.removeEventListener("abort", abort);
    }
  }

  grow(size: number): void {
    this.#size = size;
    for (const waiter of this.#waiters) if (size > waiter.after) waiter.resolve();
  }

  end(error: LedgerError): void {
    this.#end ??= error;
    for (const waiter of this.#waiters) waiter.reject(this.#end);
  }
}
