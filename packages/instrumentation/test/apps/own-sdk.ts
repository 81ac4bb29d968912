// own-sdk.ts: an application that starts OpenTelemetry itself, as if nobody had done so before.
import { trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { audit } from "@proofline/instrumentation";

const exported: string[] = [];
const sdk = new NodeSDK({
  spanProcessors: [
    {
      onStart: () => undefined,
      onEnd: (span) => void exported.push(span.name),
      forceFlush: async () => undefined,
      shutdown: async () => undefined,
    },
  ],
  metricReaders: [],
  logRecordProcessors: [],
});
sdk.start();
trace.getTracer("app").startActiveSpan("work", (span) => {
  audit.record({ event: "in.own.span", action: "WRITE", outcome: "success", attributes: { span: span.spanContext().traceId } });
  span.end();
});
console.log(`exported: ${exported.join()}`);
