// exporter-sink.ts: delivery through a stock OpenTelemetry exporter, for an application that insists on it. No spool: what this
// loses is said once at start, and in the README. Records are redacted before they come here, as everywhere.

import { setTimeout as sleep } from "node:timers/promises";
import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import {
  BatchLogRecordProcessor,
  type LogRecordExporter,
  type ReadableLogRecord,
  type ReadWriteLogRecord,
} from "@opentelemetry/sdk-logs";
import { AuditError, type AuditErrorCode } from "../errors.ts";
import type { Notices } from "../notices.ts";
import type { AuditLogRecord, Emitted, Sink, SinkStats } from "./sink.ts";

/** A stock OTLP/HTTP exporter for {@link createAudit}'s `exporter`. Without `url` it reads OTEL_EXPORTER_OTLP_* itself. */
export function stockExporter(o: { url?: string; headers?: Record<string, string> } = {}): LogRecordExporter {
  return new OTLPLogExporter(o);
}

export class ExporterSink implements Sink {
  readonly #exporter: LogRecordExporter;
  readonly #batch: BatchLogRecordProcessor;
  readonly #notices: Notices;
  readonly #count = { recorded: 0, acknowledged: 0, dropped: 0, failures: 0 };

  constructor(exporter: LogRecordExporter, notices: Notices) {
    this.#exporter = exporter;
    this.#notices = notices;
    this.#batch = new BatchLogRecordProcessor({ exporter, scheduledDelayMillis: 200 });
  }

  start(): void {
    this.#notices.begin(
      "exporter",
      "events go through an OpenTelemetry exporter, without the spool: a full queue, a receiver that is away for longer than the " +
        "exporter's retries, a partial success, kill -9 and a crash each lose events, and nobody is told",
    );
  }

  place(): undefined {
    this.start();
    return undefined;
  }

  write(record: AuditLogRecord): void {
    this.#count.recorded++;
    this.#batch.onEmit(readable(record) as ReadWriteLogRecord);
  }

  drop(_code: AuditErrorCode): void {
    this.#count.dropped++;
  }

  /** Sends the record once more, alone, and believes the exporter's answer: the receiver recognises the second one by its id. */
  async settled({ record }: Emitted, signal: AbortSignal): Promise<undefined> {
    const result = await new Promise<ExportResult>((resolve, reject) => {
      if (signal.aborted) reject(signal.reason as Error);
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      this.#exporter.export([readable(record)], resolve);
    });
    if (result.code === ExportResultCode.SUCCESS) {
      this.#count.acknowledged++;
      return undefined;
    }
    this.#count.failures++;
    throw new AuditError("EXPORT_FAILED", `the exporter failed: ${result.error?.message ?? "no reason given"}`, {
      cause: result.error,
    });
  }

  async synced(): Promise<void> {
    throw new AuditError("INVALID_OPTION", 'durable: "disk" needs the spool; with an exporter of one\'s own there is none');
  }

  block(): boolean {
    return true;
  }

  async room(): Promise<void> {}

  async flush(timeoutMs: number): Promise<number> {
    await within(timeoutMs, this.#batch.forceFlush());
    return 0;
  }

  async close(timeoutMs: number): Promise<void> {
    await this.flush(timeoutMs);
    await within(timeoutMs, this.#batch.shutdown());
  }

  closeNow(): void {}

  stats(): SinkStats {
    const nothing = { refused: 0, waiting: 0, waitingBytes: 0, takenOver: 0, oldestWaitingMs: 0, damagedBytes: 0, stream: "" };
    return { ...this.#count, ...nothing };
  }
}

function readable(record: AuditLogRecord): ReadableLogRecord {
  const fields = { ...record, attributes: Object.fromEntries(record.attributes) };
  const said = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return said as unknown as ReadableLogRecord;
}

/** The exporter's own retries may take longer than anybody wants to wait. */
async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  await Promise.race([work.catch(() => undefined), sleep(timeoutMs, undefined, { ref: false })]);
}
