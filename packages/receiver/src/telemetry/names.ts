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
  | "looped"
  | "conflict"
  | "quarantined"
  | "ignored"
  | "lost"
  | "missing"
  | "dropped"
  | "redactions"
  | "signatures"
  | "requests"
  | "authRefused"
  | "reloads"
  | "auditRefused"
  | "passthrough"
  | "logReads"
  | "logReadBytes"
  | "sinkSent"
  | "sinkSentBytes"
  | "sinkCheckpoints"
  | "sinkRetries"
  | "sinkDeadLetters"
  | "sinkRestamped"
  | "sinkPartial"
  | "sinkConfirmedLines"
  | "sinkMismatches"
  | "sinkResent";

export const COUNTERS: Readonly<Record<CounterName, MetricRow>> = {
  received: row("records_received_total", "Records decoded from requests.", "transport", "encoding"),
  accepted: row("records_accepted_total", "Records written to the ledger and acknowledged, quarantined ones included."),
  duplicate: row("records_duplicate_total", "Records seen before with the same content: acknowledged, not written again."),
  looped: row("records_looped_total", "Records of this log that came back to it: acknowledged, not written again."),
  conflict: row("records_conflict_total", "Records whose id was seen before with other content: written as quarantined lines."),
  quarantined: row("records_quarantined_total", "Records written as quarantined lines.", "code"),
  ignored: row("records_ignored_total", "Records without any audit attribute, ignored because the configuration says so."),
  lost: row("records_lost_total", "Records lost after they were received. Must stay zero.", "cause"),
  missing: row("records_missing_total", "Records without a field that audit evidence should have.", "field"),
  dropped: row("record_attributes_dropped_total", "Attributes that senders say they dropped before sending."),
  redactions: row("redactions_total", "Values redacted by this receiver.", "rule", "action"),
  signatures: row(
    "record_signatures_total",
    "Records that came with a signature, when there are keys to check it: `result` as in their note.",
    "result",
  ),
  requests: row("requests_total", "Requests answered. `code` is the HTTP status or the gRPC status number.", "transport", "code"),
  authRefused: row("auth_refused_total", "Requests refused for who sent them, or for not showing it.", "transport", "reason"),
  reloads: row(
    "reloads_total",
    "Times that configuration, tokens or certificates were read again and were other ones, or could not be used.",
    "what",
    "outcome",
  ),
  auditRefused: row("audit_requests_refused_total", "Requests to /v1/audit of which nothing was written.", "cause"),
  passthrough: row(
    "passthrough_requests_total",
    "Requests of a signal that is not kept here: `outcome` is forwarded, discarded, refused, upstream_refused or upstream_down.",
    "signal",
    "outcome",
  ),
  logReads: row("log_reads_total", "Requests for the log's own files. `code` is the HTTP status.", "what", "code"),
  logReadBytes: row("log_read_bytes_total", "Bytes of the log's own files served.", "what"),
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
  sinkPartial: row(
    "sink_partial_success_total",
    "Answers by which a sink's store took some records of a request and rejected others.",
    "sink",
  ),
  sinkConfirmedLines: row(
    "sink_confirmed_lines_total",
    "Lines that were read back from a sink's store and are the ledger's.",
    "sink",
  ),
  sinkMismatches: row(
    "sink_mismatches_total",
    "Lines that a sink's store was found to lack (missing), to have changed (changed), or to have beside ours (extra).",
    "sink",
    "kind",
  ),
  sinkResent: row("sink_resent_total", "Lines sent again because they were missing when read back.", "sink"),
};

export type GaugeName =
  | "inflightBytes"
  | "ledgerSize"
  | "checkpointSize"
  | "checkpointAge"
  | "certificateExpiry"
  | "freeBytes"
  | "checkedLines"
  | "damaged"
  | "producerMissing"
  | "ready"
  | "sinkNext"
  | "sinkLag"
  | "sinkLagSeconds"
  | "sinkConfirmed"
  | "sinkUnconfirmedSeconds";

