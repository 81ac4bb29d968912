// The OTLP sink alone, over any ledger: for whoever has lines to send on without a receiver.
export { type OtlpSink, type OtlpSinkOptions, startOtlpSink } from "./sinks/otlp/sink.ts";
