// tally.ts: what happened to the records of one request, counted while it is prepared and told to the metrics once.

import type { LogRecord, QuarantineCode, Redaction } from "@proofline/event";
import type { SignatureNote } from "../signatures/checker.ts";
import type { Metrics } from "../telemetry/metrics.ts";

export interface TallyData {
  readonly ignored: number;
  readonly droppedAttributes: number;
  /** Path and records. */
  readonly missing: readonly (readonly [string, number])[];
  /** Rule, action and how often. */
  readonly redactions: readonly (readonly [string, string, number])[];
  /** Result and records. */
  readonly signatures: readonly (readonly [SignatureNote, number])[];
}

export class Tally {
  ignored = 0;
  duplicates = 0;
  looped = 0;
  conflicts = 0;
  accepted = 0;
  #droppedAttributes = 0;
  readonly #quarantined = new Map<QuarantineCode, number>();
  readonly #missing = new Map<string, number>();
  readonly #redactions = new Map<string, Map<string, number>>();
  readonly #signatures = new Map<SignatureNote, number>();

  /** @param data what was counted elsewhere, to begin with */
  constructor(data?: TallyData) {
    if (data === undefined) return;
    this.ignored = data.ignored;
    this.#droppedAttributes = data.droppedAttributes;
    for (const [path, records] of data.missing) this.addMissing(path, records);
    for (const [rule, action, count] of data.redactions) this.addRedaction(rule, action, count);
    for (const [note, records] of data.signatures) add(this.#signatures, note, records);
  }

  /** What is counted before the ledger is asked, for another thread. */
  data(): TallyData {
    const redactions = [...this.#redactions].flatMap(([rule, actions]) =>
      Array.from(actions, ([action, count]): [string, string, number] => [rule, action, count]),
    );
    const [missing, signatures] = [[...this.#missing], [...this.#signatures]];
    return { ignored: this.ignored, droppedAttributes: this.#droppedAttributes, missing, redactions, signatures };
  }

  get quarantined(): number {
    let sum = 0;
    for (const n of this.#quarantined.values()) sum += n;
    return sum;
  }

  /** A line that will be written. */
  addAccepted(quarantine: QuarantineCode | undefined): void {
    this.accepted++;
    if (quarantine !== undefined) add(this.#quarantined, quarantine, 1);
  }

  addRedactions(entries: readonly Redaction[]): void {
    for (const { rule, action } of entries) this.addRedaction(rule, action, 1);
  }

  addRedaction(rule: string, action: string, count: number): void {
    const actions = this.#redactions.get(rule) ?? new Map<string, number>();
    this.#redactions.set(rule, actions);
    add(actions, action, count);
  }

  addNotes(record: LogRecord): void {
    for (const { note, path } of record.notes) if (note === "missing") this.addMissing(path, 1);
    this.addDropped(record.droppedAttributes);
  }

  addMissing(path: string, records: number): void {
    add(this.#missing, path, records);
  }

  addSignature(note: SignatureNote): void {
    add(this.#signatures, note, 1);
  }

  addDropped(attributes: number): void {
    this.#droppedAttributes += attributes;
  }

  /** Called once, when the records are durable. */
  tell(metrics: Metrics): void {
    metrics.count("accepted", this.accepted);
    metrics.count("duplicate", this.duplicates);
    metrics.count("looped", this.looped);
    metrics.count("conflict", this.conflicts);
    metrics.count("ignored", this.ignored);
    metrics.count("dropped", this.#droppedAttributes);
    for (const [code, n] of this.#quarantined) metrics.count("quarantined", n, { code });
    for (const [note, n] of this.#signatures) metrics.count("signatures", n, { result: note.slice("signature_".length) });
    for (const [field, n] of this.#missing) metrics.count("missing", n, { field });
    for (const [rule, actions] of this.#redactions) {
      for (const [action, n] of actions) metrics.count("redactions", n, { rule, action });
    }
  }
}

function add<K>(counts: Map<K, number>, key: K, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
