// lift.ts: from plain OTel log record to audit event: what the draft carries as attributes goes to the fields of the line,
// and what is missing is said. Changes the record in place. Source: OTEP 0267 (draft); SPEC.md, "Lifting".
import * as names from "./names.ts";
import type { LogRecord, NoteCode, Redaction } from "./record.ts";
import type { Fields, Value } from "./value.ts";

/** Their absence makes a record weak evidence. */
const EXPECTED = [names.ATTR_AUDIT_ACTOR_ID, names.ATTR_AUDIT_ACTION, names.ATTR_AUDIT_OUTCOME].map(withPath);

/** Strings by the draft, when present. */
const STRINGS = [
  names.ATTR_AUDIT_ACTOR_TYPE,
  names.ATTR_AUDIT_TARGET_ID,
  names.ATTR_AUDIT_TARGET_TYPE,
  names.ATTR_AUDIT_SOURCE_ID,
  names.ATTR_AUDIT_SOURCE_TYPE,
  names.ATTR_AUDIT_SCHEMA_VERSION,
].map(withPath);

function withPath(name: string): { name: string; path: string } {
  return { name, path: `attributes.${name}` };
}

/**
 * Moves `audit.record.id` to `id`, `audit.sequence.*` to `producer` and `proofline.redactions` to `redactions`; fills `event` from
 * the attributes that older senders use; notes what is missing or of the wrong type, and leaves that where it is. Assigns no id.
 * A quarantined record is left as it is. Doing it twice gives the same line as once.
 */
export function liftAudit(record: LogRecord): void {
  if (record.quarantine !== undefined) return;
  const { attributes } = record;
  if (record.event === "") record.event = eventName(attributes);
  if (record.event === "") note(record, "event", "missing");
  if (attributes.size > 0) {
    liftId(record);
    liftProducer(record);
    liftRedactions(record);
  }
  for (const { name, path } of EXPECTED) {
    const value = attributes.get(name);
    if (value === undefined || value === null || value === "") note(record, path, "missing");
    else if (typeof value !== "string") note(record, path, "wrong_type");
  }
  for (const { name, path } of STRINGS) {
    const value = attributes.get(name);
    if (value !== undefined && value !== null && typeof value !== "string") note(record, path, "wrong_type");
  }
}

/** Gives an id to a record that came without one, and notes it. */
export function assignId(record: LogRecord, id: string): void {
  record.id = id;
  note(record, "id", "assigned");
}

function eventName(attributes: Fields): string {
  for (const name of [names.ATTR_OTEL_EVENT_NAME, names.ATTR_EVENT_NAME]) {
    const value = attributes.get(name);
    if (typeof value === "string" && value !== "") return value;
  }
  return "";
}

function liftId(record: LogRecord): void {
  const value = record.attributes.get(names.ATTR_AUDIT_RECORD_ID);
  if (value === undefined) return;
  if (typeof value !== "string" || value === "") {
    note(record, `attributes.${names.ATTR_AUDIT_RECORD_ID}`, "wrong_type");
    return;
  }
  // The receiver compares ids before the line is spelled: it must see the id that the line will have.
  record.id = value.toWellFormed();
  moved(record, names.ATTR_AUDIT_RECORD_ID, "id");
  if (record.id !== value) note(record, "id", "replaced_characters");
}

function liftProducer(record: LogRecord): void {
  const { attributes } = record;
  const stream = attributes.get(names.ATTR_AUDIT_SEQUENCE_STREAM_ID);
  const number = attributes.get(names.ATTR_AUDIT_SEQUENCE_NUMBER);
  const end = attributes.get(names.ATTR_AUDIT_SEQUENCE_END);
  const streamFits = typeof stream === "string" && stream !== "";
  const numberFits = typeof number === "number" && Number.isSafeInteger(number) && number >= 1;
  if (stream !== undefined && !streamFits) note(record, `attributes.${names.ATTR_AUDIT_SEQUENCE_STREAM_ID}`, "wrong_type");
  if (number !== undefined && !numberFits) note(record, `attributes.${names.ATTR_AUDIT_SEQUENCE_NUMBER}`, "wrong_type");
  if (end !== undefined && typeof end !== "boolean") note(record, `attributes.${names.ATTR_AUDIT_SEQUENCE_END}`, "wrong_type");
  if (!streamFits || !numberFits) return;
  record.producer = end === true ? { stream, number, end } : { stream, number };
  moved(record, names.ATTR_AUDIT_SEQUENCE_STREAM_ID, "producer.stream");
  moved(record, names.ATTR_AUDIT_SEQUENCE_NUMBER, "producer.number");
  if (typeof end === "boolean") moved(record, names.ATTR_AUDIT_SEQUENCE_END, "producer.end");
}

/** The producer's redactions come first: they were made first. */
function liftRedactions(record: LogRecord): void {
  const value = record.attributes.get(names.ATTR_PROOFLINE_REDACTIONS);
  if (value === undefined) return;
  const redactions = readRedactions(value);
  if (redactions === undefined) {
    note(record, `attributes.${names.ATTR_PROOFLINE_REDACTIONS}`, "wrong_type");
    return;
  }
  record.redactions = [...redactions, ...record.redactions];
  moved(record, names.ATTR_PROOFLINE_REDACTIONS, "redactions");
}

/** The redactions that a producer lists; undefined when the value has another shape. */
export function readRedactions(value: Value): Redaction[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const redactions: Redaction[] = [];
  for (const item of value) {
    if (!(item instanceof Map)) return undefined;
    const [path, rule, action, policy = ""] = ["path", "rule", "action", "policy"].map((key) => item.get(key));
    if (typeof path !== "string" || typeof rule !== "string" || typeof action !== "string" || typeof policy !== "string")
      return undefined;
    if (item.size !== 3 + (item.has("policy") ? 1 : 0)) return undefined;
    redactions.push({ path, rule, action, policy });
  }
  return redactions;
}

/** Takes an attribute away; notes about it now speak of the field that it went to. */
function moved(record: LogRecord, name: string, field: string): void {
  record.attributes.delete(name);
  if (record.notes.length === 0) return;
  const path = `attributes.${name}`;
  record.notes = record.notes.map((n) =>
    n.path === path || n.path.startsWith(`${path}[`) ? { path: field + n.path.slice(path.length), note: n.note } : n,
  );
}

function note(record: LogRecord, path: string, code: NoteCode): void {
  record.notes.push({ path, note: code });
}
