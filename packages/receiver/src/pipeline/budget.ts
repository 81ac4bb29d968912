// budget.ts: how many bytes of requests may be in memory at once, over all of them. What does not fit is refused, never queued.

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
    return {
      take: (bytes) => {
        if (bytes > held && this.#used + (bytes - held) > this.#maxBytes) return false;
        this.#used += bytes - held;
        held = bytes;
        return true;
      },
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
  /** Gives everything back. Twice is fine. */
  close(): void;
}
