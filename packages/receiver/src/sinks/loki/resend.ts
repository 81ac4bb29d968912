// resend.ts: sends lines of a log to Loki once more, beside the sink that follows it: for a Loki that lost what it had taken. It has no
// cursor; Loki knows an entry that it has already.

import { SINK_BACKOFF } from "../backoff.ts";
import { Deliverer } from "../delivery.ts";
import { Ending } from "../follower.ts";
import { realWorld, type SinkWorld } from "../ports.ts";
import { cutBatch } from "./batch.ts";
import { entryFor, type LokiEntry, type UnsendableLine } from "./entry.ts";
import { StreamLabels } from "./labels.ts";
import { LOKI_DEFAULT_LIMITS, type LokiLimits } from "./limits.ts";
import { noMetrics } from "./metrics.ts";
import { createPusher } from "./pusher.ts";
import { TimeFloor } from "./timestamps.ts";
import { createTransport, type TransportOptions } from "./transport.ts";

export interface ResendOptions extends Pick<TransportOptions, "url" | "tenant" | "authorization" | "timeoutMs" | "dispatcher"> {
  readonly log: string;
  /** As the sink's: other ones make other streams. */
  readonly labels: Readonly<Record<string, string>>;
  readonly classLabel?: boolean;
  readonly limits?: Partial<LokiLimits>;
  /** Ends when Loki has taken nothing for so long. */
  readonly giveUpMs: number;
  readonly world?: Partial<SinkWorld>;
}

export interface Resent {
  /** Lines that Loki has taken. */
  readonly sent: number;
  /** Lines that it refuses, with its reason. */
  readonly refused: readonly { readonly seq: number; readonly reason: string }[];
  /** Why it ended before the last line; undefined when it did not. */
  readonly stopped: string | undefined;
}

/**
 * @param lines of one log, in order
 * @throws {LokiSinkError} when an option cannot work with any Loki; whatever `lines` throws
 */
export async function resendToLoki(o: ResendOptions, lines: AsyncIterable<{ seq: number; line: Uint8Array }>): Promise<Resent> {
  const world: SinkWorld = { ...realWorld, ...o.world };
  const limits: LokiLimits = { ...LOKI_DEFAULT_LIMITS, ...o.limits };
  const labels = new StreamLabels(o.log, o.labels, limits, o.classLabel);
  const nowMs = (): number => Number(world.now() / 1_000_000n);
  const transport = createTransport({ ...o, nowMs });
  const ending = new Ending();
  let stopped: string | undefined;
  let takenMs = nowMs();
  const deliverer = new Deliverer<LokiEntry>({
    push: createPusher({ transport, floor: new TimeFloor(limits.maxAgeMs), gzip: true, world, killed: ending.killed }),
    ...{ backoff: SINK_BACKOFF, maxRefusedInRow: 20, world, metrics: noMetrics, stopping: ending.stopping },
    onRecovered: () => {},
    onTrouble: (_cause, reason) => {
      if (nowMs() - takenMs < o.giveUpMs) return;
      stopped = reason;
      ending.stop(0, world);
    },
  });
  const refused: { seq: number; reason: string }[] = [];
  let sent = 0;
  const send = async (entries: readonly (LokiEntry | UnsendableLine)[]): Promise<void> => {
    for (let rest = entries; rest.length > 0 && stopped === undefined; ) {
      const batch = cutBatch(rest, limits);
      rest = rest.slice(batch.lines);
      for (const { seq, unsendable } of batch.unsendable) refused.push({ seq, reason: unsendable });
      for (const stream of batch.streams) {
        const delivery = await deliverer.deliver(stream);
        if (delivery.at === "blocked") stopped = delivery.reason;
        if (delivery.at !== "done") return;
        takenMs = nowMs();
        sent += delivery.accepted;
        for (const { entry, reason } of delivery.refused) refused.push({ seq: entry.seq, reason });
      }
    }
  };
  try {
    let some: (LokiEntry | UnsendableLine)[] = [];
    let bytes = 0;
    for await (const { seq, line } of lines) {
      some.push(entryFor(seq, line, labels, limits));
      bytes += line.length;
      if (bytes < limits.maxBatchBytes && some.length < limits.maxBatchLines) continue;
      await send(some);
      if (stopped !== undefined) break;
      some = [];
      bytes = 0;
    }
    if (stopped === undefined) await send(some);
    return { sent, refused, stopped };
  } finally {
    await transport.close();
  }
}
