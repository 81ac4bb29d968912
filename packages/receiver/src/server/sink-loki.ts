// sink-loki.ts: the Loki sink as it is configured: its credentials, lists, numbers and log.

import { logFolder } from "@proofline/ledger";
import type { Config } from "../config/config.ts";
import type { LokiConfig } from "../config/sinks.ts";
import { deadLetterFile, deadLetterPath, mismatchPath, readDeadLetters } from "../sinks/dead-letter.ts";
import { LokiSinkError } from "../sinks/loki/errors.ts";
import { type LokiReadBack, type LokiSink, type LokiSinkOptions, startLokiSink } from "../sinks/loki/sink.ts";
import { StartError } from "./errors.ts";
import { readSecret } from "./secret-files.ts";
import { addSinkGauges, type Sink, type SinkParts, sinkCounters } from "./sinks.ts";

/** @throws {StartError} BAD_SINK, BAD_KEY_FILE */
export async function startLoki(config: Config, loki: LokiConfig, o: SinkParts): Promise<Sink> {
  const { metrics } = o;
  const folder = logFolder(config.data, config.log);
  const letters = deadLetterPath(folder, "loki");
  const options: LokiSinkOptions = {
    ledger: o.ledger,
    url: loki.url,
    ...(loki.tenant === undefined ? {} : { tenant: loki.tenant }),
    ...(await authorization(loki)),
    labels: loki.labels,
    classLabel: loki.classLabel,
    deadLetters: deadLetterFile(letters),
    limits: { maxBatchBytes: loki.batchBytes },
    timeoutMs: loki.timeoutMs,
    ...(loki.readBack === "off" ? {} : { readBack: readBack(loki, folder, o) }),
    ...(o.world.dispatcher === undefined ? {} : { dispatcher: o.world.dispatcher }),
    metrics: {
      ...sinkCounters(metrics, "loki"),
      checkpointSent: () => metrics.count("sinkCheckpoints", 1, { sink: "loki" }),
      restamped: (lines) => metrics.count("sinkRestamped", lines, { sink: "loki" }),
    },
    log: (event, details) => o.log[event === "loki_mismatch" ? "error" : "info"]({ sink: "loki", ...details }, event),
  };
  const sink = start(options);
  addSinkGauges(metrics, "loki", () => sink.status());
  if (loki.readBack !== "off") {
    metrics.gauge("sinkConfirmed", () => sink.confirmation()?.confirmed ?? 0, { sink: "loki" });
    metrics.gauge("sinkUnconfirmedSeconds", () => sink.confirmation()?.unconfirmedSeconds ?? 0, { sink: "loki" });
  }
  return { stop: () => sink.stop() };
}

function readBack(loki: LokiConfig, folder: string, { ledger, metrics }: SinkParts): LokiReadBack {
  const sink = "loki";
  return {
    repair: loki.readBack === "repair",
    sealed: () => ledger.sealed,
    deadLettered: () => readDeadLetters(deadLetterPath(folder, sink)),
    mismatches: deadLetterFile(mismatchPath(folder, sink)),
    metrics: {
      confirmed: (lines) => metrics.count("sinkConfirmedLines", lines, { sink }),
      mismatch: (kind, count) => metrics.count("sinkMismatches", count, { sink, kind }),
      resent: (lines) => metrics.count("sinkResent", lines, { sink }),
    },
  };
}

function start(options: LokiSinkOptions): LokiSink {
  try {
    return startLokiSink(options);
  } catch (error) {
    if (!(error instanceof LokiSinkError)) throw error;
    throw new StartError("BAD_SINK", `sinks.loki.${error.message}`, { cause: error });
  }
}

/** @throws {StartError} BAD_KEY_FILE */
export async function authorization({ username, passwordFile }: LokiConfig): Promise<{ authorization?: string }> {
  if (username === undefined || passwordFile === undefined) return {};
  const password = await readSecret(passwordFile, "sinks.loki.password_file");
  if (password === undefined) throw new StartError("BAD_KEY_FILE", `sinks.loki.password_file: there is no file ${passwordFile}`);
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}
