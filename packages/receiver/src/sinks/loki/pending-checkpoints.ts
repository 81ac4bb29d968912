// pending-checkpoints.ts: signed checkpoints on their way to Loki. One goes out only after the lines that it covers, so that a copy in
// Loki is never behind its own checkpoint merely because the sink is.

export interface PendingCheckpoint {
  readonly note: string;
  readonly size: number;
  /** Unix nanoseconds: when the sink heard of it. */
  readonly atNs: bigint;
}

export class PendingCheckpoints {
  readonly #max: number;
  #pending: PendingCheckpoint[] = [];

  /** @param max more than this wait only while Loki is far behind: then every second one is let go. The newest covers them all. */
  constructor(max = 128) {
    this.#max = max;
  }

  add(checkpoint: PendingCheckpoint): void {
    const last = this.#pending.at(-1);
    if (last !== undefined && last.note === checkpoint.note) return;
    this.#pending.push(checkpoint);
    if (this.#pending.length > this.#max) {
      const newest = this.#pending.length - 1;
      this.#pending = this.#pending.filter((_, i) => i % 2 === 0 || i === newest);
    }
  }

  /** The oldest checkpoint whose lines are all there, if any. It stays until {@link sent}. */
  due(next: number): PendingCheckpoint | undefined {
    const first = this.#pending[0];
    return first !== undefined && first.size <= next ? first : undefined;
  }

  sent(checkpoint: PendingCheckpoint): void {
    this.#pending = this.#pending.filter((other) => other !== checkpoint);
  }

  get length(): number {
    return this.#pending.length;
  }
}
