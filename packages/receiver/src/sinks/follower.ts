// follower.ts: the one task of any sink: read, cut, ship, list what was refused, move the cursor, and wait. One shipment is under way at a
// time, so that a store gets a log's lines in seq order; the next one is made ready meanwhile. Knows no store: that is the Shipper's.

import { type Backoff, delayMs } from "./backoff.ts";
import type { DeadLetter, DeadLetters } from "./dead-letter.ts";
import type { RetryCause, SinkLedger, SinkLog, SinkMetrics, SinkWorld } from "./ports.ts";
import { SavedCursor } from "./saved-cursor.ts";
import type { Condition, SinkStatus } from "./status.ts";

/** What came of a batch. `refused`: of its lines, those that the store will never take; all others are there. */
export type Shipment =
  | { readonly at: "done"; readonly refused: readonly Refused[] }
  /** Refusals that are not the lines' fault: nothing is given up, the same lines are shipped again. */
  | { readonly at: "blocked"; readonly reason: string }
  | { readonly at: "stopped" };

export interface Refused {
  readonly seq: number;
  readonly reason: string;
}

/** What is shipped at once. */
export interface Cut {
  /** The seq after the last line of it. */
  readonly next: number;
  /** Unix nanoseconds: `received` of the oldest and of the newest line; undefined when none could be read. */
  readonly oldestNs: bigint | undefined;
  readonly newestNs: bigint | undefined;
  /** Tries until the store has taken a side on every line. Rejects only when a disk fails. */
  ship(): Promise<Shipment>;
}

export interface Shipper {
  /** @param lines in order, at least one. @returns a beginning of them */
  cut(lines: readonly { seq: number; line: Uint8Array }[]): Cut;
  /** Whatever else is due when every line below `next` is in the store. */
  beside?(next: number): Promise<void>;
  /** Resolves when {@link beside} has something to do, or when the signal aborts. */
  besideDue?(next: number, signal: AbortSignal): Promise<void>;
}

export interface FollowerOptions {
  /** The sink's name: its cursor's, and what its events begin with. */
  readonly sink: string;
  readonly ledger: SinkLedger;
  readonly shipper: Shipper;
  readonly condition: Condition;
  readonly deadLetters: DeadLetters;
  readonly backoff: Backoff;
  /** Of one read. */
  readonly maxBatchBytes: number;
  readonly maxBatchLines: number;
  /** How much time the lines since the last saved cursor may span. */
  readonly maxSpanMs: number;
  readonly lingerMs: number;
  readonly saveEveryMs: number;
  readonly world: SinkWorld;
  readonly metrics: SinkMetrics;
  readonly log: SinkLog;
}

/** What tells a sink's parts to end. */
export class Ending {
  readonly #stopping = new AbortController();
  readonly #killed = new AbortController();
  /** Aborts: no new try. */
  readonly stopping: AbortSignal = this.#stopping.signal;
  /** Aborts: the request in flight is given up. */
  readonly killed: AbortSignal = this.#killed.signal;

  stop(graceMs: number, world: SinkWorld): void {
    if (this.stopping.aborted) return;
    this.#stopping.abort();
    void world.sleep(graceMs, this.killed).then(() => this.#killed.abort());
  }

  over(): void {
    this.#killed.abort();
  }
}

export class Follower {
  readonly #o: FollowerOptions;
  readonly #ending: Ending;
  #cursor: SavedCursor | undefined;
  #oldestPendingNs: bigint | undefined;
  #deadLettered = 0;
  #troubles = 0;
  /** What comes after the shipment that is under way. */
  #ahead: { readonly from: number; readonly cut: Promise<Cut | undefined> } | undefined;

  constructor(o: FollowerOptions, ending: Ending) {
    this.#o = o;
    this.#ending = ending;
  }

