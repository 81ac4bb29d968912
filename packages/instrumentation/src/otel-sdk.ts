// otel-sdk.ts: starts OpenTelemetry's NodeSDK so that spans, and with them trace ids, exist, and steps aside for an application
// that starts an SDK of its own. Traces, metrics and ordinary logs go nowhere unless OTEL_* says so.

import { ProxyTracerProvider, trace } from "@opentelemetry/api";
import type { Instrumentation } from "@opentelemetry/instrumentation";
import { NodeSDK } from "@opentelemetry/sdk-node";
import type { SpanProcessor } from "@opentelemetry/sdk-trace";
import type { Environment } from "./config.ts";
import { addTo } from "./spans/attach.ts";

export interface StartedSdk {
  /** For the line at start. */
  readonly says: string;
  shutdown(): Promise<void>;
}

const NOTHING: StartedSdk = { says: "OpenTelemetry SDK off", shutdown: () => Promise.resolve() };

/** What our own set-up is made of. */
export interface SdkParts {
  readonly processor: SpanProcessor;
  readonly instrumentations: readonly Instrumentation[];
}

/** Env: PROOFLINE_SDK=off leaves OpenTelemetry wholly to the application. */
export function startSdk(env: Environment, { processor, instrumentations }: SdkParts): StartedSdk {
  if (env.PROOFLINE_SDK === "off" || env.OTEL_SDK_DISABLED?.toLowerCase() === "true") return NOTHING;
  const traces = isSet(env.OTEL_TRACES_EXPORTER) || isSet(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
  const sdk = new NodeSDK({
    ...(!traces && { spanProcessors: [processor] }),
    ...(!isSet(env.OTEL_METRICS_EXPORTER) && { metricReaders: [] }),
    instrumentations: [...instrumentations],
  });
  withoutLogs(env, () => sdk.start());
  if (traces) addTo(delegateOf(trace.getTracerProvider()), processor);
  else stepAside();
  return {
    says: traces
      ? "OpenTelemetry SDK started, traces as OTEL_* says"
      : "OpenTelemetry SDK started, for the ids of traces and for events from spans",
    shutdown: () => sdk.shutdown(),
  };
}

function delegateOf(provider: unknown): unknown {
  return provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
}

/**
 * Leaves our tracer provider in effect without registering it: an application's own SDK registers later as if we were not there,
 * and takes over. (The first one to register would win, and ours exports nothing.)
 */
function stepAside(): void {
  const registered = trace.getTracerProvider();
  if (!(registered instanceof ProxyTracerProvider)) return;
  const ours = registered.getDelegate();
  trace.disable();
  const proxy = trace.getTracerProvider();
  if (proxy instanceof ProxyTracerProvider) proxy.setDelegate(ours);
}

/** NodeSDK would send ordinary logs to OTLP by default; that is for the application to ask for. */
function withoutLogs(env: Environment, start: () => void): void {
  if (isSet(env.OTEL_LOGS_EXPORTER)) {
    start();
    return;
  }
  process.env.OTEL_LOGS_EXPORTER = "none";
  try {
    start();
  } finally {
    delete process.env.OTEL_LOGS_EXPORTER;
  }
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "none";
}
