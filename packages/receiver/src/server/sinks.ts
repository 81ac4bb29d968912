// sinks.ts: starts the sinks that are configured. A sink reads the ledger behind its own cursor; nothing here can delay or lose a record.

import type { Ledger } from "@proofline/ledger";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import type { SinkMetrics } from "../sinks/ports.ts";
import type { SinkStatus } from "../sinks/status.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { startLoki } from "./sink-loki.ts";
import { startOtlp } from "./sink-otlp.ts";
import type { World } from "./world.ts";

export interface Sink {
  /** Ends it within a second or so; never rejects. */
  stop(): Promise<void>;
}

export interface SinkParts {
  readonly ledger: Ledger;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly world: World;
}

/** @throws {StartError} BAD_SINK, BAD_KEY_FILE; then none is running */
export async function startSinks(config: Config, parts: SinkParts): Promise<readonly Sink[]> {
  const started: Sink[] = [];
  try {
    if (config.sinks.loki !== undefined) started.push(await startLoki(config, config.sinks.loki, parts));
    if (config.sinks.otlp !== undefined) started.push(await startOtlp(config, config.sinks.otlp, parts));
    return started;
  } catch (error) {
    for (const sink of started) await sink.stop();
    throw error;
  }
}

/** What every sink counts. */
export function sinkCounters(metrics: Metrics, sink: string): SinkMetrics {
  return {
    sent: (lines, bytes) => {
      metrics.count("sinkSent", lines, { sink });
      metrics.count("sinkSentBytes", bytes, { sink });
    },
    retried: (cause) => metrics.count("sinkRetries", 1, { sink, cause }),
    asked: (seconds) => metrics.observe("exportSeconds", seconds, { sink }),
    deadLettered: () => metrics.count("sinkDeadLetters", 1, { sink }),
  };
}

export function addSinkGauges(metrics: Metrics, sink: string, status: () => SinkStatus): void {
  metrics.gauge("sinkNext", () => status().next, { sink });
  metrics.gauge("sinkLag", () => status().lagRecords, { sink });
  metrics.gauge("sinkLagSeconds", () => status().lagSeconds, { sink });
}