export const GAUGES: Readonly<Record<GaugeName, MetricRow>> = {
  inflightBytes: row("inflight_bytes", "Bytes of request bodies under way."),
  ledgerSize: row("ledger_size", "Durable lines in the ledger."),
  checkpointSize: row("checkpoint_size", "Lines that the newest checkpoint covers."),
  checkpointAge: row(
    "checkpoint_age_seconds",
    "Age of the newest checkpoint while there are lines that it does not cover, else 0.",
  ),
  certificateExpiry: row("tls_certificate_expiry_timestamp_seconds", "When the listeners' certificate ends, in Unix seconds."),
  freeBytes: row("disk_free_bytes", "Free bytes on the ledger's disk."),
  checkedLines: row(
    "ledger_checked_lines",
    "Lines that the check after the start has found to hold, of those that were signed then.",
  ),
  damaged: row("ledger_damaged", "1 when the check after the start found lines that are not the signed ones."),
  producerMissing: row(
    "producer_missing_records",
    "Numbers that the streams of producers have passed and that have not come, since this start.",
  ),
  ready: row("ready", "1 when requests are accepted, else 0."),
  sinkNext: row("sink_next", "The first line that a sink has not yet delivered.", "sink"),
  sinkLag: row("sink_lag_records", "Durable lines that a sink has not yet delivered.", "sink"),
  sinkLagSeconds: row("sink_lag_seconds", "Age of the oldest line that a sink has not yet delivered.", "sink"),
  sinkConfirmed: row("sink_confirmed", "The first line that was not yet read back from a sink's store and compared.", "sink"),
  sinkUnconfirmedSeconds: row(
    "sink_unconfirmed_seconds",
    "Age of the oldest line that was not yet read back and compared.",
    "sink",
  ),
};

export type HistogramName = "ack" | "commitSeconds" | "commitLines" | "httpSeconds" | "rpcSeconds" | "exportSeconds";

/** `buckets` in the metric's own unit. */
export interface HistogramRow extends MetricRow {
  readonly buckets: readonly number[];
}

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Those of OpenTelemetry's conventions are in their names: `http.server.request.duration`, `rpc.server.call.duration`; the last is the audit draft's. */
export const HISTOGRAMS: Readonly<Record<HistogramName, HistogramRow>> = {
  ack: {
    ...row("ack_seconds", "From the whole request, inflated, to its records being durable, in seconds.", "transport"),
    buckets: SECONDS,
  },
  commitSeconds: {
    ...row("commit_seconds", "Writing and syncing lines that became durable together, in seconds."),
    buckets: SECONDS,
  },
  commitLines: {
    ...row("commit_lines", "Lines that became durable together, by one write and one sync."),
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000],
  },
  httpSeconds: {
    name: "http_server_request_duration_seconds",
    help: "Requests over HTTP, from their headers to the answer.",
    labels: ["http_request_method", "http_route", "http_response_status_code"],
    buckets: SECONDS,
  },
  rpcSeconds: {
    name: "rpc_server_call_duration_seconds",
    help: "Calls over gRPC, from their headers to the status.",
    labels: ["rpc_system_name", "rpc_method", "rpc_response_status_code"],
    buckets: SECONDS,
  },
  exportSeconds: {
    name: "audit_export_duration_seconds",
    help: "Requests of a sink to its store.",
    labels: ["sink"],
    buckets: [...SECONDS, 30, 60],
  },
};

/**
 * The same counts under the names of OpenTelemetry's audit draft (`audit.records.emitted`, `.exported`, `.dropped`, `audit.queue.depth`), for
 * dashboards that are written against it.
 */
export const DRAFT_COUNTERS: Readonly<Partial<Record<CounterName, MetricRow>>> = {
  accepted: { name: "audit_records_emitted_total", help: "Records written to the ledger.", labels: [] },
  sinkSent: { name: "audit_records_exported_total", help: "Lines that a sink has delivered.", labels: ["sink"] },
  lost: { name: "audit_records_dropped_total", help: "Records lost. Must stay zero.", labels: ["cause"] },
};
export const DRAFT_GAUGES: Readonly<Partial<Record<GaugeName, MetricRow>>> = {
  sinkLag: { name: "audit_queue_depth", help: "Durable lines that a sink has not yet delivered.", labels: ["sink"] },
};

function row(name: string, help: string, ...labels: readonly string[]): MetricRow {
  return { name: `proofline_${name}`, help, labels };
}
