import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ROOT_CONTEXT, TraceFlags, trace } from "@opentelemetry/api";
import { OTLPLogExporter as GrpcExporter } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPLogExporter as JsonExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { CompressionAlgorithm } from "@opentelemetry/otlp-exporter-base";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from "@opentelemetry/sdk-logs";
import { Double, parseLine } from "@proofline/event";
import { startTestReceiver, type TestReceiver, tailOf } from "../support/receiver.ts";

const RECORDS = 25;

/** Emits through the stock SDK and waits until its exporter has had its answers. */
async function emitAll(exporter: LogRecordExporter): Promise<void> {
  const resource = resourceFromAttributes({ "service.name": "invoices", "service.version": "1.0.0" });
  const provider = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter, maxExportBatchSize: 10 })],
  });
  const logger = provider.getLogger("invoices.audit", "1.2.3", { schemaUrl: "https://example.com/schema" });
  const span = { traceId: "5b8aa5a2d2c872e8321cf37308d69df2", spanId: "051581bf3cb55c13", traceFlags: TraceFlags.SAMPLED };
  for (let i = 0; i < RECORDS; i++) {
    logger.emit({
      eventName: "invoice.approved",
      timestamp: [1_763_719_200, i],
      severityNumber: 9,
      severityText: "INFO",
      body: { amount: 12.5, whole: 12, tags: ["a", "b"], nothing: null, note: "naïve ☃" },
      attributes: {
        "audit.record.id": `record-${i}`,
        "audit.actor.id": "ann",
        "audit.actor.type": "user",
        "audit.action": "APPROVE",
        "audit.outcome": "success",
        "enduser.email": "ann@example.com",
        big: Number.MAX_SAFE_INTEGER,
      },
      context: trace.setSpanContext(ROOT_CONTEXT, span),
    });
  }
  await provider.forceFlush();
  await provider.shutdown();
}

type MakeExporter = (r: TestReceiver, compression: CompressionAlgorithm) => LogRecordExporter;
const exporters: Record<string, MakeExporter> = {
  "exporter-logs-otlp-http": (r, compression) => new JsonExporter({ url: `${r.url}/v1/logs`, compression }),
  "exporter-logs-otlp-proto": (r, compression) => new ProtobufExporter({ url: `${r.url}/v1/logs`, compression }),
  "exporter-logs-otlp-grpc": (r, compression) =>
    new GrpcExporter({ url: `http://${r.grpcAddress}`, compression: compression as never }),
};

describe("the stock JavaScript exporters", () => {
  const tails = new Map<string, string[]>();
  for (const [name, makeExporter] of Object.entries(exporters)) {
    for (const compression of [CompressionAlgorithm.NONE, CompressionAlgorithm.GZIP]) {
      test(`${name}, compression ${compression}: every record is one line`, async (t) => {
        const r = await startTestReceiver(t);
        await emitAll(makeExporter(r, compression));
        const lines = await r.lines();
        assert.equal(lines.length, RECORDS);
        const line = parseLine(Buffer.from(lines[7]!));
        assert.equal(line.id, "record-7");
        assert.equal(line.event, "invoice.approved");
        assert.equal(line.time, 1_763_719_200_000_000_007n);
        assert.equal(line.traceId, "5b8aa5a2d2c872e8321cf37308d69df2");
        assert.equal(line.flags, 1);
        assert.equal(line.scope.name, "invoices.audit");
        assert.equal(line.resource.attributes.get("service.name"), "invoices");
        assert.match(line.attributes.get("enduser.email") as string, /^tok_/);
        assert.equal(line.attributes.get("big"), Number.MAX_SAFE_INTEGER);
        assert.deepEqual((line.body as Map<string, unknown>).get("amount"), new Double(12.5));
        // Keys of redaction and the time of emission differ between logs and runs.
        const said = lines.map((one) =>
          tailOf(one)
            .replace(/tok_[\w-]+/g, "tok")
            .replace(/"observed":"[^"]*"/, ""),
        );
        tails.set(`${name} ${compression}`, said);
      });
    }
  }

  test("all six say the same", () => {
    const [first, ...others] = tails.values();
    assert.equal(tails.size, 6);
    for (const other of others) assert.deepEqual(other, first);
  });
});
