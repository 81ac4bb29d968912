import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { OTLPLogExporter as JsonExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { CompressionAlgorithm } from "@opentelemetry/otlp-exporter-base";
import {
  LoggerProvider,
  type LogRecordExporter,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import { startTestReceiver } from "../support/receiver.ts";

/** The records of a batch, as the SDK hands them to an exporter. */
function batchOf(count: number, amount: number): ReadableLogRecord[] {
  const batch: ReadableLogRecord[] = [];
  const collector: LogRecordExporter = {
    export: (records, done) => {
      batch.push(...records);
      done({ code: ExportResultCode.SUCCESS });
    },
    shutdown: () => Promise.resolve(),
    forceFlush: () => Promise.resolve(),
  };
  const logger = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: collector })] }).getLogger("audit");
  for (let i = 0; i < count; i++)
    logger.emit({
      eventName: "invoice.approved",
      timestamp: [1, i],
      observedTimestamp: [1, i],
      attributes: { "audit.record.id": `r-${i}`, amount },
    });
  return batch;
}

const exportAll = (exporter: LogRecordExporter, batch: ReadableLogRecord[]): Promise<ExportResult> =>
  new Promise((resolve) => exporter.export(batch, resolve));

describe("the stock JavaScript exporters with /v1/audit as their endpoint", () => {
  for (const [name, Exporter] of [
    ["JSON", JsonExporter],
    ["protobuf", ProtobufExporter],
  ] as const) {
    for (const compression of [CompressionAlgorithm.NONE, CompressionAlgorithm.GZIP]) {
      test(`${name}, ${compression}: the answer with its receipts is a success to them; a conflict is an error`, async (t) => {
        const r = await startTestReceiver(t);
        const exporter = new Exporter({ url: `${r.url}/v1/audit?wait=checkpoint`, compression });
        assert.deepEqual(await exportAll(exporter, batchOf(30, 1)), { code: ExportResultCode.SUCCESS });
        assert.deepEqual(await exportAll(exporter, batchOf(30, 1)), { code: ExportResultCode.SUCCESS });
        assert.equal((await r.lines()).filter((line) => line.includes('"id":"r-')).length, 30);
        const conflict = await exportAll(exporter, batchOf(31, 2));
        assert.equal(conflict.code, ExportResultCode.FAILED);
        assert.equal((await r.lines()).filter((line) => line.includes('"id":"r-')).length, 30);
        await exporter.shutdown();
      });
    }
  }
});
