// integrity.ts: is the log whole, signed, and the same everywhere. A number that is not green here is the first thing to look at.

import { type Dashboard, LINES, metric, OF_BOTH } from "./model.ts";

const size = `max by (instance) (${metric("ledger_size")})`;
const confirmed = `max by (instance) (${metric("sink_confirmed", 'sink="loki"')})`;
const numbers = `${LINES} | json producer="producer.stream", number="producer.number" | producer!=""`;

export const integrity: Dashboard = {
  uid: "proofline-integrity",
  title: "Proofline: integrity",
  about:
    "Whether the log is whole, signed and the same in every copy. Only `proofline verify` proves it; this shows what the receiver and Loki say.",
  range: "6h",
  variables: OF_BOTH,
  panels: [
    {
      ...{ title: "Last verified seq", source: "prometheus", kind: "stat", unit: "none" },
      about: "The newest line that was read back from Loki and is the ledger's, byte for byte, as all before it. -1: none yet.",
      queries: [{ expr: `${confirmed} - 1`, legend: "{{instance}}" }],
    },
    {
      ...{ title: "Unverified tail", source: "prometheus", kind: "stat" },
      about:
        "Lines in the ledger that were not yet read back from Loki and compared. Sealed segments are read; an open one after ten minutes.",
      queries: [{ expr: `${size} - ${confirmed}`, legend: "{{instance}}" }],
    },
    {
      ...{ title: "Age of the last checkpoint", source: "prometheus", kind: "stat", unit: "s", redFrom: 60 },
      about: "How long lines have been waiting for a signature; 0 when every line is signed.",
      queries: [{ expr: `max by (instance) (${metric("checkpoint_age_seconds")})`, legend: "{{instance}}" }],
    },
    {
      ...{ title: "Unsigned tail", source: "prometheus", kind: "stat" },
      about: "Durable lines that the newest checkpoint does not cover.",
      queries: [{ expr: `${size} - max by (instance) (${metric("checkpoint_size")})`, legend: "{{instance}}" }],
    },
    {
      ...{ title: "Breaks on disk", source: "prometheus", kind: "stat", redFrom: 1 },
      about:
        "1 when the check after the start found lines that are not the signed ones. Stop, keep the disk, run `proofline verify`.",
      queries: [{ expr: `max by (instance) (${metric("ledger_damaged")})`, legend: "{{instance}}" }],
    },
    {
      ...{ title: "Checked since the start", source: "prometheus", kind: "stat" },
      about: "Lines that the check after the start has found to hold, of those that were signed then.",
      queries: [{ expr: `max by (instance) (${metric("ledger_checked_lines")})`, legend: "{{instance}}" }],
    },
    {
      ...{ title: "Missing from producers", source: "prometheus", kind: "stat", redFrom: 1 },
      about:
        "Numbers that producers' streams have passed and that have not come, since the receiver's start: on their way, or lost before they came.",
      queries: [{ expr: `max by (instance) (${metric("producer_missing_records")})`, legend: "{{instance}}" }],
    },
    {
      ...{ title: "Differences in Loki", source: "prometheus", kind: "timeseries", redFrom: 1 },
      about:
        "What read-back found since the receiver started: missing, changed, or beside ours. `cursors/_loki.mismatch.jsonl` lists each.",
      queries: [{ expr: `sum by (instance, kind) (${metric("sink_mismatches_total")})`, legend: "{{kind}} {{instance}}" }],
    },
    {
      ...{ title: "Lines and signatures", source: "prometheus", kind: "timeseries" },
      about: "Durable, signed and read back: three lines that lie on each other when all is well.",
      queries: [
        { expr: size, legend: "durable {{instance}}" },
        { expr: `max by (instance) (${metric("checkpoint_size")})`, legend: "signed {{instance}}" },
        { expr: confirmed, legend: "read back {{instance}}" },
      ],
    },
    {
      ...{ title: "Lines missing in Loki", source: "loki", kind: "table", redFrom: 1 },
      about:
        "The seqs in Loki run without a gap: newest - oldest + 1 - count, for the chosen time. Above 0, lines were deleted, expired by class, or never came. Choose every service, or the others count as missing.",
      queries: [
        {
          expr: `max by (log) (max_over_time(${LINES} | unwrap seq [$__range]) by (log)) - min by (log) (min_over_time(${LINES} | unwrap seq [$__range]) by (log)) + 1 - sum by (log) (count_over_time(${LINES} [$__range]))`,
        },
      ],
    },
    {
      ...{ title: "Gaps in producers' numbers", source: "loki", kind: "table", redFrom: 1 },
      about:
        "Each producer's run numbers its records from 1. Above 0, a record was lost before it came to the receiver, or is not sent yet.",
      queries: [
        {
          expr: `max_over_time(${numbers} | unwrap number [$__range]) by (log, producer) - min_over_time(${numbers} | unwrap number [$__range]) by (log, producer) + 1 - sum by (log, producer) (count_over_time(${numbers} [$__range]))`,
        },
      ],
    },
    {
      ...{ title: "Quarantined", source: "loki", kind: "table" },
      about: "Records that could not be understood, or whose id was taken. Their bytes are kept.",
      queries: [{ expr: `sum by (log, quarantine) (count_over_time(${LINES} | quarantine!="" [$__range]))` }],
    },
    {
      ...{ title: "Signed checkpoints in Loki", source: "loki", kind: "timeseries" },
      about: "Lines that the newest checkpoint in Loki covers.",
      queries: [{ expr: `max_over_time({type="checkpoint", log=~"$log"} | unwrap size [$__auto]) by (log)`, legend: "{{log}}" }],
    },
    {
      ...{ title: "What receivers say of themselves", source: "loki", kind: "logs" },
      about: "Starts, stops, other configurations and policies, a clock that went back: lines of the log like all others.",
      queries: [{ expr: `${LINES} | event=~"proofline[.](receiver|config|policy|clock)[.].+"` }],
    },
  ],
};
