// emit.ts: audit records through the stock JavaScript SDK, and what its exporter was told.

import { ROOT_CONTEXT, TraceFlags, trace } from "@opentelemetry/api";
import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from "@opentelemetry/sdk-logs";

export interface Emitted {
  /** One for each batch. */
  readonly results: readonly ExportResult[];
  readonly ok: boolean;
}

/** Emits `count` records with ids `prefix-0` and on, in batches of ten, and waits for the exporter's answers. */
export async function emit(exporter: LogRecordExporter, count: number, prefix: string): Promise<Emitted> {
  const results: ExportResult[] = [];
  const listening: LogRecordExporter = {
    export: (records, done) =>
      exporter.export(records, (result) => {
        results.push(result);
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ "service.name": "invoices" }),
    processors: [new BatchLogRecordProcessor({ exporter: listening, maxExportBatchSize: 10 })],
  });
  const logger = provider.getLogger("invoices.audit", "1.2.3", { schemaUrl: "https://example.com/schema" });
  const span = { traceId: "5b8aa5a2d2c872e8321cf37308d69df2", spanId: "051581bf3cb55c13", traceFlags: TraceFlags.SAMPLED };
  for (let i = 0; i < count; i++) {
    logger.emit({
      eventName: "invoice.approved",
      timestamp: [1_763_719_200, i],
      severityNumber: 9,
      body: { amount: 12.5, tags: ["a", "b"], nothing: null, note: "naïve ☃", notANumber: Number.NaN },
      attributes: {
        "audit.record.id": `${prefix}-${i}`,
        "audit.actor.id": "ann",
        "audit.actor.type": "user",
        "audit.action": "APPROVE",
        "audit.outcome": "success",
        big: Number.MAX_SAFE_INTEGER,
        huge: 2 ** 60,
        bytes: Uint8Array.of(0, 250, 255),
      },
      context: trace.setSpanContext(ROOT_CONTEXT, span),
    });
  }
  await provider.forceFlush();
  await provider.shutdown();
  return { results, ok: results.every(({ code }) => code === ExportResultCode.SUCCESS) };
}
