// fit.ts: makes a record fit into a line by moving its largest values out. Decides what moves; storing it is the caller's.
import { hash } from "node:crypto";
import { EventError } from "./errors.ts";
import { formatTail } from "./format.ts";
import { sortNotes } from "./notes.ts";
import type { LogRecord } from "./record.ts";
import { refLength, spellValue } from "./spell.ts";
import { type Fields, Ref, type Value } from "./value.ts";
import { wellFormedRecord } from "./well-formed.ts";

/** Most redactions that a line lists, and most notes. */
export const MAX_REDACTIONS = 256;
export const MAX_NOTES = 256;

/** A value that may move, and how. */
interface Candidate {
  readonly value: Value;
  /** Length of its spelling in the line. */
  readonly size: number;
  replace(ref: Ref): void;
}

/**
 * Spells a record's tail in at most `maxTailBytes`. When it does not fit, the largest values among body, attributes, scope attributes
 * and resource attributes (top level; the earlier one of two equals) become `Ref`s, until it does. The record changes accordingly, or
 * not at all when this throws, but for lists cut to their limits.
 * @returns the tail, and the bytes to be stored under their SHA-256: the UTF-8 of a string, raw bytes, else the JSON spelling
 * @throws {EventError} TOO_LARGE when it cannot fit; TOO_DEEP and INVALID_RECORD as formatTail
 */
export function fitRecord(record: LogRecord, maxTailBytes: number): { tail: string; moved: Uint8Array[] } {
  limitLists(record);
  const tail = formatTail(record);
  // A UTF-16 unit is at most three bytes.
  if (tail.length * 3 <= maxTailBytes) return { tail, moved: [] };
  const bytes = Buffer.byteLength(tail);
  if (bytes <= maxTailBytes) return { tail, moved: [] };
  return moveLargest(record, bytes, maxTailBytes);
}

function moveLargest(record: LogRecord, tailBytes: number, maxTailBytes: number): { tail: string; moved: Uint8Array[] } {
  // A copy: a record that does not fit in the end keeps its values, for what has moved is then stored by nobody.
  const fitted = wellFormedRecord(record);
  const moved: Uint8Array[] = [];
  let over = tailBytes - maxTailBytes;
  for (const candidate of candidates(fitted)) {
    if (over <= 0) break;
    const bytes = storedBytes(candidate.value);
    const gain = candidate.size - refLength(bytes.length);
    if (gain <= 0) continue;
    over -= gain;
    candidate.replace(new Ref(hash("sha256", bytes, "hex"), bytes.length));
    moved.push(bytes);
  }
  const tail = formatTail(fitted);
  const fittedBytes = Buffer.byteLength(tail);
  if (fittedBytes > maxTailBytes) {
    throw new EventError("TOO_LARGE", `the record needs ${fittedBytes} bytes with its values moved out; ${maxTailBytes} fit`);
  }
  Object.assign(record, fitted);
  return { tail, moved };
}

/** The values that may move, the largest first. The maps that hold them are copies by now: see wellFormedRecord. */
function candidates(record: LogRecord): Candidate[] {
  const found = fieldCandidates(record.attributes);
  const { body } = record;
  if (body !== undefined) {
    const replace = (ref: Ref): void => {
      record.body = ref;
    };
    found.push({ value: body, size: spelledBytes(body), replace });
  }
  found.push(...fieldCandidates(record.scope.attributes), ...fieldCandidates(record.resource.attributes));
  return found.filter(({ value }) => !(value instanceof Ref)).toSorted((a, b) => b.size - a.size);
}

function fieldCandidates(fields: Fields): Candidate[] {
  return Array.from(fields, ([key, value]) => ({
    value,
    size: spelledBytes(value),
    replace: (ref: Ref): void => {
      fields.set(key, ref);
    },
  }));
}

function spelledBytes(value: Value): number {
  return Buffer.byteLength(spellValue(value, 1));
}

function storedBytes(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return Buffer.from(typeof value === "string" ? value : spellValue(value, 1));
}

/** Redactions and notes beyond the limit are not listed, which is itself noted. */
function limitLists(record: LogRecord): void {
  if (record.redactions.length > MAX_REDACTIONS) {
    record.redactions = record.redactions.slice(0, MAX_REDACTIONS);
    record.notes.push({ path: "redactions", note: "truncated" });
  }
  if (record.notes.length <= MAX_NOTES) return;
  const notes = sortNotes(record.notes);
  record.notes = notes.length <= MAX_NOTES ? notes : [...notes.slice(0, MAX_NOTES - 1), { path: "notes", note: "truncated" }];
}
