// metrics.ts: a receiver's /metrics as promtool's unit tests take it, and what each panel of the metrics should show of them. Counters grow by the
// same amount each minute: what they did between two scrapes. So a rate is that amount a minute, whatever Prometheus does at the edges.

import type { Receiver } from "../receiver.ts";

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** A minute; 0 for a gauge. */
  readonly step: number;
}
export interface Expected {
  readonly labels: string;
  readonly value: number;
}

export const INSTANCE = "receiver:4318";
/** Minutes into the series at which everything is asked. */
export const AT_MINUTES = 20;
/** What `$__range` and `$__rate_interval` become. */
export const RANGE_MINUTES = 5;

/** What a healthy receiver does not serve because it never happened: planted, so that its panels are asked too. */
const RARE: readonly Sample[] = [
  { name: "proofline_sink_mismatches_total", labels: { sink: "loki", kind: "missing" }, value: 0, step: 2 },
  { name: "proofline_sink_retries_total", labels: { sink: "loki", cause: "busy" }, value: 3, step: 1 },
  { name: "proofline_sink_dead_letters_total", labels: { sink: "loki" }, value: 0, step: 1 },
  { name: "proofline_auth_refused_total", labels: { transport: "http", reason: "no_credentials" }, value: 1, step: 4 },
];

export type Scrape = ReadonlyMap<
  string,
  { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }
>;

export async function scrape(receiver: Receiver): Promise<{ text: string; samples: Scrape }> {
  const text = await fetch(`http://${receiver.http}/metrics`).then((response) => response.text());
  const samples = new Map<string, { name: string; labels: Record<string, string>; value: number }>();
  for (const line of text.split("\n")) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match === null) continue;
    const labels = Object.fromEntries(
      [...(match[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name!, value!]),
    );
    samples.set(`${match[1]}{${match[2] ?? ""}}`, { name: match[1]!, labels, value: Number(match[3]) });
  }
  return { text, samples };
}

/** Two scrapes as series. */
export function series(before: Scrape, after: Scrape): Sample[] {
  const found = [...after].flatMap(([id, { name, labels, value }]): Sample[] => {
    if (!name.startsWith("proofline_")) return [];
    const counter = /_(total|bucket|sum|count)$/.test(name);
    const first = before.get(id)?.value ?? 0;
    return [{ name, labels, value: counter ? first : value, step: counter ? value - first : 0 }];
  });
  const known = new Set(found.map(({ name }) => name));
  return [...found, ...RARE.filter(({ name }) => !known.has(name))].map((s) => ({
    ...s,
    labels: { ...s.labels, instance: INSTANCE },
  }));
}

export class Metrics {
  readonly #samples: readonly Sample[];

  constructor(samples: readonly Sample[]) {
    this.#samples = samples;
  }

