// shipper.ts: ships batches of lines to an OTLP receiver, one request under way at a time. Keeps no cursor.

import { Deliverer, type DeliveryOptions } from "../delivery.ts";
import type { Cut, Refused, Shipment, Shipper } from "../follower.ts";
import type { EntryMaker, OtlpEntry, UnsendableLine } from "./entry.ts";

export interface OtlpShipperOptions extends DeliveryOptions<OtlpEntry> {
  readonly maker: EntryMaker;
  /** Records of one request, before compression. */
  readonly maxBatchBytes: number;
}

export class OtlpShipper implements Shipper {
  readonly #o: OtlpShipperOptions;
  readonly #deliverer: Deliverer<OtlpEntry>;

  constructor(o: OtlpShipperOptions) {
    this.#o = o;
    this.#deliverer = new Deliverer(o);
  }

  cut(lines: readonly { seq: number; line: Uint8Array }[]): Cut {
    const entries: OtlpEntry[] = [];
    const unsendable: UnsendableLine[] = [];
    let bytes = 0;
    let next = lines[0]!.seq;
    for (const { seq, line } of lines) {
      const entry = this.#o.maker.entryFor(seq, line);
      if ("unsendable" in entry) unsendable.push(entry);
      else {
        bytes += entry.bytes;
        if (bytes > this.#o.maxBatchBytes && entries.length > 0) break;
        entries.push(entry);
      }
      next = seq + 1;
    }
    const [oldestNs, newestNs] = [entries[0]?.receivedNs, entries.at(-1)?.receivedNs];
    return { next, oldestNs, newestNs, ship: () => this.#ship(entries, unsendable) };
  }

  async #ship(entries: readonly OtlpEntry[], unsendable: readonly UnsendableLine[]): Promise<Shipment> {
    const refused: Refused[] = unsendable.map(({ seq, unsendable: reason }) => ({ seq, reason }));
    if (entries.length === 0) return { at: "done", refused };
    const delivery = await this.#deliverer.deliver(entries);
    if (delivery.at === "stopped") return delivery;
    if (delivery.at === "blocked") return this.#blocked(delivery.reason);
    for (const { entry, reason } of delivery.refused) refused.push({ seq: entry.seq, reason });
    // Nothing at all went through: is it these records, or is it us? What was taken before is known to be good.
    const doubtful = delivery.refused.length > 0 && delivery.accepted === 0;
    if (doubtful && !(await this.#deliverer.probe())) return this.#blocked(delivery.refused.at(-1)!.reason);
    return { at: "done", refused };
  }

  #blocked(reason: string): Shipment {
    this.#deliverer.forgetRefusals();
    return { at: "blocked", reason };
  }
}
