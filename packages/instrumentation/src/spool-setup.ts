// spool-setup.ts: a spool sink from a configuration, and the events by which it reports on itself.

import type { Config } from "./config.ts";
import { SpoolSink } from "./deliver/spool-sink.ts";
import * as names from "./emit/names.ts";
import { thisProcess } from "./spool/owner.ts";
import type { World } from "./world.ts";

interface ReportEvent {
  readonly event: string;
  readonly reason: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

const SYNC_AFTER_MS = 50;

export function spoolSink(config: Config, world: World, report: (event: ReportEvent) => void): SpoolSink {
  const { url, auditUrl, headers, timeoutMs, compression, tls } = config;
  const transport = { url, auditUrl, headers, timeoutMs, compression, tls };
  return new SpoolSink({
    root: config.spoolFolder,
    limits: { maxBytes: config.spoolMaxBytes, segmentBytes: config.segmentBytes },
    owner: thisProcess(),
    newStream: world.newId,
    newTransport: () => world.newTransport({ ...transport, now: world.now }),
    now: world.now,
    monotonicMs: world.monotonicMs,
    disk: world.disk,
    notices: world.notices,
    syncAfterMs: SYNC_AFTER_MS,
    setTimer: world.setTimer,
    transport,
    sender: {
      maxBatchRecords: config.maxBatchRecords,
      maxBatchBytes: config.maxBatchBytes,
      backoff: world.pauses,
      slowMs: world.pauses.slowMs,
      random: world.random,
      setTimer: world.setTimer,
    },
    reports: {
      dropped: (count, code, sinceMs) =>
        report({
          event: names.EVENT_EVENTS_DROPPED,
          reason: `${count} events were dropped`,
          attributes: {
            [names.ATTR_PROOFLINE_DROPPED_COUNT]: count,
            [names.ATTR_PROOFLINE_DROPPED_REASON]: code,
            [names.ATTR_PROOFLINE_DROPPED_SINCE_MS]: sinceMs,
          },
        }),
      refused: ({ stream, number, bytes }, reason) =>
        report({ event: names.EVENT_EVENT_REFUSED, reason, attributes: lost(stream, number, bytes) }),
      damaged: ({ stream, segment, bytes }) =>
        report({
          event: names.EVENT_SPOOL_DAMAGED,
          reason: `bytes in segment ${segment} of the spool are no event`,
          attributes: lost(stream, segment, bytes),
        }),
    },
  });
}

function lost(stream: string, number: number, bytes: number): Record<string, unknown> {
  return {
    [names.ATTR_PROOFLINE_LOST_STREAM]: stream,
    [names.ATTR_PROOFLINE_LOST_NUMBER]: number,
    [names.ATTR_PROOFLINE_LOST_BYTES]: bytes,
  };
}
