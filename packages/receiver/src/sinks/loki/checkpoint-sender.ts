// checkpoint-sender.ts: puts the log's signed checkpoints into a Loki stream of their own, the whole note as one line, so that a copy
// in Loki can be checked without asking the ledger.

import { Deliverer, type DeliveryOptions } from "../delivery.ts";
import type { SinkLedger, SinkLog } from "../ports.ts";
import type { LokiEntry } from "./entry.ts";
import type { StreamLabels } from "./labels.ts";
import type { LokiMetrics } from "./metrics.ts";
import { type PendingCheckpoint, PendingCheckpoints } from "./pending-checkpoints.ts";

export interface CheckpointSenderOptions extends Omit<DeliveryOptions<LokiEntry>, "maxRefusedInRow" | "metrics"> {
  readonly ledger: SinkLedger;
  readonly labels: StreamLabels;
  readonly log: SinkLog;
  readonly metrics: LokiMetrics;
}

export class CheckpointSender {
  readonly #o: CheckpointSenderOptions;
  readonly #deliverer: Deliverer<LokiEntry>;
  readonly #pending = new PendingCheckpoints();
  #lastNs = 0n;
  #wake: () => void = () => {};
  #refused = false;

  constructor(o: CheckpointSenderOptions) {
    this.#o = o;
    this.#deliverer = new Deliverer({ ...o, maxRefusedInRow: Number.POSITIVE_INFINITY });
  }

  /** Begins with the ledger's newest: whether an earlier run sent it is not known, and twice does no harm. */
  listen(): () => void {
    const add = (note: string, size: number): void => {
      this.#pending.add({ note, size, atNs: this.#o.world.now() });
      this.#wake();
    };
    add(this.#o.ledger.checkpoint.note, this.#o.ledger.checkpoint.size);
    return this.#o.ledger.checkpoints(add);
  }

  /** Resolves when there is a checkpoint to look at, or when the signal aborts. */
  arrival(next: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#pending.due(next) !== undefined) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Sends those whose lines are all in Loki. One that Loki refuses is left out: the next one covers it. */
  async sendDue(next: number): Promise<void> {
    for (let due = this.#pending.due(next); due !== undefined; due = this.#pending.due(next)) {
      const result = await this.#send(due);
      if (result.at === "stopped") return;
      this.#pending.sent(due);
      if (result.at === "accepted") this.#o.metrics.checkpointSent();
      if (result.at === "refused" && !this.#refused) {
        this.#o.log("loki_checkpoint_refused", { size: due.size, reason: result.reason, advice: "the next one covers it" });
      }
      this.#refused = result.at === "refused";
    }
  }

  /** Sends the newest checkpoint only to see whether Loki takes anything from us. */
  async probe(): Promise<boolean> {
    const { note, size } = this.#o.ledger.checkpoint;
    return (await this.#send({ note, size, atNs: this.#o.world.now() })).at === "accepted";
  }

  async #send(checkpoint: PendingCheckpoint): Promise<{ at: "accepted" | "stopped" } | { at: "refused"; reason: string }> {
    const atNs = checkpoint.atNs > this.#lastNs ? checkpoint.atNs : this.#lastNs + 1n;
    this.#lastNs = atNs;
    const metadata = JSON.stringify({ size: String(checkpoint.size) });
    const entry: LokiEntry = {
      seq: 0,
      receivedNs: atNs,
      stream: this.#o.labels.checkpoint(),
      json: `${JSON.stringify(checkpoint.note)},${metadata}]`,
      bytes: Buffer.byteLength(checkpoint.note) + 16,
    };
    const delivery = await this.#deliverer.deliver([entry]);
    if (delivery.at !== "done") return { at: "stopped" };
    const [refusal] = delivery.refused;
    return refusal === undefined ? { at: "accepted" } : { at: "refused", reason: refusal.reason };
  }
}
