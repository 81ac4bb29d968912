// record.ts: a LogRecord from its protobuf bytes straight to the bytes of its tail: lifted, redacted and spelled on the way, without an
// object for it. It takes the records that nearly all are; whatever is unusual it leaves to prepare.ts, which is the reference: the same
// bytes, or none.

import {
  EventError,
  TAIL_FIELDS as FIELD,
  formatNotes,
  formatRedaction,
  ILL_FORMED,
  type Note,
  Piece,
  type Redaction,
  spellFields,
  spellValue,
  type TailWriter,
  type Value,
} from "@proofline/event";
import { copyPlain, copySpelled, type RedactionEntry, type Redactor } from "@proofline/redaction";
import { Fault } from "../../decode/decoded.ts";
import type { ValueDecoder } from "../../decode/protobuf-value.ts";
import { type EntryCounts, SpelledEntry } from "./entry-spelling.ts";
import { type FoundAttribute, RecordFields } from "./fields.ts";
import type { Key, Keys } from "./keys.ts";
import { RepeatedValues } from "./repeated-values.ts";
import type { Texts } from "./texts.ts";
import { decodeValue, isFreshAscii, producersRedactions, UNUSUAL } from "./unusual.ts";

/** What the records of one group share, redacted and spelled once. */
export interface SharedPart {
  /** The fields `scope` and `resource`, each with its comma. */
  readonly spelled: Piece;
  readonly entries: readonly SpelledEntry[];
}

const MAX_LISTED = 200;
/** Two quotes. */
const EMPTY_TEXT = 2;
/** Of a record with more redactions than this of its own, see redaction's path.ts. */
const LOOK_BACK = 16;
const NO_REDACTIONS: readonly Redaction[] = [];

/** Of what a record can lack, in the order of the notes. `id` is not missing: it is assigned. */
export const LACKS = ["attributes.audit.action", "attributes.audit.actor.id", "attributes.audit.outcome", "event", "id"] as const;
const LACKS_ACTION = 1;
const LACKS_ACTOR = 2;
const LACKS_OUTCOME = 4;
const LACKS_EVENT = 8;
const LACKS_ID = 16;
const NOTES: readonly Piece[] = Array.from({ length: 32 }, (_, lacks) => {
  const notes = LACKS.filter((_, bit) => (lacks >> bit) & 1).map(
    (path): Note => ({ path, note: path === "id" ? "assigned" : "missing" }),
  );
  return Piece.of(notes.length === 0 ? "" : formatNotes(notes));
});

export interface DirectRecordOptions {
  readonly redactor: Redactor;
  readonly keys: Keys;
  readonly texts: Texts;
  readonly out: TailWriter;
  readonly nextId: () => string;
  /** Longer tails go the long way, where they are made to fit. */
  readonly maxTailBytes: number;
  readonly auditOnly: boolean;
  /** Told of every redaction of a record that was written. */
  readonly counts: EntryCounts;
}

/** `unusual`: nothing was written, the reference must do it. `ignored`: no audit record, where only those are wanted. */
export type Outcome = "written" | "ignored" | "unusual";

export class DirectRecord {
  readonly #o: DirectRecordOptions;
  readonly #fields: RecordFields;
  readonly #repeated = new RepeatedValues();
  /** Redactions of the record at hand, its shared ones apart. */
  #made: SpelledEntry[] = [];
  #before: readonly Redaction[] = NO_REDACTIONS;
  /** What the last record written lacked: bits for {@link LACKS}. */
  lacks = 0;
  /** `dropped_attributes_count` of the last record written. */
  droppedAttributes = 0;
  /** Whether the last record written names its producer. */
  hasProducer = false;

  constructor(o: DirectRecordOptions) {
    this.#o = o;
    this.#fields = new RecordFields(o.keys);
  }

