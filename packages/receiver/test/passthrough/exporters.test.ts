import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { OTLPMetricExporter as GrpcMetrics } from "@opentelemetry/exporter-metrics-otlp-grpc";
import { OTLPMetricExporter as JsonMetrics } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtobufMetrics } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as GrpcTraces } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as JsonTraces } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufTraces } from "@opentelemetry/exporter-trace-otlp-proto";
import { MeterProvider, PeriodicExportingMetricReader, type PushMetricExporter } from "@opentelemetry/sdk-metrics";
import { SimpleSpanProcessor, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { startTestReceiver, type TestReceiver } from "../support/receiver.ts";
import { startUpstream } from "./upstream-server.ts";

/** An exporter whose every result is kept. */
function watched<T extends { export(items: never, done: (result: ExportResult) => void): void }>(
  exporter: T,
  results: ExportResult[],
): T {
  const original = exporter.export.bind(exporter);
  exporter.export = (items: never, done: (result: ExportResult) => void) =>
    original(items, (result) => {
      results.push(result);
      done(result);
    });
  return exporter;
}

async function emitSpan(exporter: SpanExporter): Promise<ExportResult[]> {
  const results: ExportResult[] = [];
  const provider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter: watched(exporter, results) })],
  });
  provider.getTracer("test").startSpan("payment").end();
  // A flush may reject with what the exporter said; that is in the results.
  await provider.forceFlush().catch(() => {});
  await provider.shutdown().catch(() => {});
  return results;
}

async function emitMetric(exporter: PushMetricExporter): Promise<ExportResult[]> {
  const results: ExportResult[] = [];
  const reader = new PeriodicExportingMetricReader({ exporter: watched(exporter, results), exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  provider.getMeter("test").createCounter("payments").add(1);
  // A flush may reject with what the exporter said; that is in the results.
  await provider.forceFlush().catch(() => {});
  await provider.shutdown().catch(() => {});
  return results;
}

const SENDERS: Record<string, (r: TestReceiver) => Promise<ExportResult[]>> = {
  "traces, JSON": (r) => emitSpan(new JsonTraces({ url: `${r.url}/v1/traces` })),
  "traces, protobuf": (r) => emitSpan(new ProtobufTraces({ url: `${r.url}/v1/traces` })),
  "traces, gRPC": (r) => emitSpan(new GrpcTraces({ url: `http://${r.grpcAddress}` })),
  "metrics, JSON": (r) => emitMetric(new JsonMetrics({ url: `${r.url}/v1/metrics` })),
  "metrics, protobuf": (r) => emitMetric(new ProtobufMetrics({ url: `${r.url}/v1/metrics` })),
  "metrics, gRPC": (r) => emitMetric(new GrpcMetrics({ url: `http://${r.grpcAddress}` })),
};

describe("the stock JavaScript exporters of other signals", () => {
  for (const [name, send] of Object.entries(SENDERS)) {
    const signal = name.split(",")[0]!;
    test(`${name}: refused by default, and the exporter says that it failed`, async (t) => {
      const r = await startTestReceiver(t);
      const results = await send(r);
      assert.ok(results.length > 0 && results.every(({ code }) => code === ExportResultCode.FAILED));
    });

    test(`${name}: passed on, and the exporter says that it went well`, async (t) => {
      const upstream = await startUpstream(t);
      const settings = {
        [`passthrough.${signal}.mode`]: "forward",
        [`passthrough.${signal}.url`]: `${upstream.url}/v1/${signal}`,
      };
      const r = await startTestReceiver(t, { settings });
      const results = await send(r);
      assert.ok(results.length > 0 && results.every(({ code }) => code === ExportResultCode.SUCCESS), JSON.stringify(results));
      assert.match(upstream.came[0]!.body.toString("latin1"), /payment/);
    });
  }
});
