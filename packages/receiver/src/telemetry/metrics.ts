// metrics.ts: the counters themselves, in a registry of their own. Counts are added a request at a time, never a record at a time.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { ACK_SECONDS, COUNTERS, type CounterName, GAUGES, type GaugeName, LOSS_CAUSES, type MetricRow } from "./names.ts";

export type MetricLabels = Readonly<Record<string, string>>;

export interface Metrics {
  /** Adds to a counter; adding nothing is nothing. */
  count(name: CounterName, by: number, labels?: MetricLabels): void;
  /** Seconds from the whole request to its acknowledgement. */
  observeAck(transport: string, seconds: number): void;
  /** Reads a gauge whenever it is served. */
  gauge(name: GaugeName, read: () => number, labels?: MetricLabels): void;
  /** The Prometheus text format, and its media type. */
  serve(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const ACK_BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** @param o.process whether to serve the process's own metrics too */
export function createMetrics(o: { process: boolean }): Metrics {
  const registry = new Registry();
  const make = ({ name, help, labels }: MetricRow) => ({ name, help, labelNames: [...labels], registers: [registry] });
  const counters = new Map(namesOf(COUNTERS).map((name) => [name, new Counter(make(COUNTERS[name]))]));
  const gauges = new Map<GaugeName, Gauge>();
  const readings: (() => void)[] = [];
  const ack = new Histogram({ ...make(ACK_SECONDS), buckets: ACK_BUCKETS_S });
  for (const cause of LOSS_CAUSES) counters.get("lost")!.inc({ cause }, 0);
  if (o.process) collectDefaultMetrics({ register: registry });

  return {
    count(name, by, labels) {
      if (by > 0) counters.get(name)!.inc(labels ?? {}, by);
    },
    observeAck(transport, seconds) {
      ack.observe({ transport }, seconds);
    },
    gauge(name, read, labels) {
      // Made when there is something to read: a gauge of a sink that is not there would say zero, and zero would be a statement.
      const gauge = gauges.get(name) ?? new Gauge(make(GAUGES[name]));
      gauges.set(name, gauge);
      readings.push(() => gauge.set(labels ?? {}, read()));
    },
    async serve() {
      for (const read of readings) read();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

function namesOf<Name extends string>(table: Readonly<Record<Name, MetricRow>>): Name[] {
  return Object.keys(table) as Name[];
}
