// timestamps.ts: which timestamp an entry gets in Loki. `received` wherever Loki takes it; else the oldest that it takes.
// A pure function of the line and of a floor that moves in steps, so that a retry, also after a crash, is the same entry.

const NANOS_PER_MS = 1_000_000n;

/**
 * Strictly increasing in `seq` for one floor, and for floors that only rise, because `receivedNs` increases with `seq`:
 * hence unique, and never behind an entry of an earlier line.
 * @param receivedNs the line's `received`, Unix nanoseconds
 * @param floorNs the oldest timestamp to use; adding `seq` costs one second for each 10^9 lines
 */
export function timestampFor(receivedNs: bigint, seq: number, floorNs: bigint): bigint {
  const lowest = floorNs + BigInt(seq);
  return receivedNs > lowest ? receivedNs : lowest;
}

/** The oldest timestamp that Loki accepts, kept a little on the safe side of what it would say itself. Only rises. */
export class TimeFloor {
  readonly #maxAgeNs: bigint;
  /** The floor moves by this much at once: entries of a backlog keep their timestamps for that long. */
  readonly #stepNs: bigint;
  readonly #marginNs: bigint;
  #learnedNs = 0n;

  /** @param maxAgeMs Loki's reject_old_samples_max_age; 0 when Loki accepts any age */
  constructor(maxAgeMs: number) {
    this.#maxAgeNs = BigInt(maxAgeMs) * NANOS_PER_MS;
    const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
    this.#stepNs = least(3_600_000n * NANOS_PER_MS, this.#maxAgeNs / 8n);
    this.#marginNs = least(600_000n * NANOS_PER_MS, this.#maxAgeNs / 8n);
  }

  at(nowNs: bigint): bigint {
    if (this.#stepNs === 0n) return this.#learnedNs;
    const oldest = nowNs - this.#maxAgeNs + this.#marginNs;
    const stepped = ((oldest + this.#stepNs - 1n) / this.#stepNs) * this.#stepNs;
    return stepped > this.#learnedNs ? stepped : this.#learnedNs;
  }

  /**
   * Takes Loki's own word for it, from a refusal: its maximal age is shorter than configured here, or the stream has newer
   * entries than ours, as after the cursor was lost.
   * @param oldestNs as Loki prints it, cut to whole seconds
   * @returns whether that is news; if not, raising the floor does not help
   */
  learn(oldestNs: bigint, nowNs: bigint): boolean {
    const safe = oldestNs + 60_000n * NANOS_PER_MS;
    if (safe <= this.at(nowNs)) return false;
    this.#learnedNs = safe;
    return true;
  }
}
