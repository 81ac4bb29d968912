// alerts.ts: every alert once: what it asks, for how long it must hold, how bad it is, and what to do. Prometheus, Loki's ruler and Grafana get the
// same question from here. Prometheus sees the receivers, Loki the lines: where both could ask, both do, because either may be down.

import { attribute, type Source } from "./model.ts";

export type Severity = "critical" | "warning" | "info";

export interface Alert {
  readonly name: string;
  readonly source: Source;
  readonly expr: string;
  /** `0s`: at once. */
  readonly for: string;
  readonly severity: Severity;
  /** May use `{{ $labels.x }}` and `{{ $value }}`. */
  readonly summary: string;
  readonly action: string;
}

const LINE = '{type="line"}';
const SKEW_SECONDS = 300;

/** Grown within the hour, or come up within it: a counter whose first count is also its first sample has no increase. */
const grown = (name: string, by: string): string =>
  `sum by (${by}) (increase(${name}[1h]) > 0 or (${name} > 0 unless ${name} offset 1h))`;

const ofMetrics: readonly Omit<Alert, "source">[] = [
  {
    ...{ name: "ProoflineChainBroken", for: "0s", severity: "critical" },
    expr: "max by (instance) (proofline_ledger_damaged) > 0",
    summary: "{{ $labels.instance }}: lines of the log are not the signed ones",
    action: "Keep the disk as it is. Run `proofline verify --data` on a copy: it names the first broken line.",
  },
  {
    ...{ name: "ProoflineVerifyFailed", for: "0s", severity: "critical" },
    expr: 'max by (namespace, job_name) (kube_job_failed{job_name=~".*-verify-.*", condition="true"}) > 0 and on (namespace, job_name) time() - kube_job_status_start_time < 7200',
    summary: "{{ $labels.job_name }}: a log does not verify, or could not be verified",
    action: "Read the job's log. Exit status 1: it does not hold, and the first broken seq is named. 2: it could not be checked.",
  },
  {
    ...{ name: "ProoflineCopyDiffers", for: "0s", severity: "critical" },
    expr: grown("proofline_sink_mismatches_total", "instance, sink, kind"),
    summary: "{{ $labels.sink }} has lines that are {{ $labels.kind }}: {{ $value }} in the last hour",
    action: "`cursors/_loki.mismatch.jsonl` lists them. Ask who can write to that store, then `proofline resend`.",
  },
  {
    ...{ name: "ProoflineProducerGap", for: "15m", severity: "warning" },
    expr: "max by (instance) (proofline_producer_missing_records) > 0",
    summary: "{{ $labels.instance }}: {{ $value }} records of producers have not come, though later ones have",
    action: "A spool may still be sending. `proofline verify` names the streams and their missing numbers.",
  },
  {
    ...{ name: "ProoflineReceiverAbsent", for: "5m", severity: "critical" },
    expr: "absent(proofline_ready == 1)",
    summary: "No receiver says that it is ready",
    action: "Producers keep their records in their spools. Look at the receiver's log; /readyz says why it is not ready.",
  },
  {
    ...{ name: "ProoflineReceiverNotReady", for: "5m", severity: "critical" },
    expr: "1 - min by (instance) (proofline_ready) > 0",
    summary: "{{ $labels.instance }} refuses requests",
    action: "/readyz and the receiver's log say why: most often the disk.",
  },
  {
    ...{ name: "ProoflineCheckpointStale", for: "2m", severity: "critical" },
    expr: "max by (instance) (proofline_checkpoint_age_seconds) > 60",
    summary: "{{ $labels.instance }}: lines have waited {{ $value }} s for a signature",
    action: "The receiver's log says why it cannot sign: the key, or the disk.",
  },
  {
    ...{ name: "ProoflineForwardLag", for: "5m", severity: "warning" },
    expr: "max by (instance, sink) (proofline_sink_lag_seconds) > 300",
    summary: "{{ $labels.sink }} is {{ $value }} s behind",
    action: "Nothing is lost. The receiver's log says what the store answers; the retries' causes are in Delivery.",
  },
  {
    ...{ name: "ProoflineUnconfirmed", for: "30m", severity: "warning" },
    expr: "max by (instance, sink) (proofline_sink_unconfirmed_seconds) > 129600",
    summary: "{{ $labels.sink }}: lines older than a day and a half were not yet read back",
    action: "A segment is sealed after a day and read back then. Look for loki_read_back_failed in the receiver's log.",
  },
  {
    ...{ name: "ProoflineDiskLow", for: "5m", severity: "critical" },
    expr: "min by (instance) (proofline_disk_free_bytes) < 2147483648",
    summary: "{{ $labels.instance }}: {{ $value }} bytes are free",
    action: "Below disk.min_free_bytes requests are refused. Make room; never inside the log's folder.",
  },
  {
    ...{ name: "ProoflineDiskFillsUp", for: "30m", severity: "warning" },
    expr: "min by (instance) (predict_linear(proofline_disk_free_bytes[6h], 86400)) < 2147483648",
    summary: "{{ $labels.instance }}: the disk is full within a day, at this rate",
    action: "Make room, or ship sealed segments to an object store.",
  },
  {
    ...{ name: "ProoflineDeadLetter", for: "0s", severity: "warning" },
    expr: grown("proofline_sink_dead_letters_total", "instance, sink"),
    summary: "{{ $labels.sink }} refused {{ $value }} lines for good",
    action: "`cursors/_<sink>.dead-letter.jsonl` has the store's reason for each. Mend it, then `proofline resend`.",
  },
  {
    ...{ name: "ProoflineRecordsLost", for: "0s", severity: "critical" },
    expr: grown("proofline_records_lost_total", "instance, cause"),
    summary: "{{ $labels.instance }} lost records: {{ $labels.cause }}",
    action: "This must never be. Report it with the receiver's log.",
  },
  {
    ...{ name: "ProoflineLokiDeleteRequested", for: "0s", severity: "critical" },
    expr: grown("loki_compactor_delete_requests_received_total", "instance, user"),
    summary: "Somebody asked Loki to delete lines of tenant {{ $labels.user }}",
    action: "GET /loki/api/v1/delete lists what. Set deletion_mode: disabled; `proofline verify --loki` names what is gone.",
  },
];

