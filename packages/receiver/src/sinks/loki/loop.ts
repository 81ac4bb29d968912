// loop.ts: the one task of the sink: read, cut, deliver, list what was refused, move the cursor, and wait. One request is in flight
// at a time, so that every stream gets its entries in seq order.

import { type Backoff, delayMs } from "./backoff.ts";
import { type Batch, cutBatch } from "./batch.ts";
import { CheckpointSender } from "./checkpoint-sender.ts";
import type { DeadLetter, DeadLetters } from "./dead-letter.ts";
import { Deliverer } from "./delivery.ts";
import { entryFor } from "./entry.ts";
import type { StreamLabels } from "./labels.ts";
import type { LokiLimits } from "./limits.ts";
import type { LokiLog, LokiMetrics, LokiWorld, RetryCause, SinkLedger } from "./ports.ts";
import { SavedCursor } from "./saved-cursor.ts";
import { Condition, type LokiStatus } from "./status.ts";
import { TimeFloor } from "./timestamps.ts";
import type { Transport } from "./transport.ts";

export interface LoopOptions {
  readonly ledger: SinkLedger;
  readonly transport: Transport;
  readonly labels: StreamLabels;
  readonly limits: LokiLimits;
  readonly deadLetters: DeadLetters;
  readonly backoff: Backoff;
  readonly gzip: boolean;
  readonly lingerMs: number;
  readonly saveEveryMs: number;
  readonly maxRefusedInRow: number;
  readonly world: LokiWorld;
  readonly metrics: LokiMetrics;
  readonly log: LokiLog;
}

const CURSOR = "loki";

export class LokiLoop {
  readonly #o: LoopOptions;
  readonly #stopping = new AbortController();
  readonly #killed = new AbortController();
  readonly #condition: Condition;
  readonly #deliverer: Deliverer;
  readonly #checkpoints: CheckpointSender;
  #cursor: SavedCursor | undefined;
  #oldestPendingNs: bigint | undefined;
  #deadLettered = 0;
  #troubles = 0;

  constructor(o: LoopOptions) {
    this.#o = o;
    this.#condition = new Condition(o.log);
    const delivery = {
      transport: o.transport,
      floor: new TimeFloor(o.limits.maxAgeMs),
      backoff: o.backoff,
      gzip: o.gzip,
      world: o.world,
      metrics: o.metrics,
      onTrouble: (cause: RetryCause, reason: string): void => this.#condition.trouble(cause, reason),
      onRecovered: (): void => this.#condition.fine(),
      stopping: this.#stopping.signal,
      killed: this.#killed.signal,
    };
    this.#deliverer = new Deliverer({ ...delivery, maxRefusedInRow: o.maxRefusedInRow });
    this.#checkpoints = new CheckpointSender({ ...delivery, ledger: o.ledger, labels: o.labels, log: o.log });
  }