  /**
   * Writes the tail of the LogRecord that ends at `end`, from where the reader stands; moves the reader, wherever it ends.
   * @param writer the field `writer` with its comma, or nothing
   */
  write(values: ValueDecoder, end: number, shared: SharedPart, writer: Piece): Outcome {
    const { out } = this.#o;
    const start = out.at;
    try {
      if (!this.#fields.read(values, end)) return "unusual";
      // One with values that were not read may be malformed, and then it is kept.
      if (this.#o.auditOnly && !this.#fields.isAudit) return this.#fields.isRead ? "ignored" : "unusual";
      this.#tail(values, shared, writer);
      if (out.at - start <= this.#o.maxTailBytes) {
        for (const entry of this.#made) this.#o.counts.add(entry);
        for (const entry of shared.entries) this.#o.counts.add(entry);
        return "written";
      }
    } catch (thrown) {
      if (thrown !== UNUSUAL && thrown !== ILL_FORMED && !(thrown instanceof Fault) && !(thrown instanceof EventError))
        throw thrown;
    }
    out.at = start;
    return "unusual";
  }

  #tail(values: ValueDecoder, shared: SharedPart, writer: Piece): void {
    const { out } = this.#o;
    const f = this.#fields;
    const { bytes } = values.wire;
    this.#made = [];
    this.#before = NO_REDACTIONS;
    let lacks = 0;
    out.piece(FIELD.id);
    if (f.idEnd > 0) this.#asIs(bytes, f.idStart, f.idEnd);
    else {
      out.text(`"${this.#o.nextId()}"`);
      lacks |= LACKS_ID;
    }
    if (f.eventEnd > f.eventStart) {
      this.#textField(FIELD.event, values, f.eventStart, f.eventEnd, "event");
    } else lacks |= LACKS_EVENT;
    if (!f.hasAction) lacks |= LACKS_ACTION;
    if (!f.hasActor) lacks |= LACKS_ACTOR;
    if (!f.hasOutcome) lacks |= LACKS_OUTCOME;
    if (f.timeLow !== 0 || f.timeHigh !== 0) {
      out.piece(FIELD.time);
      out.time(f.timeLow, f.timeHigh);
    }
    if (f.observedLow !== 0 || f.observedHigh !== 0) {
      out.piece(FIELD.observed);
      out.time(f.observedLow, f.observedHigh);
    }
    if (f.traceId > 0) {
      out.piece(FIELD.traceId);
      out.hex(bytes, f.traceId, f.traceId + 16);
    }
    if (f.spanId > 0) {
      out.piece(FIELD.spanId);
      out.hex(bytes, f.spanId, f.spanId + 8);
    }
    this.#number(FIELD.flags, f.flags);
    this.#number(FIELD.severity, f.severity);
    if (f.severityTextEnd > f.severityTextStart) {
      this.#textField(FIELD.severityText, values, f.severityTextStart, f.severityTextEnd, "severity_text");
    }
    this.#attributes(values);
    this.#number(FIELD.droppedAttributes, f.droppedAttributes);
    this.#body(values);
    out.piece(shared.spelled);
    this.#redactions(shared.entries);
    if (f.stream >= 0) this.#producer(bytes);
    out.piece(writer);
    out.piece(NOTES[lacks]!);
    out.byte(0x7d);
    this.lacks = lacks;
    this.droppedAttributes = f.droppedAttributes;
    this.hasProducer = f.stream >= 0;
  }

  #number(field: Piece, value: number): void {
    if (value === 0) return;
    this.#o.out.piece(field);
    this.#o.out.integer(value);
  }

  /** A field of the line; left out when nothing is left of its text. */
  #textField(field: Piece, values: ValueDecoder, start: number, end: number, path: string): void {
    const { out } = this.#o;
    const before = out.at;
    out.piece(field);
    this.#text(values, start, end, path);
    if (out.at === before + field.length + EMPTY_TEXT) out.at = before;
  }

