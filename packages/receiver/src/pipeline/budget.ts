// budget.ts: how many bytes of requests may be in memory at once, over all of them. What does not fit is refused, never queued. A request that
// is alone always fits: what bounds it is the limit on one request, and to refuse it would be to refuse it for ever.

export class ByteBudget {
  readonly #maxBytes: number;
  #used = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get used(): number {
    return this.#used;
  }

  /** An account of nothing yet; closed by its owner. */
  open(): Reservation {
    let held = 0;
    const fits = (bytes: number): boolean => this.#used === held || this.#used + (bytes - held) <= this.#maxBytes;
    return {
      take: (bytes) => {
        if (bytes > held && !fits(bytes)) return false;
        this.#used += bytes - held;
        held = bytes;
        return true;
      },
      fits,
      get held() {
        return held;
      },
      close: () => {
        this.#used -= held;
        held = 0;
      },
    };
  }
}

/** One request's part of the budget. */
export interface Reservation {
  readonly held: number;
  /** Changes the part to `bytes` in all; false, and no change, when it is more than is left. */
  take(bytes: number): boolean;
  /** Whether `take` would say yes, at this moment. */
  fits(bytes: number): boolean;
  /** Gives everything back. Twice is fine. */
  close(): void;
}
