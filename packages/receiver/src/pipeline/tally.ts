// tally.ts: what happened to the records of one request, counted while it is prepared and told to the metrics once.

import type { LogRecord, QuarantineCode, Redaction } from "@proofline/event";
import type { Metrics } from "../telemetry/metrics.ts";

export class Tally {
  ignored = 0;
  duplicates = 0;
  conflicts = 0;
  accepted = 0;
  #droppedAttributes = 0;
  readonly #quarantined = new Map<QuarantineCode, number>();
  readonly #missing = new Map<string, number>();
  readonly #redactions = new Map<string, Map<string, number>>();

  get quarantined(): number {
    let sum = 0;
    for (const n of this.#quarantined.values()) sum += n;
    return sum;
  }

  /** A line that will be written. */
  addAccepted({ quarantine }: LogRecord): void {
    this.accepted++;
    if (quarantine !== undefined) add(this.#quarantined, quarantine.code);
  }

  addRedactions(entries: readonly Redaction[]): void {
    for (const { rule, action } of entries) {
      const actions = this.#redactions.get(rule) ?? new Map<string, number>();
      this.#redactions.set(rule, actions);
      add(actions, action);
    }
  }

  addNotes(record: LogRecord): void {
    for (const { note, path } of record.notes) if (note === "missing") add(this.#missing, path);
    this.#droppedAttributes += record.droppedAttributes;
  }

  /** Called once, when the records are durable. */
  tell(metrics: Metrics): void {
    metrics.count("accepted", this.accepted);
    metrics.count("duplicate", this.duplicates);
    metrics.count("conflict", this.conflicts);
    metrics.count("ignored", this.ignored);
    metrics.count("dropped", this.#droppedAttributes);
    for (const [code, n] of this.#quarantined) metrics.count("quarantined", n, { code });
    for (const [field, n] of this.#missing) metrics.count("missing", n, { field });
    for (const [rule, actions] of this.#redactions) {
      for (const [action, n] of actions) metrics.count("redactions", n, { rule, action });
    }
  }
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