  /** A string that no rule is asked about. */
  #asIs(bytes: Uint8Array, start: number, end: number): void {
    const { out } = this.#o;
    out.room(end - start + 2);
    if (!copySpelled(bytes, start, end, out.bytes, out.at + 1)) throw UNUSUAL;
    quote(out, end - start);
  }

  /** A string that the value rules are asked about. Returns whether it is plain: no rule of any policy finds anything in it. */
  #text(values: ValueDecoder, start: number, end: number, path: string): boolean {
    const { bytes } = values.wire;
    const { out } = this.#o;
    out.room(end - start + 2);
    if (copyPlain(bytes, start, end, out.bytes, out.at + 1)) {
      quote(out, end - start);
      return true;
    }
    const text = this.#o.texts.at(values.wire.view, start, end, path);
    if (text === undefined) throw UNUSUAL;
    out.piece(text.spelled);
    for (const entry of text.entries) this.#add(entry);
    return false;
  }

  #attributes(values: ValueDecoder): void {
    const { out } = this.#o;
    const { attributes, count } = this.#fields;
    const opened = out.at;
    out.piece(FIELD.attributes);
    const first = out.at;
    // The first comma is written over the brace.
    out.at--;
    for (let i = 0; i < count; i++) this.#attribute(values, attributes[i]!);
    out.at = Math.max(out.at, first);
    out.bytes[first - 1] = 0x7b;
    // None, or all of them went elsewhere or were dropped.
    if (out.at === first) out.at = opened;
    else out.byte(0x7d);
  }

  #attribute(values: ValueDecoder, attribute: FoundAttribute): void {
    const { out } = this.#o;
    const { key, kind, start, end } = attribute;
    if (kind === "lifted") return;
    if (kind === "redactions") {
      this.#before = producersRedactions(values, attribute);
      return;
    }
    if (key.isCovered && kind !== "null" && !(kind === "string" && start === end)) {
      // What is not understood must not be masked over: the reference would have said so.
      const isUsual = kind === "string" ? isFreshAscii(values.wire.bytes, start, end) : kind !== "other";
      if (key.mask === undefined || !isUsual) this.#general(values, attribute);
      else {
        out.piece(key.masked);
        this.#add(key.mask);
      }
      return;
    }
    if (kind === "other") {
      this.#general(values, attribute);
      return;
    }
    if (kind === "string") {
      this.#textAttribute(values, key, start, end);
      return;
    }
    out.piece(key.spelled);
    if (kind === "integer") out.integer(attribute.number);
    else if (kind === "null") out.piece(FIELD.null);
    else out.piece(attribute.number === 1 ? FIELD.true : FIELD.false);
  }

  #textAttribute(values: ValueDecoder, key: Key, start: number, end: number): void {
    const { out } = this.#o;
    const { view } = values.wire;
    const known = this.#repeated.find(view, key, start, end);
    if (known !== undefined) {
      out.piece(known);
      return;
    }
    const from = out.at;
    out.piece(key.spelled);
    if (this.#text(values, start, end, key.path)) this.#repeated.miss(view, key, start, end, out.bytes, from, out.at);
  }

  /** One attribute by way of its value. */
  #general(values: ValueDecoder, { key, valueStart, end }: FoundAttribute): void {
    const value = decodeValue(values, valueStart, end);
    const out: RedactionEntry[] = [];
    const redacted = this.#o.redactor.fields(new Map([[key.name, value]]), "attributes", out) as Map<string, Value>;
    this.#spell(out);
    // A rule may have dropped it.
    if (redacted.size > 0) this.#o.out.text(`,${spellFields(redacted, 1).slice(1, -1)}`);
  }

  #body(values: ValueDecoder): void {
    const { out } = this.#o;
    const f = this.#fields;
    if (f.bodyKind === "none") return;
    out.piece(FIELD.body);
    if (f.bodyKind === "null") out.piece(FIELD.null);
    else if (f.bodyKind === "string") this.#text(values, f.bodyStart, f.bodyEnd, "body");
    else {
      const made: RedactionEntry[] = [];
      const value = this.#o.redactor.value(decodeValue(values, f.bodyValue, f.bodyEnd), "body", made) as Value;
      this.#spell(made);
      out.text(spellValue(value, 1));
    }
  }

  #spell(made: readonly RedactionEntry[]): void {
    for (const entry of made) this.#add(new SpelledEntry(entry));
  }

  /** As the redactor does over a whole record: what is said of a place already is not said again. */
  #add(entry: SpelledEntry): void {
    // The redactor looks back so far and no farther.
    if (this.#made.length >= LOOK_BACK) throw UNUSUAL;
    for (const { path, rule } of this.#made) if (path === entry.path && rule === entry.rule) return;
    this.#made.push(entry);
  }

  /** The producer's first: they were made first. */
  #redactions(shared: readonly SpelledEntry[]): void {
    const { out } = this.#o;
    const total = this.#before.length + this.#made.length + shared.length;
    if (total === 0) return;
    if (total > MAX_LISTED) throw UNUSUAL;
    out.piece(FIELD.redactions);
    for (const redaction of this.#before) {
      out.text(formatRedaction(redaction));
      out.byte(0x2c);
    }
    for (const { spelled } of this.#made) {
      out.piece(spelled);
      out.byte(0x2c);
    }
    for (const { spelled } of shared) {
      out.piece(spelled);
      out.byte(0x2c);
    }
    out.bytes[out.at - 1] = 0x5d;
  }

  #producer(bytes: Uint8Array): void {
    const { out } = this.#o;
    const { attributes, stream, streamNumber, isEnd } = this.#fields;
    const { start, end } = attributes[stream]!;
    out.piece(FIELD.producerStream);
    this.#asIs(bytes, start, end);
    out.piece(FIELD.producerNumber);
    out.integer(streamNumber);
    if (isEnd) out.piece(FIELD.producerEnd);
    out.byte(0x7d);
  }
}

/** The text that was written by hand behind the place of a quote. */
function quote(out: TailWriter, length: number): void {
  const { bytes, at } = out;
  bytes[at] = 0x22;
  bytes[at + length + 1] = 0x22;
  out.at = at + length + 2;
}
