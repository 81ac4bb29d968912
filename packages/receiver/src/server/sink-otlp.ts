// sink-otlp.ts: the OTLP sink as it is configured: its credentials, certificates, dead letters, numbers and log.

import { readFile } from "node:fs/promises";
import { logFolder } from "@proofline/ledger";
import type { Config } from "../config/config.ts";
import type { OtlpSinkConfig } from "../config/sinks.ts";
import { deadLetterFile, deadLetterPath } from "../sinks/dead-letter.ts";
import { OtlpSinkError } from "../sinks/otlp/errors.ts";
import { bearer, parseHeaders } from "../sinks/otlp/headers.ts";
import { startOtlpSink } from "../sinks/otlp/sink.ts";
import { StartError } from "./errors.ts";
import { readSecret } from "./secret-files.ts";
import { addSinkGauges, type Sink, type SinkParts, sinkCounters } from "./sinks.ts";

/** @throws {StartError} BAD_SINK, BAD_KEY_FILE */
export async function startOtlp(config: Config, otlp: OtlpSinkConfig, o: SinkParts): Promise<Sink> {
  const { metrics } = o;
  const headers = () => readHeaders(otlp);
  try {
    await headers(); // a file that is wrong is said now, not at the first line
    const sink = startOtlpSink({
      ...{ ledger: o.ledger, url: otlp.url, protocol: otlp.protocol, headers },
      ...{ line: otlp.line, batchBytes: otlp.batchBytes, timeoutMs: otlp.timeoutMs, gzip: otlp.gzip },
      ...(otlp.caFile === undefined ? {} : { ca: await readCertificates(otlp.caFile) }),
      deadLetters: deadLetterFile(deadLetterPath(logFolder(config.data, config.log), "otlp")),
      metrics: {
        ...sinkCounters(metrics, "otlp"),
        partialSuccess: () => metrics.count("sinkPartial", 1, { sink: "otlp" }),
      },
      log: (event, details) => o.log.info({ sink: "otlp", ...details }, event),
    });
    addSinkGauges(metrics, "otlp", () => sink.status());
    return { stop: () => sink.stop() };
  } catch (error) {
    if (!(error instanceof OtlpSinkError)) throw error;
    throw new StartError("BAD_SINK", `sinks.otlp.${error.message}`, { cause: error });
  }
}

async function readHeaders({ headersFile, tokenFile }: OtlpSinkConfig): Promise<Record<string, string>> {
  const headers = headersFile === undefined ? {} : parseHeaders(await secret(headersFile, "headers_file"), "headers_file");
  return tokenFile === undefined ? headers : { ...headers, ...bearer(await secret(tokenFile, "token_file"), "token_file") };
}

async function secret(path: string, key: string): Promise<string> {
  const text = await readSecret(path, `sinks.otlp.${key}`);
  if (text === undefined) throw new StartError("BAD_KEY_FILE", `sinks.otlp.${key}: there is no file ${path}`);
  return text;
}

async function readCertificates(path: string): Promise<string> {
  const pem = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new StartError("BAD_KEY_FILE", `sinks.otlp.ca_file: ${path} cannot be read (${error.code ?? "unknown"})`, {
      cause: error,
    });
  });
  if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
  throw new StartError("BAD_KEY_FILE", `sinks.otlp.ca_file: ${path} has no certificate in it; expected PEM`);
}
