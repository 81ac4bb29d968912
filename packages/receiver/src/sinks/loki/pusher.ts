// pusher.ts: one push of entries of one stream: timestamps, encoding, compression, and what Loki's answer teaches about time.

import type { Push } from "../delivery.ts";
import type { SinkWorld } from "../ports.ts";
import { compressPush, formatPush } from "./encode.ts";
import type { LokiEntry } from "./entry.ts";
import type { LokiMetrics } from "./metrics.ts";
import { type TimeFloor, timestampFor } from "./timestamps.ts";
import type { Transport } from "./transport.ts";

export interface PusherOptions {
  readonly transport: Transport;
  readonly floor: TimeFloor;
  readonly gzip: boolean;
  readonly world: Pick<SinkWorld, "now">;
  /** Told of what was accepted. Checkpoints are no lines: for them there is none. */
  readonly metrics?: LokiMetrics;
  /** Aborts: the request in flight is given up. */
  readonly killed: AbortSignal;
}

export function createPusher(o: PusherOptions): Push<LokiEntry> {
  return async (part) => {
    const floorNs = o.floor.at(o.world.now());
    const body = await compressPush(formatPush(part, floorNs), o.gzip);
    const answer = await o.transport.push(body, o.killed);
    if (answer.kind === "accepted" && o.metrics !== undefined) {
      o.metrics.sent(part.length, body.bytes.length);
      const late = part.filter((e) => timestampFor(e.receivedNs, e.seq, floorNs) !== e.receivedNs).length;
      if (late > 0) o.metrics.restamped(late);
    }
    // The same entries again, no older than Loki says it takes.
    if (answer.kind === "refused" && answer.oldestNs !== undefined && o.floor.learn(answer.oldestNs, o.world.now()))
      return { kind: "again" };
    return answer;
  };
}
