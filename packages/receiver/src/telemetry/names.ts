// names.ts: the one table of this service's metrics. Dashboards and alerts quote it; a test holds it against what is served.

/**
 * Where a pipeline can lose records, and why this one does not: each cause is served as zero from the start, and a count is a bug.
 * `queue_full` there is no queue, a full ledger refuses; `write_failed` ends the process before an answer; `shutdown` drains first;
 * `undecodable` and `too_large` are quarantined; `sink_refused` goes to the dead letters.
 */
export const LOSS_CAUSES = ["queue_full", "write_failed", "shutdown", "undecodable", "too_large", "sink_refused"] as const;

export interface MetricRow {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

export type CounterName =
  | "received"
  | "accepted"
  | "duplicate"
  | "conflict"
  | "quarantined"
  | "ignored"
  | "lost"
  | "missing"
  | "dropped"
  | "redactions"
  | "requests"
  | "sinkSent"
  | "sinkSentBytes"
  | "sinkCheckpoints"
  | "sinkRetries"
  | "sinkDeadLetters"
  | "sinkRestamped";

export const COUNTERS: Readonly<Record<CounterName, MetricRow>> = {
  received: row("records_received_total", "Records decoded from requests.", "transport", "encoding"),
  accepted: row("records_accepted_total", "Records written to the ledger and acknowledged, quarantined ones included."),
  duplicate: row("records_duplicate_total", "Records seen before with the same content: acknowledged, not written again."),
  conflict: row("records_conflict_total", "Records whose id was seen before with other content: written as quarantined lines."),
  quarantined: row("records_quarantined_total", "Records written as quarantined lines.", "code"),
  ignored: row("records_ignored_total", "Records without any audit attribute, ignored because the configuration says so."),
  lost: row("records_lost_total", "Records lost after they were received. Must stay zero.", "cause"),
  missing: row("records_missing_total", "Records without a field that audit evidence should have.", "field"),
  dropped: row("record_attributes_dropped_total", "Attributes that senders say they dropped before sending."),
  redactions: row("redactions_total", "Values redacted by this receiver.", "rule", "action"),
  requests: row("requests_total", "Requests answered. `code` is the HTTP status or the gRPC status number.", "transport", "code"),
  sinkSent: row("sink_sent_total", "Lines that a sink has delivered.", "sink"),
  sinkSentBytes: row("sink_sent_bytes_total", "Bytes that a sink has sent, as they went over the wire.", "sink"),
  sinkCheckpoints: row("sink_checkpoints_sent_total", "Checkpoints that a sink has delivered.", "sink"),
  sinkRetries: row("sink_retries_total", "Requests of a sink that are tried again.", "sink", "cause"),
  sinkDeadLetters: row(
    "sink_dead_letters_total",
    "Lines that a sink's store refused for good: listed, and still in the ledger.",
    "sink",
  ),
  sinkRestamped: row("sink_restamped_total", "Lines delivered with a later timestamp, being older than the store takes.", "sink"),
};

export type GaugeName =
  | "inflightBytes"
  | "ledgerSize"
  | "checkpointSize"
  | "checkpointAge"
  | "freeBytes"
  | "ready"
  | "sinkNext"
  | "sinkLag"
  | "sinkLagSeconds";

export const GAUGES: Readonly<Record<GaugeName, MetricRow>> = {
  inflightBytes: row("inflight_bytes", "Bytes of request bodies under way."),
  ledgerSize: row("ledger_size", "Durable lines in the ledger."),
  checkpointSize: row("checkpoint_size", "Lines that the newest checkpoint covers."),
  checkpointAge: row(
    "checkpoint_age_seconds",
    "Age of the newest checkpoint while there are lines that it does not cover, else 0.",
  ),
  freeBytes: row("disk_free_bytes", "Free bytes on the ledger's disk."),
  ready: row("ready", "1 when requests are accepted, else 0."),
  sinkNext: row("sink_next", "The first line that a sink has not yet delivered.", "sink"),
  sinkLag: row("sink_lag_records", "Durable lines that a sink has not yet delivered.", "sink"),
  sinkLagSeconds: row("sink_lag_seconds", "Age of the oldest line that a sink has not yet delivered.", "sink"),
};

export const ACK_SECONDS: MetricRow = row(
  "ack_seconds",
  "From the whole request, inflated, to its records being durable, in seconds.",
  "transport",
);

function row(name: string, help: string, ...labels: readonly string[]): MetricRow {
  return { name: `proofline_${name}`, help, labels };
}