const ofLines: readonly Omit<Alert, "source">[] = [
  {
    ...{ name: "ProoflineVerifySaysBroken", for: "0s", severity: "critical" },
    expr: 'sum by (service_name) (count_over_time({service_name=~".+", type!="line"} |= "\\"result\\":\\"broken\\"" | json result="result", log="log" | result="broken" [1h])) > 0',
    summary: "`proofline verify --json` printed that a log does not hold",
    action: "Read that line: `findings` names the first broken seq, what was expected and what was found.",
  },
  {
    ...{ name: "ProoflineLinesMissing", for: "0s", severity: "critical" },
    expr: `max by (log) (max_over_time(${LINE} | unwrap seq [1h]) by (log)) - min by (log) (min_over_time(${LINE} | unwrap seq [1h]) by (log)) + 1 - sum by (log) (count_over_time(${LINE} [1h])) > 0`,
    summary: "{{ $labels.log }}: {{ $value }} lines of the last hour are not in Loki",
    action:
      "Deleted, or dead letters. `proofline verify --loki` names the first; `proofline resend` puts them back from the log.",
  },
  {
    ...{ name: "ProoflineHeartbeatAbsent", for: "0s", severity: "critical" },
    expr: 'absent_over_time({type="checkpoint"}[26h])',
    summary: "No signed checkpoint came to Loki for more than a day",
    action:
      "A receiver writes a heartbeat when nothing else was audited: it is down, or does not reach Loki. Compare with its own metrics.",
  },
  {
    ...{ name: "ProoflineClockSkew", for: "0s", severity: "warning" },
    expr: `sum by (log, service_name) (count_over_time(${LINE} | json time="time", received="received" | time!="" | label_format ahead="{{ sub (unixEpoch (toDate \\"2006-01-02T15:04:05.999999999Z07:00\\" .time)) (unixEpoch (toDate \\"2006-01-02T15:04:05.999999999Z07:00\\" .received)) }}" | ahead > ${SKEW_SECONDS} [15m])) > 0`,
    summary: "{{ $labels.service_name }}: events of the future, by more than five minutes",
    action: "Mend that machine's clock. The order of lines is by seq, which no clock can change.",
  },
  {
    ...{ name: "ProoflineReceiverClockSteppedBack", for: "0s", severity: "warning" },
    expr: `sum by (log) (count_over_time(${LINE} |= "proofline.clock.stepped_back" [15m])) > 0`,
    summary: "{{ $labels.log }}: the receiver's clock went back",
    action: "`received` stays increasing. Find out who set the clock.",
  },
  {
    ...{ name: "ProoflineFailedLogins", for: "0s", severity: "warning" },
    expr: `sum by (log, actor_id) (count_over_time(${LINE} | action="LOGIN" | outcome="failure" [10m])) >= 5`,
    summary: "{{ $labels.actor_id }}: {{ $value }} failed logins in ten minutes",
    action: "Activity shows from where.",
  },
  {
    ...{ name: "ProoflineUnexpectedModel", for: "0s", severity: "warning" },
    expr: `sum by (model) (count_over_time(${LINE} | event="ai.inference" | ${attribute("model", "gen_ai.request.model")} [1h])) unless sum by (model) (count_over_time(${LINE} | event="ai.inference" | ${attribute("model", "gen_ai.request.model")} [7d] offset 1h))`,
    summary: "Model {{ $labels.model }} is asked, and was not in the seven days before",
    action: "If it is meant to be, there is nothing to do: it is known in an hour.",
  },
  {
    ...{ name: "ProoflineModelAccessRefused", for: "0s", severity: "warning" },
    expr: `sum by (log, actor_id, target_id) (count_over_time(${LINE} | target_type="gen_ai.model" | event!="ai.inference" | outcome="failure" [15m])) > 0`,
    summary: "{{ $labels.actor_id }} was refused model {{ $labels.target_id }}",
    action: "Ask what for.",
  },
  {
    ...{ name: "ProoflineOverride", for: "0s", severity: "info" },
    expr: `sum by (log, actor_id, target_id) (count_over_time(${LINE} | action="OVERRIDE" [24h])) > 0`,
    summary: "{{ $labels.actor_id }} set aside the decision about {{ $labels.target_id }} in the last 24 h",
    action: "Read the reason: AI decisions, Overrides.",
  },
  {
    ...{ name: "ProoflinePermissionChanged", for: "0s", severity: "warning" },
    expr: `sum by (log, actor_id, event, target_id) (count_over_time(${LINE} | action=~"GRANT|REVOKE|DELEGATE" or target_type=~"permission|role|policy" or event=~"authority[.].+|permission[.].+|proofline[.]policy[.]changed" | outcome!="unknown" [15m])) > 0`,
    summary: "{{ $labels.actor_id }}: {{ $labels.event }} {{ $labels.target_id }}",
    action: "Compare with the change request.",
  },
  {
    ...{ name: "ProoflineActorMissing", for: "0s", severity: "warning" },
    expr: `sum by (log, service_name, event) (count_over_time(${LINE} | actor_id="" | quarantine="" | event!~"http[.].+" | ${attribute("derived", "proofline.derivation.scope")} | derived="" [15m])) > 0`,
    summary: "{{ $labels.service_name }}: {{ $labels.event }} names nobody",
    action:
      "Give the event an actor, or the request an audit context. Records derived from spans and requests are not counted here.",
  },
];

export const ALERTS: readonly Alert[] = [
  ...ofMetrics.map((alert): Alert => ({ ...alert, source: "prometheus" })),
  ...ofLines.map((alert): Alert => ({ ...alert, source: "loki" })),
];