  /** Series by labels, each the fold of its samples' values. */
  #by(
    name: string,
    by: readonly string[],
    value: (samples: readonly Sample[]) => number,
    more: Readonly<Record<string, string>> = {},
  ): Expected[] {
    const groups = new Map<string, Sample[]>();
    for (const s of this.#samples) {
      if (s.name !== `proofline_${name}` || Object.entries(more).some(([label, wanted]) => s.labels[label] !== wanted)) continue;
      const labels = spelled(Object.fromEntries(by.map((label) => [label, s.labels[label]!])));
      groups.set(labels, [...(groups.get(labels) ?? []), s]);
    }
    return [...groups].map(([labels, samples]) => ({ labels, value: value(samples) }));
  }

  max(name: string, by: readonly string[], more?: Readonly<Record<string, string>>): Expected[] {
    return this.#by(name, by, (samples) => Math.max(...samples.map(at)), more);
  }
  min(name: string, by: readonly string[]): Expected[] {
    return this.#by(name, by, (samples) => Math.min(...samples.map(at)));
  }
  sum(name: string, by: readonly string[]): Expected[] {
    return this.#by(name, by, (samples) => samples.reduce((total, s) => total + at(s), 0));
  }
  /** A second. */
  rate(name: string, by: readonly string[]): Expected[] {
    return this.#by(name, by, (samples) => samples.reduce((total, { step }) => total + step, 0) / 60);
  }
  increase(name: string, by: readonly string[]): Expected[] {
    return this.#by(name, by, (samples) => samples.reduce((total, { step }) => total + step, 0) * RANGE_MINUTES);
  }
  /** Linear within a bucket, as Prometheus does it. */
  quantile(q: number, name: string): Expected[] {
    const buckets = this.#by(`${name}_bucket`, ["le"], (samples) => samples.reduce((total, { step }) => total + step, 0))
      .map(({ labels, value }) => ({ le: Number(/le="([^"]+)"/.exec(labels)![1]!.replace("+Inf", "Infinity")), value }))
      .sort((a, b) => a.le - b.le);
    const rank = q * buckets.at(-1)!.value;
    const i = buckets.findIndex(({ value }) => value >= rank);
    const below = i === 0 ? { le: 0, value: 0 } : buckets[i - 1]!;
    const top = buckets[i]!;
    if (top.le === Number.POSITIVE_INFINITY) return [{ labels: "{}", value: below.le }];
    return [{ labels: "{}", value: below.le + ((top.le - below.le) * (rank - below.value)) / (top.value - below.value) }];
  }
}

const at = ({ value, step }: Sample): number => value + step * AT_MINUTES;

export function spelled(labels: Readonly<Record<string, string>>, name = ""): string {
  return `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
    .join(", ")}}`;
}

const less = (a: Expected[], b: Expected[], by = 0): Expected[] =>
  a.map(({ labels, value }, i) => ({ labels, value: value - (b[i]?.value ?? by) }));
const I = ["instance"];

/** By dashboard and title, for each query of the panel. */
export const EXPECTED_METRICS: Readonly<Record<string, readonly ((m: Metrics) => Expected[])[]>> = {
  "proofline-integrity/Last verified seq": [(m) => less(m.max("sink_confirmed", I, { sink: "loki" }), [], 1)],
  "proofline-integrity/Unverified tail": [(m) => less(m.max("ledger_size", I), m.max("sink_confirmed", I, { sink: "loki" }))],
  "proofline-integrity/Age of the last checkpoint": [(m) => m.max("checkpoint_age_seconds", I)],
  "proofline-integrity/Unsigned tail": [(m) => less(m.max("ledger_size", I), m.max("checkpoint_size", I))],
  "proofline-integrity/Breaks on disk": [(m) => m.max("ledger_damaged", I)],
  "proofline-integrity/Checked since the start": [(m) => m.max("ledger_checked_lines", I)],
  "proofline-integrity/Missing from producers": [(m) => m.max("producer_missing_records", I)],
  "proofline-integrity/Differences in Loki": [(m) => m.sum("sink_mismatches_total", ["instance", "kind"])],
  "proofline-integrity/Lines and signatures": [
    (m) => m.max("ledger_size", I),
    (m) => m.max("checkpoint_size", I),
    (m) => m.max("sink_confirmed", I, { sink: "loki" }),
  ],
  "proofline-delivery/Ready": [(m) => m.max("ready", I).map((e) => ({ ...e, labels: `proofline_ready${e.labels}` }))],
  "proofline-delivery/Lag": [(m) => m.max("sink_lag_seconds", ["sink"])],
  "proofline-delivery/Oldest unconfirmed": [(m) => m.max("sink_unconfirmed_seconds", ["sink"])],
  "proofline-delivery/Dead letters": [(m) => m.sum("sink_dead_letters_total", ["sink"])],
  "proofline-delivery/Free disk": [(m) => m.min("disk_free_bytes", I)],
  "proofline-delivery/Lost": [(m) => m.sum("records_lost_total", ["cause"])],
  "proofline-delivery/Records a second": [
    (m) => m.rate("records_received_total", I),
    (m) => m.rate("records_accepted_total", I),
    (m) => m.rate("sink_sent_total", ["sink"]),
    (m) => m.rate("sink_confirmed_lines_total", ["sink"]),
  ],
  "proofline-delivery/Lines that wait": [(m) => m.sum("sink_lag_records", ["sink"])],
  "proofline-delivery/Requests by answer": [(m) => m.rate("requests_total", ["transport", "code"])],
  "proofline-delivery/Time to the acknowledgement": [
    (m) => m.quantile(0.5, "ack_seconds"),
    (m) => m.quantile(0.99, "ack_seconds"),
  ],
  "proofline-delivery/Retries": [(m) => m.increase("sink_retries_total", ["sink", "cause"])],
  "proofline-delivery/Quarantined": [(m) => m.increase("records_quarantined_total", ["code"])],
  "proofline-delivery/Seen before": [(m) => m.increase("records_duplicate_total", I)],
  "proofline-delivery/Without a field": [(m) => m.increase("records_missing_total", ["field"])],
  "proofline-delivery/Redacted": [(m) => m.increase("redactions_total", ["rule", "action"])],
  "proofline-delivery/Refused for who sent them": [(m) => m.increase("auth_refused_total", ["transport", "reason"])],
};

const FINEST = 1e-9;

/** A quantile comes out of divisions whose order is Prometheus's own: it is compared to the billionth. */
function rounded(expr: string, expected: readonly Expected[]): { expr: string; exp_samples: readonly Expected[] } {
  if (!expr.startsWith("histogram_quantile")) return { expr, exp_samples: expected };
  const round = (value: number): number => Math.floor(value / FINEST + 0.5) * FINEST;
  return {
    expr: `round(${expr}, ${FINEST})`,
    exp_samples: expected.map(({ labels, value }) => ({ labels, value: round(value) })),
  };
}

/** promtool's file of unit tests, as JSON, which is YAML. */
export function unitTest(
  samples: readonly Sample[],
  asked: readonly { readonly expr: string; readonly expected: readonly Expected[] }[],
): string {
  const test = {
    interval: "1m",
    input_series: samples.map((s) => ({ series: spelled(s.labels, s.name), values: `${s.value}+${s.step}x${AT_MINUTES}` })),
    promql_expr_test: asked.map(({ expr, expected }) => ({ ...rounded(expr, expected), eval_time: `${AT_MINUTES}m` })),
  };
  return JSON.stringify({ fuzzy_compare: true, evaluation_interval: "1m", tests: [test] }, null, 1);
}