  status(): SinkStatus {
    const next = this.#cursor?.next ?? 0;
    const lagRecords = Math.max(0, this.#o.ledger.size - next);
    const ageNs = lagRecords > 0 && this.#oldestPendingNs !== undefined ? this.#o.world.now() - this.#oldestPendingNs : 0n;
    const { state, lastError } = this.#o.condition;
    return { state, next, lagRecords, lagSeconds: Math.max(0, Number(ageNs) / 1e9), deadLetters: this.#deadLettered, lastError };
  }

  /** Resolves when stopped. Never rejects. */
  async run(): Promise<void> {
    const { stopping } = this.#ending;
    while (!stopping.aborted) {
      try {
        this.#cursor ??= await this.#openCursor();
        await this.#step(this.#cursor);
      } catch (error) {
        // Only the disk can do this: the ledger's reads and cursor, the dead letters. A store's failures are answers, not errors.
        if (stopping.aborted) break;
        await this.#wait("disk", error instanceof Error ? error.message : String(error));
      }
    }
    await this.#ahead?.cut;
    await this.#cursor
      ?.save(this.#o.world.now())
      .catch((error: unknown) => this.#o.log(`${this.#o.sink}_cursor_not_saved`, { error: String(error) }));
    this.#o.condition.state = "stopped";
    this.#ending.over();
  }

  async #openCursor(): Promise<SavedCursor> {
    const { sink, ledger, world, maxSpanMs, saveEveryMs, log, condition } = this.#o;
    const opened = await ledger.openCursor(sink);
    const cursor = new SavedCursor(opened, { nowNs: world.now(), everyMs: saveEveryMs, maxSpanMs });
    condition.state = "following";
    log(`${sink}_following`, { next: cursor.next, lag: ledger.size - cursor.next });
    return cursor;
  }

  async #step(cursor: SavedCursor): Promise<void> {
    const { ledger, world, shipper, lingerMs } = this.#o;
    if (ledger.size <= cursor.next) return this.#idle(cursor);
    if (this.#areFew(cursor.next) && lingerMs > 0) await world.sleep(lingerMs, this.#ending.stopping);
    const batch = await this.#take(cursor.next);
    this.#oldestPendingNs = batch.oldestNs;
    if (cursor.dirty && cursor.dueInMs(world.now(), batch.newestNs) === 0) await cursor.save(world.now());
    const shipping = batch.ship();
    this.#lookAhead(batch.next);
    const shipment = await shipping;
    if (shipment.at !== "done") {
      if (shipment.at === "blocked" && !this.#ending.stopping.aborted) await this.#wait("blocked", shipment.reason);
      return;
    }
    if (shipment.refused.length > 0) await this.#bury(shipment.refused);
    this.#o.condition.fine();
    cursor.advance(batch.next, batch.oldestNs);
    this.#oldestPendingNs = batch.newestNs;
    this.#troubles = 0;
    await shipper.beside?.(cursor.next);
  }

  #areFew(next: number): boolean {
    return this.#o.ledger.size - next < this.#o.maxBatchLines / 8;
  }

  async #take(next: number): Promise<Cut> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return (ahead?.from === next ? await ahead.cut : undefined) ?? (await this.#read(next));
  }

  async #read(next: number): Promise<Cut> {
    const { ledger, shipper, maxBatchBytes, maxBatchLines } = this.#o;
    const lines = await ledger.read(next, { maxBytes: maxBatchBytes, maxLines: maxBatchLines });
    if (lines.length === 0) throw new Error(`the ledger has ${ledger.size} lines but gave none from ${next} on`);
    return shipper.cut(lines);
  }

  /** Of a backlog only: what is few is waited for. What fails here fails again when its turn has come. */
  #lookAhead(from: number): void {
    if (!this.#areFew(from)) this.#ahead = { from, cut: this.#read(from).catch(() => undefined) };
  }

  /** If we stop after this and before the cursor is saved, they are refused and listed once more. */
  async #bury(refused: readonly Refused[]): Promise<void> {
    const { sink, world, deadLetters, metrics, log } = this.#o;
    const time = new Date(Number(world.now() / 1_000_000n)).toISOString();
    const letters: DeadLetter[] = refused.map(({ seq, reason }) => ({ seq, time, reason })).sort((a, b) => a.seq - b.seq);
    await deadLetters.append(letters);
    this.#deadLettered += letters.length;
    for (const { seq, reason } of letters) {
      metrics.deadLettered();
      log(`${sink}_entry_refused`, { seq, reason, advice: "the ledger has the record; the store does not" });
    }
  }

  async #wait(cause: RetryCause, reason: string): Promise<void> {
    const { metrics, condition, world, backoff } = this.#o;
    this.#troubles += 1;
    metrics.retried(cause);
    condition.trouble(cause, reason);
    await world.sleep(delayMs(this.#troubles, world.random, backoff), this.#ending.stopping);
  }

  /** Nothing to send: until the log grows, something beside the lines is due, or the cursor is due to be saved. */
  async #idle(cursor: SavedCursor): Promise<void> {
    const { ledger, world, shipper, condition } = this.#o;
    this.#oldestPendingNs = undefined;
    await shipper.beside?.(cursor.next);
    condition.fine();
    const woken = new AbortController();
    const signal = AbortSignal.any([this.#ending.stopping, woken.signal]);
    const grown = ledger.grown(cursor.next, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    const waits = [grown];
    if (shipper.besideDue !== undefined) waits.push(shipper.besideDue(cursor.next, signal));
    if (cursor.dirty) waits.push(world.sleep(cursor.dueInMs(world.now()), signal));
    await Promise.race(waits).finally(() => woken.abort());
    if (cursor.dirty && cursor.dueInMs(world.now()) === 0) await cursor.save(world.now());
  }
}
