// digest.ts: what a record says, in 132 bits: to tell a retry from another record with the same id. No proof rests on it.
import { hash } from "node:crypto";
import { formatTail } from "./format.ts";
import type { LogRecord, Note } from "./record.ts";

/** What the receiver found out by itself: of another day, or with another set of keys, it may be something else. */
function isReceivers({ note }: Note): boolean {
  return note === "assigned" || note.startsWith("signature_");
}

/**
 * First 22 characters of the base64 of SHA-256 over the record's tail, without `quarantine` and without the notes `assigned` and
 * `signature_…`, which are the receiver's doing. With `writer`: the same record from the same writer is a retry, from another one a conflict. Take it after the record was made to fit: so it is the same for the line that was read back.
 * @param tail the record's tail, when the caller has it already: saves spelling it again
 * @throws {EventError} as formatTail
 */
export function contentDigest(record: LogRecord, tail?: string): string {
  const notes = record.notes.some(isReceivers) ? record.notes.filter((note) => !isReceivers(note)) : record.notes;
  const own = record.quarantine === undefined && notes === record.notes;
  const text = own ? (tail ?? formatTail(record)) : formatTail({ ...record, notes, quarantine: undefined });
  return hash("sha256", text, "base64").slice(0, 22);
}
