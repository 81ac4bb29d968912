// tracing.ts: the receiver's own spans, one a request, when they are asked for. They hold counts and codes, never a record. What sends them is OpenTelemetry's
// own exporter; when it cannot, spans are dropped, and nothing else changes.

import { type Attributes, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type TextMapGetter } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export interface Tracing {
  /** A span of a request that came in, a child of the sender's if it says so; undefined when nobody asked for spans. */
  begin(name: string, headers: Headers, attributes: Attributes): Span | undefined;
  /** Sends what waits, at most for the exporter's own timeout. */
  close(): Promise<void>;
}

const OFF: Tracing = { begin: () => undefined, close: async () => {} };
const headerOf: TextMapGetter<Headers> = {
  get: (headers, name) => headers[name],
  keys: (headers) => Object.keys(headers),
};

/** @param o.url OTLP/HTTP endpoint, used as it is; undefined: no spans */
export function createTracing(o: { url: string | undefined; log: string; version: string }): Tracing {
  if (o.url === undefined) return OFF;
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": "proofline-receiver",
      "service.version": o.version,
      "service.instance.id": o.log,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: o.url }) })],
  });
  const tracer = provider.getTracer("@proofline/receiver", o.version);
  const w3c = new W3CTraceContextPropagator();
  return {
    begin: (name, headers, attributes) =>
      tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, w3c.extract(ROOT_CONTEXT, headers, headerOf)),
    close: () => provider.shutdown(),
  };
}

/** @param failed an answer that says that this side could not */
export function endSpan(span: Span | undefined, attributes: Attributes, failed: boolean): void {
  if (span === undefined) return;
  span.setAttributes(attributes);
  if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
