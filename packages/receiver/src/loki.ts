// The Loki sink alone, over any ledger: for whoever has lines to bring to Loki without a receiver.
export { type LokiSink, type LokiSinkOptions, startLokiSink } from "./sinks/loki/sink.ts";
