// delivery.ts: what came in, what was acknowledged, and how far it got. Nothing here is about what the lines say.

import { type Dashboard, metric, OF_METRICS, type Panel } from "./model.ts";

const rate = (name: string, by: string, more?: string): string =>
  `sum by (${by}) (rate(${metric(name, more)}[$__rate_interval]))`;
const quantile = (q: number, name: string): string =>
  `histogram_quantile(${q}, sum by (le) (rate(${metric(`${name}_bucket`)}[$__rate_interval])))`;
const increase = (title: string, about: string, name: string, by: string, redFrom?: number): Panel => ({
  ...{ title, about, source: "prometheus", kind: "timeseries", width: 8 },
  ...(redFrom === undefined ? {} : { redFrom }),
  queries: [
    {
      expr: `sum by (${by}) (increase(${metric(name)}[$__rate_interval]))`,
      legend: by
        .split(", ")
        .map((label) => `{{${label}}}`)
        .join(" "),
    },
  ],
});

export const delivery: Dashboard = {
  uid: "proofline-delivery",
  title: "Proofline: delivery",
  about: "From the request to the confirmed copy: what came, what is durable, what each sink has, and what waits.",
  range: "6h",
  variables: OF_METRICS,
  panels: [
    {
      ...{ title: "Ready", source: "prometheus", kind: "stat", unit: "none" },
      about: "1 when requests are accepted.",
      queries: [{ expr: metric("ready"), legend: "{{instance}}" }],
    },
    {
      ...{ title: "Lag", source: "prometheus", kind: "stat", unit: "s", redFrom: 300 },
      about: "Age of the oldest line that a sink has not yet delivered.",
      queries: [{ expr: `max by (sink) (${metric("sink_lag_seconds")})`, legend: "{{sink}}" }],
    },
    {
      ...{ title: "Oldest unconfirmed", source: "prometheus", kind: "stat", unit: "s", redFrom: 86400 },
      about: "Age of the oldest line that was not yet read back from the store and compared.",
      queries: [{ expr: `max by (sink) (${metric("sink_unconfirmed_seconds")})`, legend: "{{sink}}" }],
    },
    {
      ...{ title: "Dead letters", source: "prometheus", kind: "stat", redFrom: 1 },
      about: "Lines that a store refused for good, since the receiver started. Listed in `cursors/`; the ledger has them.",
      queries: [
        {
          expr: `sum by (sink) (${metric("sink_dead_letters_total")}) or sum by (sink) (${metric("sink_next")}) * 0`,
          legend: "{{sink}}",
        },
      ],
    },
    {
      ...{ title: "Free disk", source: "prometheus", kind: "stat", unit: "bytes" },
      about: "Below `disk.min_free_bytes` requests are refused; nothing is dropped.",
      queries: [{ expr: `min by (instance) (${metric("disk_free_bytes")})`, legend: "{{instance}}" }],
    },
    {
      ...{ title: "Lost", source: "prometheus", kind: "stat", redFrom: 1 },
      about: "Records lost after they were received. Must stay 0.",
      queries: [{ expr: `sum by (cause) (${metric("records_lost_total")})`, legend: "{{cause}}" }],
    },
    {
      ...{ title: "Records a second", source: "prometheus", kind: "timeseries", unit: "cps" },
      about: "Decoded, acknowledged (durable), forwarded, and confirmed by read-back.",
      queries: [
        { expr: rate("records_received_total", "instance"), legend: "received {{instance}}" },
        { expr: rate("records_accepted_total", "instance"), legend: "acknowledged {{instance}}" },
        { expr: rate("sink_sent_total", "sink"), legend: "forwarded to {{sink}}" },
        { expr: rate("sink_confirmed_lines_total", "sink"), legend: "confirmed in {{sink}}" },
      ],
    },
    {
      ...{ title: "Lines that wait", source: "prometheus", kind: "timeseries" },
      about: "Durable lines that a sink has not yet delivered.",
      queries: [{ expr: `sum by (sink) (${metric("sink_lag_records")})`, legend: "{{sink}}" }],
    },
    {
      ...{ title: "Requests by answer", source: "prometheus", kind: "timeseries", unit: "reqps" },
      about: "HTTP status or gRPC status number. 503 and 14 are refusals that clients retry; 400 and 3 never succeed.",
      queries: [{ expr: rate("requests_total", "transport, code"), legend: "{{transport}} {{code}}" }],
    },
    {
      ...{ title: "Time to the acknowledgement", source: "prometheus", kind: "timeseries", unit: "s" },
      about: "From the whole request to its records being on disk.",
      queries: [
        { expr: quantile(0.5, "ack_seconds"), legend: "half" },
        { expr: quantile(0.99, "ack_seconds"), legend: "99 of 100" },
      ],
    },
    increase("Retries", "Requests of a sink that are tried again, by cause.", "sink_retries_total", "sink, cause"),
    increase("Quarantined", "Records written as quarantined lines.", "records_quarantined_total", "code"),
    increase(
      "Seen before",
      "Records with an id and content that the log has: acknowledged, not written again.",
      "records_duplicate_total",
      "instance",
    ),
    increase("Without a field", "Records without a field that audit evidence should have.", "records_missing_total", "field"),
    increase(
      "Redacted",
      "Values redacted by the receiver; what senders had redacted is not in it.",
      "redactions_total",
      "rule, action",
    ),
    increase(
      "Refused for who sent them",
      "Requests without valid credentials, or for another's log.",
      "auth_refused_total",
      "transport, reason",
      1,
    ),
  ],
};
