// An application's own OpenTelemetry set-up, for --import; it says at the end what its exporter has got. SPANS_BY says which
// instrumentation of OpenAI's client it uses: `traceloop` or `openinference`.
import { OpenAIInstrumentation as OpenInference } from "@arizeai/openinference-instrumentation-openai";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { SimpleSpanProcessor } from "@opentelemetry/sdk-trace";
import { OpenAIInstrumentation as Traceloop } from "@traceloop/instrumentation-openai";
import OpenAI from "openai";

const names = [];
const exporter = {
  export: (spans, done) => {
    names.push(...spans.map((span) => `${span.instrumentationScope.name} ${span.name}`));
    done({ code: 0 });
  },
  shutdown: async () => {},
  forceFlush: async () => {},
};
const sdk = new NodeSDK({
  spanProcessors: [new SimpleSpanProcessor({ exporter })],
  metricReaders: [],
  logRecordProcessors: [],
  instrumentations: [],
});
sdk.start();
const instrumentation = process.env.SPANS_BY === "openinference" ? new OpenInference() : new Traceloop();
instrumentation.manuallyInstrument(OpenAI);
process.once("beforeExit", () => {
  for (const name of names) console.log(`exported ${name}`);
});
