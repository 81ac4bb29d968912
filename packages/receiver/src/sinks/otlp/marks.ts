// marks.ts: what a record carries beside itself when it is sent on: its id, its place in its log and the hash that proves it, as
// attributes. What came with the record under such a name is moved aside, never lost. Knows no encoding.

import {
  ATTR_AUDIT_RECORD_ID,
  ATTR_AUDIT_SEQUENCE_END,
  ATTR_AUDIT_SEQUENCE_NUMBER,
  ATTR_AUDIT_SEQUENCE_STREAM_ID,
  ATTR_PROOFLINE_LEAF_HASH,
  ATTR_PROOFLINE_LINE,
  ATTR_PROOFLINE_LOG,
  ATTR_PROOFLINE_NOTES,
  ATTR_PROOFLINE_PRODUCER_END,
  ATTR_PROOFLINE_PRODUCER_NUMBER,
  ATTR_PROOFLINE_PRODUCER_STREAM,
  ATTR_PROOFLINE_QUARANTINE_BYTES,
  ATTR_PROOFLINE_QUARANTINE_CODE,
  ATTR_PROOFLINE_QUARANTINE_REASON,
  ATTR_PROOFLINE_QUARANTINE_REF,
  ATTR_PROOFLINE_RECEIVED,
  ATTR_PROOFLINE_REDACTIONS,
  ATTR_PROOFLINE_SEQ,
  ATTR_PROOFLINE_WRITER,
  type Fields,
  formatTime,
  type Line,
  PROOFLINE_UPSTREAM_PREFIX,
  Ref,
  type Value,
} from "@proofline/event";
import { hashToBase64, leafHash } from "@proofline/tlog";

const OURS = "proofline.";
const TAKEN: ReadonlySet<string> = new Set([
  ATTR_AUDIT_RECORD_ID,
  ATTR_AUDIT_SEQUENCE_STREAM_ID,
  ATTR_AUDIT_SEQUENCE_NUMBER,
  ATTR_AUDIT_SEQUENCE_END,
  ATTR_PROOFLINE_LOG,
  ATTR_PROOFLINE_SEQ,
  ATTR_PROOFLINE_LEAF_HASH,
  ATTR_PROOFLINE_LINE,
  ATTR_PROOFLINE_RECEIVED,
  ATTR_PROOFLINE_WRITER,
  ATTR_PROOFLINE_REDACTIONS,
  ATTR_PROOFLINE_NOTES,
  ATTR_PROOFLINE_PRODUCER_STREAM,
  ATTR_PROOFLINE_PRODUCER_NUMBER,
  ATTR_PROOFLINE_PRODUCER_END,
  ATTR_PROOFLINE_QUARANTINE_CODE,
  ATTR_PROOFLINE_QUARANTINE_REASON,
  ATTR_PROOFLINE_QUARANTINE_REF,
  ATTR_PROOFLINE_QUARANTINE_BYTES,
]);

/**
 * The name under which an attribute of the record goes on: its own, or `proofline.upstream.…` when we need that name, as when the record
 * came from another log. No two names become one.
 */
export function nameOnward(name: string): string {
  if (!TAKEN.has(name) && !name.startsWith(PROOFLINE_UPSTREAM_PREFIX)) return name;
  return PROOFLINE_UPSTREAM_PREFIX + (name.startsWith(OURS) ? name.slice(OURS.length) : name);
}

/** The attributes of a record that is sent on: its own, then the marks. @param lineText undefined: the line itself is not sent */
export function attributesOnward(line: Line, bytes: Uint8Array, lineText: string | undefined): Fields {
  const fields: Fields = new Map();
  for (const [name, value] of line.attributes) fields.set(nameOnward(name), value);
  fields.set(ATTR_AUDIT_RECORD_ID, line.id);
  fields.set(ATTR_AUDIT_SEQUENCE_STREAM_ID, line.log);
  fields.set(ATTR_AUDIT_SEQUENCE_NUMBER, line.seq + 1); // the draft counts from 1
  fields.set(ATTR_PROOFLINE_LOG, line.log);
  fields.set(ATTR_PROOFLINE_SEQ, line.seq);
  fields.set(ATTR_PROOFLINE_LEAF_HASH, hashToBase64(leafHash(bytes)));
  fields.set(ATTR_PROOFLINE_RECEIVED, formatTime(line.received));
  addWhatHappened(fields, line);
  if (lineText !== undefined) fields.set(ATTR_PROOFLINE_LINE, lineText);
  return fields;
}

function addWhatHappened(fields: Fields, { producer, redactions, writer, notes, quarantine }: Line): void {
  if (producer !== undefined) {
    fields.set(ATTR_PROOFLINE_PRODUCER_STREAM, producer.stream);
    fields.set(ATTR_PROOFLINE_PRODUCER_NUMBER, producer.number);
    if (producer.end === true) fields.set(ATTR_PROOFLINE_PRODUCER_END, true);
  }
  if (redactions.length > 0) {
    const list = redactions.map(({ path, rule, action, policy }) =>
      mapOf(policy === "" ? { path, rule, action } : { path, rule, action, policy }),
    );
    fields.set(ATTR_PROOFLINE_REDACTIONS, list);
  }
  if (writer !== "") fields.set(ATTR_PROOFLINE_WRITER, writer);
  if (notes.length > 0) {
    const list = notes.map(({ path, note }) => mapOf({ path, note }));
    fields.set(ATTR_PROOFLINE_NOTES, list);
  }
  if (quarantine === undefined) return;
  fields.set(ATTR_PROOFLINE_QUARANTINE_CODE, quarantine.code);
  if (quarantine.reason !== "") fields.set(ATTR_PROOFLINE_QUARANTINE_REASON, quarantine.reason);
  if (quarantine.bytes instanceof Ref) {
    fields.set(ATTR_PROOFLINE_QUARANTINE_REF, `sha256:${quarantine.bytes.sha256}`);
    fields.set(ATTR_PROOFLINE_QUARANTINE_BYTES, quarantine.bytes.bytes);
  }
}

function mapOf(strings: Readonly<Record<string, string>>): Fields {
  return new Map<string, Value>(Object.entries(strings));
}
