// saved-cursor.ts: when the sink's progress becomes durable. Seldom, because every save is a sync; but often enough that what is
// sent again after a crash is little, and no more apart in time than a store lets a repeated entry be.

import type { SinkCursor } from "./ports.ts";

export class SavedCursor {
  readonly #cursor: SinkCursor;
  readonly #everyNs: bigint;
  readonly #maxSpanNs: bigint;
  #next: number;
  #saved: number;
  #savedAtNs: bigint;
  /** `received` of the oldest line that is confirmed and not saved. */
  #oldestNs: bigint | undefined;

  constructor(cursor: SinkCursor, o: { nowNs: bigint; everyMs: number; maxSpanMs: number }) {
    this.#cursor = cursor;
    this.#next = cursor.next;
    this.#saved = cursor.next;
    this.#savedAtNs = o.nowNs;
    this.#everyNs = BigInt(o.everyMs) * 1_000_000n;
    this.#maxSpanNs = BigInt(o.maxSpanMs) * 1_000_000n;
  }

  get next(): number {
    return this.#next;
  }
  get dirty(): boolean {
    return this.#next !== this.#saved;
  }

  /** Everything below `next` is in the store, or in the dead letters. */
  advance(next: number, oldestNs: bigint | undefined): void {
    this.#next = next;
    this.#oldestNs ??= oldestNs;
  }

  /** Milliseconds until a save is due; 0 when it is. */
  dueInMs(nowNs: bigint, newestNs?: bigint): number {
    if (newestNs !== undefined && this.#oldestNs !== undefined && newestNs - this.#oldestNs > this.#maxSpanNs) return 0;
    const left = this.#savedAtNs + this.#everyNs - nowNs;
    return left <= 0n ? 0 : Number(left / 1_000_000n) + 1;
  }

  /** If we stop before this is durable, the lines since the last save are sent again, and are the same entries to the store. */
  async save(nowNs: bigint): Promise<void> {
    if (!this.dirty) return;
    const next = this.#next;
    await this.#cursor.save(next);
    this.#saved = next;
    this.#savedAtNs = nowNs;
    this.#oldestNs = undefined;
  }
}