  status(): LokiStatus {
    const next = this.#cursor?.next ?? 0;
    const lagRecords = Math.max(0, this.#o.ledger.size - next);
    const ageNs = lagRecords > 0 && this.#oldestPendingNs !== undefined ? this.#o.world.now() - this.#oldestPendingNs : 0n;
    const { state, lastError } = this.#condition;
    return { state, next, lagRecords, lagSeconds: Math.max(0, Number(ageNs) / 1e9), deadLetters: this.#deadLettered, lastError };
  }

  stop(graceMs: number): void {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    void this.#o.world.sleep(graceMs, this.#killed.signal).then(() => this.#killed.abort());
  }

  /** Resolves when stopped. Never rejects. */
  async run(): Promise<void> {
    const close = this.#checkpoints.listen();
    while (!this.#stopping.signal.aborted) {
      try {
        this.#cursor ??= await this.#openCursor();
        await this.#step(this.#cursor);
      } catch (error) {
        // Only the disk can do this: the ledger's reads and cursor, the dead letters. Loki's failures are answers, not errors.
        if (this.#stopping.signal.aborted) break;
        await this.#wait("disk", error instanceof Error ? error.message : String(error));
      }
    }
    close();
    await this.#cursor
      ?.save(this.#o.world.now())
      .catch((error: unknown) => this.#o.log("loki_cursor_not_saved", { error: String(error) }));
    this.#condition.state = "stopped";
    this.#killed.abort();
  }

  async #openCursor(): Promise<SavedCursor> {
    const { ledger, world, limits, saveEveryMs, log } = this.#o;
    const cursor = new SavedCursor(await ledger.openCursor(CURSOR), {
      nowNs: world.now(),
      everyMs: saveEveryMs,
      maxSpanMs: limits.maxSpanMs,
    });
    this.#condition.state = "following";
    log("loki_following", { next: cursor.next, lag: ledger.size - cursor.next });
    return cursor;
  }

  async #step(cursor: SavedCursor): Promise<void> {
    const { ledger, world, limits } = this.#o;
    if (ledger.size <= cursor.next) return this.#idle(cursor);
    const few = ledger.size - cursor.next < limits.maxBatchLines / 8;
    if (few && this.#o.lingerMs > 0) await world.sleep(this.#o.lingerMs, this.#stopping.signal);
    const lines = await ledger.read(cursor.next, { maxBytes: limits.maxBatchBytes, maxLines: limits.maxBatchLines });
    if (lines.length === 0) throw new Error(`the ledger has ${ledger.size} lines but gave none from ${cursor.next} on`);
    const batch = cutBatch(
      lines.map(({ seq, line }) => entryFor(seq, line, this.#o.labels, limits)),
      limits,
    );
    this.#oldestPendingNs = batch.oldestNs;
    if (cursor.dirty && cursor.dueInMs(world.now(), batch.newestNs) === 0) await cursor.save(world.now());
    if (!(await this.#deliver(batch))) return;
    cursor.advance(batch.next, batch.oldestNs);
    this.#oldestPendingNs = batch.newestNs;
    this.#troubles = 0;
    await this.#checkpoints.sendDue(cursor.next);
  }

  /** @returns whether everything in the batch is in Loki or in the dead letters */
  async #deliver(batch: Batch): Promise<boolean> {
    const refused: DeadLetter[] = [];
    const time = new Date(Number(this.#o.world.now() / 1_000_000n)).toISOString();
    let accepted = 0;
    let reason = "";
    const refuse = (seq: number, why: string): void => {
      reason = why;
      refused.push({ seq, time, reason: why });
    };
    for (const { seq, unsendable } of batch.unsendable) {
      refuse(seq, unsendable);
      if (this.#deliverer.countRefusal(unsendable)) return this.#blocked(unsendable);
    }
    for (const stream of batch.streams) {
      const delivery = await this.#deliverer.deliver(stream);
      if (delivery.at === "stopped") return false;
      if (delivery.at === "blocked") return this.#blocked(delivery.reason);
      accepted += delivery.accepted;
      for (const { entry, reason: why } of delivery.refused) refuse(entry.seq, why);
    }
    if (refused.length > 0) {
      // Nothing at all went through: is it these entries, or is it us? A checkpoint is known to be good.
      if (accepted === 0 && batch.streams.length > 0 && !(await this.#checkpoints.probe())) return this.#blocked(reason);
      await this.#bury(refused);
    }
    this.#condition.fine();
    return true;
  }

  /** If we stop after this and before the cursor is saved, they are refused and listed once more. */
  async #bury(letters: DeadLetter[]): Promise<void> {
    letters.sort((a, b) => a.seq - b.seq);
    await this.#o.deadLetters.append(letters);
    this.#deadLettered += letters.length;
    for (const { seq, reason } of letters) {
      this.#o.metrics.deadLettered();
      this.#o.log("loki_entry_refused", { seq, reason, advice: "the ledger has the record; Loki does not" });
    }
  }

  async #blocked(reason: string): Promise<false> {
    if (this.#stopping.signal.aborted) return false;
    await this.#wait("blocked", reason);
    this.#deliverer.forgetRefusals();
    return false;
  }

  async #wait(cause: RetryCause, reason: string): Promise<void> {
    this.#troubles += 1;
    this.#o.metrics.retried(cause);
    this.#condition.trouble(cause, reason);
    await this.#o.world.sleep(delayMs(this.#troubles, this.#o.world.random, this.#o.backoff), this.#stopping.signal);
  }

  /** Nothing to send: until the log grows, a checkpoint comes, or the cursor is due to be saved. */
  async #idle(cursor: SavedCursor): Promise<void> {
    const { ledger, world } = this.#o;
    this.#oldestPendingNs = undefined;
    await this.#checkpoints.sendDue(cursor.next);
    this.#condition.fine();
    const woken = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, woken.signal]);
    const grown = ledger.grown(cursor.next, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    const waits = [grown, this.#checkpoints.arrival(cursor.next, signal)];
    if (cursor.dirty) waits.push(world.sleep(cursor.dueInMs(world.now()), signal));
    await Promise.race(waits).finally(() => woken.abort());
    if (cursor.dirty && cursor.dueInMs(world.now()) === 0) await cursor.save(world.now());
  }
}
