// metrics.ts: the counters themselves, in a registry of their own. Counts are added a request at a time, never a record at a time.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import {
  COUNTERS,
  type CounterName,
  DRAFT_COUNTERS,
  DRAFT_GAUGES,
  GAUGES,
  type GaugeName,
  HISTOGRAMS,
  type HistogramName,
  LOSS_CAUSES,
  type MetricRow,
} from "./names.ts";

export type MetricLabels = Readonly<Record<string, string>>;

export interface Metrics {
  /** Adds to a counter; adding nothing is nothing. */
  count(name: CounterName, by: number, labels?: MetricLabels): void;
  observe(name: HistogramName, value: number, labels?: MetricLabels): void;
  /** Reads a gauge whenever it is served. */
  gauge(name: GaugeName, read: () => number, labels?: MetricLabels): void;
  /** The Prometheus text format, and its media type. */
  serve(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** @param o.process whether to serve the process's own metrics too */
export function createMetrics(o: { process: boolean }): Metrics {
  const registry = new Registry();
  const make = ({ name, help, labels }: MetricRow) => ({ name, help, labelNames: [...labels], registers: [registry] });
  const counters = new Map(namesOf(COUNTERS).map((name) => [name, new Counter(make(COUNTERS[name]))]));
  const gauges = new Map<GaugeName, Gauge>();
  const readings: (() => void)[] = [];
  const drafts = new Map(namesOf(DRAFT_COUNTERS).map((name) => [name, new Counter(make(DRAFT_COUNTERS[name]!))]));
  const histograms = new Map(
    namesOf(HISTOGRAMS).map((name) => [
      name,
      new Histogram({ ...make(HISTOGRAMS[name]), buckets: [...HISTOGRAMS[name].buckets] }),
    ]),
  );
  for (const cause of LOSS_CAUSES) for (const table of [counters, drafts]) table.get("lost")!.inc({ cause }, 0);
  if (o.process) collectDefaultMetrics({ register: registry });

  const draftGauges = new Map<GaugeName, Gauge>();
  const draftGauge = (name: GaugeName): Gauge | undefined => {
    const row = DRAFT_GAUGES[name];
    if (row === undefined) return undefined;
    const gauge = draftGauges.get(name) ?? new Gauge(make(row));
    draftGauges.set(name, gauge);
    return gauge;
  };

  let serving: ReturnType<Metrics["serve"]> | undefined;
  const render = async (): ReturnType<Metrics["serve"]> => {
    for (const read of readings) read();
    return { contentType: registry.contentType, text: await registry.metrics() };
  };

  return {
    count(name, by, labels) {
      if (by <= 0) return;
      counters.get(name)!.inc(labels ?? {}, by);
      drafts.get(name)?.inc(labels ?? {}, by);
    },
    observe(name, value, labels) {
      histograms.get(name)!.observe(labels ?? {}, value);
    },
    gauge(name, read, labels) {
      // Made when there is something to read: a gauge of a sink that is not there would say zero, and zero would be a statement.
      const gauge = gauges.get(name) ?? new Gauge(make(GAUGES[name]));
      gauges.set(name, gauge);
      const draft = draftGauge(name);
      readings.push(() => {
        const value = read();
        gauge.set(labels ?? {}, value);
        draft?.set(labels ?? {}, value);
      });
    },
    serve() {
      // Who asks while an answer is being made gets the same one: a thousand questions at once cost as one.
      serving ??= render().finally(() => (serving = undefined));
      return serving;
    },
  };
}

function namesOf<Name extends string>(table: Readonly<Partial<Record<Name, MetricRow>>>): Name[] {
  return Object.keys(table) as Name[];
}
