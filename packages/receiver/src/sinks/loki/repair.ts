// repair.ts: sends lines again that Loki was found to lack, or that somebody names: through the same encoding, limits and retries as the
// first time, beside the sink's own cursor.

import { Deliverer, type DeliveryOptions } from "../delivery.ts";
import { cutBatch } from "./batch.ts";
import { entryFor, type LokiEntry } from "./entry.ts";
import type { StreamLabels } from "./labels.ts";
import type { LokiLimits } from "./limits.ts";

/** @returns whether Loki has taken all of them; false: it refuses some, or this is stopping */
export type Repair = (lines: readonly { seq: number; line: Uint8Array }[]) => Promise<boolean>;

export function createRepair(delivery: DeliveryOptions<LokiEntry>, labels: StreamLabels, limits: LokiLimits): Repair {
  const deliverer = new Deliverer(delivery);
  return async (lines) => {
    let all = true;
    for (let rest = lines; rest.length > 0; ) {
      const batch = cutBatch(
        rest.map(({ seq, line }) => entryFor(seq, line, labels, limits)),
        limits,
      );
      if (batch.unsendable.length > 0) all = false;
      for (const stream of batch.streams) {
        const delivered = await deliverer.deliver(stream);
        if (delivered.at !== "done") return false;
        if (delivered.refused.length > 0) all = false;
      }
      rest = rest.slice(batch.lines);
    }
    return all;
  };
}
