// sinks.ts: starts the sinks that are configured, and gives their numbers to the metrics. A sink reads the ledger behind its own
// cursor; nothing here can delay or lose a record.

import { type Ledger, logFolder } from "@proofline/ledger";
import type { Logger } from "pino";
import type { Config, LokiConfig } from "../config/config.ts";
import { deadLetterFile, lokiDeadLetterPath } from "../sinks/loki/dead-letter.ts";
import { LokiSinkError } from "../sinks/loki/errors.ts";
import { type LokiSink, type LokiSinkOptions, startLokiSink } from "../sinks/loki/sink.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { StartError } from "./errors.ts";
import { readSecret } from "./secret-files.ts";
import type { World } from "./world.ts";

export interface Sink {
  /** Ends it within a second or so; never rejects. */
  stop(): Promise<void>;
}

/** @throws {StartError} BAD_SINK, BAD_KEY_FILE; then none is running */
export async function startSinks(
  config: Config,
  o: { ledger: Ledger; metrics: Metrics; log: Logger; world: World },
): Promise<readonly Sink[]> {
  const { loki } = config.sinks;
  if (loki === undefined) return [];
  const options: LokiSinkOptions = {
    ledger: o.ledger,
    url: loki.url,
    ...(loki.tenant === undefined ? {} : { tenant: loki.tenant }),
    ...(await authorization(loki)),
    labels: loki.labels,
    deadLetters: deadLetterFile(lokiDeadLetterPath(logFolder(config.data, config.log))),
    limits: { maxBatchBytes: loki.batchBytes },
    timeoutMs: loki.timeoutMs,
    ...(o.world.dispatcher === undefined ? {} : { dispatcher: o.world.dispatcher }),
    metrics: lokiMetrics(o.metrics),
    log: (event, details) => o.log.info({ sink: "loki", ...details }, event),
  };
  const sink = start(options);
  addGauges(sink, o.metrics);
  return [{ stop: () => sink.stop() }];
}

function start(options: LokiSinkOptions): LokiSink {
  try {
    return startLokiSink(options);
  } catch (error) {
    if (!(error instanceof LokiSinkError)) throw error;
    throw new StartError("BAD_SINK", `sinks.loki.${error.message}`, { cause: error });
  }
}

async function authorization({ username, passwordFile }: LokiConfig): Promise<{ authorization?: string }> {
  if (username === undefined || passwordFile === undefined) return {};
  const password = await readSecret(passwordFile, "sinks.loki.password_file");
  if (password === undefined) throw new StartError("BAD_KEY_FILE", `sinks.loki.password_file: there is no file ${passwordFile}`);
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}

function lokiMetrics(metrics: Metrics): NonNullable<LokiSinkOptions["metrics"]> {
  const sink = "loki";
  return {
    sent: (lines, bytes) => {
      metrics.count("sinkSent", lines, { sink });
      metrics.count("sinkSentBytes", bytes, { sink });
    },
    checkpointSent: () => metrics.count("sinkCheckpoints", 1, { sink }),
    retried: (cause) => metrics.count("sinkRetries", 1, { sink, cause }),
    deadLettered: () => metrics.count("sinkDeadLetters", 1, { sink }),
    restamped: (lines) => metrics.count("sinkRestamped", lines, { sink }),
  };
}

function addGauges(sink: LokiSink, metrics: Metrics): void {
  metrics.gauge("sinkNext", () => sink.status().next, { sink: "loki" });
  metrics.gauge("sinkLag", () => sink.status().lagRecords, { sink: "loki" });
  metrics.gauge("sinkLagSeconds", () => sink.status().lagSeconds, { sink: "loki" });
}
