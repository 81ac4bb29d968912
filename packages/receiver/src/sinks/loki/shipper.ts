// shipper.ts: ships batches of lines to Loki, one stream a request, and the log's checkpoints beside them. Keeps no cursor.

import { Deliverer, type Push } from "../delivery.ts";
import type { Cut, Refused, Shipment, Shipper } from "../follower.ts";
import { type Batch, cutBatch } from "./batch.ts";
import { CheckpointSender, type CheckpointSenderOptions } from "./checkpoint-sender.ts";
import { entryFor, type LokiEntry } from "./entry.ts";
import type { LokiLimits } from "./limits.ts";

export interface LokiShipperOptions extends CheckpointSenderOptions {
  readonly limits: LokiLimits;
  readonly maxRefusedInRow: number;
  /** For checkpoints, which are not counted as lines. */
  readonly pushCheckpoint: Push<LokiEntry>;
}

export class LokiShipper implements Shipper {
  readonly #o: LokiShipperOptions;
  readonly #deliverer: Deliverer<LokiEntry>;
  readonly #checkpoints: CheckpointSender;

  constructor(o: LokiShipperOptions) {
    this.#o = o;
    this.#deliverer = new Deliverer(o);
    this.#checkpoints = new CheckpointSender({ ...o, push: o.pushCheckpoint });
  }

  /** Hears of checkpoints until the returned function is called. */
  listen(): () => void {
    return this.#checkpoints.listen();
  }

  cut(lines: readonly { seq: number; line: Uint8Array }[]): Cut {
    const { labels, limits } = this.#o;
    const batch = cutBatch(
      lines.map(({ seq, line }) => entryFor(seq, line, labels, limits)),
      limits,
    );
    return { next: batch.next, oldestNs: batch.oldestNs, newestNs: batch.newestNs, ship: () => this.#ship(batch) };
  }

  beside(next: number): Promise<void> {
    return this.#checkpoints.sendDue(next);
  }

  besideDue(next: number, signal: AbortSignal): Promise<void> {
    return this.#checkpoints.arrival(next, signal);
  }

  async #ship(batch: Batch): Promise<Shipment> {
    const refused: Refused[] = [];
    let accepted = 0;
    for (const { seq, unsendable } of batch.unsendable) {
      refused.push({ seq, reason: unsendable });
      if (this.#deliverer.countRefusal(unsendable)) return this.#blocked(unsendable);
    }
    for (const stream of batch.streams) {
      const delivery = await this.#deliverer.deliver(stream);
      if (delivery.at === "stopped") return delivery;
      if (delivery.at === "blocked") return this.#blocked(delivery.reason);
      accepted += delivery.accepted;
      for (const { entry, reason } of delivery.refused) refused.push({ seq: entry.seq, reason });
    }
    // Nothing at all went through: is it these entries, or is it us? A checkpoint is known to be good.
    const doubtful = refused.length > 0 && accepted === 0 && batch.streams.length > 0;
    if (doubtful && !(await this.#checkpoints.probe())) return this.#blocked(refused.at(-1)!.reason);
    return { at: "done", refused };
  }

  #blocked(reason: string): Shipment {
    this.#deliverer.forgetRefusals();
    return { at: "blocked", reason };
  }
}
