// format.ts: a record to its line. The order of the fields is the order of this file; SPEC.md, "Fields". Knows no hashes.
import { EventError } from "./errors.ts";
import type { Line, LineHeader } from "./line.ts";
import { sortNotes } from "./notes.ts";
import type { LogRecord, Note, Producer, Quarantine, Redaction, Resource, Scope } from "./record.ts";
import { flat, ILL_FORMED, isCount, spellFields, spellString, spellValue } from "./spell.ts";
import { formatTime } from "./time.ts";
import { Ref } from "./value.ts";
import { wellFormedRecord } from "./well-formed.ts";

let lastLog = "";
let lastLogPart = "";

/**
 * The line's head, up to and including the comma before the tail: `{"v":1,"log":"…","seq":41,"prev":"…","received":"…",`
 * @throws {EventError} INVALID_RECORD, INVALID_TIME
 */
export function formatHead(header: LineHeader): string {
  const { log, seq, prev, received } = header;
  if (log !== lastLog) {
    lastLogPart = flat(logPart(log));
    lastLog = log;
  }
  if (!isCount(seq)) throw invalid("seq", "an integer from 0 to 2^53-1");
  if (!isHash(prev)) throw invalid("prev", "32 bytes in base64");
  return `${lastLogPart}${seq},"prev":"${prev}","received":"${formatTime(received)}",`;
}

function logPart(log: string): string {
  if (log === "" || !log.isWellFormed()) throw invalid("log", "a name");
  return `{"v":1,"log":${spellString(log)},"seq":`;
}

/** Most bytes that {@link formatHead} can need for a log, whatever the seq. */
export function maxHeadBytes(log: string): number {
  const prev = `${"A".repeat(43)}=`;
  return Buffer.byteLength(formatHead({ log, seq: Number.MAX_SAFE_INTEGER, prev, received: 0n }));
}

/** Whether a text is a SHA-256 in padded base64, in the one spelling that it has. */
export function isHash(text: string): boolean {
  return /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(text);
}

/**
 * The rest of the line: `"id":"…",…}`. A line is head and tail, without a newline. Ill-formed strings are repaired and noted.
 * @throws {EventError} TOO_DEEP; INVALID_RECORD or INVALID_TIME when a field is outside its type, or `id` is empty. Length is not checked.
 * Cost: about 2 µs for an audit record with ten attributes, more for the first of each scope and resource.
 */
export function formatTail(record: LogRecord): string {
  try {
    return spellTail(record);
  } catch (error) {
    if (error !== ILL_FORMED) throw error;
    return spellTail(wellFormedRecord(record));
  }
}

/** The whole line, without a newline. Errors as {@link formatHead} and {@link formatTail}. */
export function formatLine(line: Line): string {
  return formatHead(line) + formatTail(line);
}

function spellTail(r: LogRecord): string {
  if (r.id === "") throw invalid("id", "a non-empty string");
  let text = `"id":${spellString(r.id)}`;
  if (r.event !== "") text += `,"event":${spellString(r.event)}`;
  if (r.time !== 0n) text += `,"time":"${formatTime(r.time)}"`;
  if (r.observed !== 0n) text += `,"observed":"${formatTime(r.observed)}"`;
  if (r.traceId !== "") text += `,"trace_id":"${hexId(r.traceId, 32, "trace_id")}"`;
  if (r.spanId !== "") text += `,"span_id":"${hexId(r.spanId, 16, "span_id")}"`;
  if (r.flags !== 0) text += `,"flags":${flags(r.flags)}`;
  if (r.severity !== 0) text += `,"severity":${int32(r.severity)}`;
  if (r.severityText !== "") text += `,"severity_text":${spellString(r.severityText)}`;
  if (r.attributes.size > 0) text += `,"attributes":${spellFields(r.attributes, 1)}`;
  if (r.droppedAttributes !== 0) text += `,"dropped_attributes":${uint32(r.droppedAttributes, "dropped_attributes")}`;
  if (r.body !== undefined) text += `,"body":${spellValue(r.body, 1)}`;
  text += scopePart(r.scope);
  text += resourcePart(r.resource);
  if (r.redactions.length > 0) text += redactionsPart(r.redactions);
  if (r.producer !== undefined) text += producerPart(r.producer);
  if (r.writer !== "") text += formatWriter(r.writer);
  if (r.notes.length > 0) text += formatNotes(sortNotes(r.notes));
  if (r.quarantine !== undefined) text += quarantinePart(r.quarantine);
  return `${text}}`;
}

// The records of an envelope share one scope and one resource object each and come one after the other: remembering the last is enough.
let lastScope: Scope | undefined;
let lastScopePart = "";
let lastResource: Resource | undefined;
let lastResourcePart = "";

function scopePart(scope: Scope): string {
  if (scope === lastScope) return lastScopePart;
  let text = "";
  if (scope.name !== "") text += `,"name":${spellString(scope.name)}`;
  if (scope.version !== "") text += `,"version":${spellString(scope.version)}`;
  if (scope.schemaUrl !== "") text += `,"schema_url":${spellString(scope.schemaUrl)}`;
  if (scope.attributes.size > 0) text += `,"attributes":${spellFields(scope.attributes, 1)}`;
  if (scope.droppedAttributes !== 0)
    text += `,"dropped_attributes":${uint32(scope.droppedAttributes, "scope.dropped_attributes")}`;
  lastScopePart = text === "" ? "" : flat(`,"scope":{${text.slice(1)}}`);
  lastScope = scope;
  return lastScopePart;
}

function resourcePart(resource: Resource): string {
  if (resource === lastResource) return lastResourcePart;
  let text = "";
  if (resource.attributes.size > 0) text += `,"resource":${spellFields(resource.attributes, 1)}`;
  if (resource.schemaUrl !== "") text += `,"resource_schema_url":${spellString(resource.schemaUrl)}`;
  if (resource.droppedAttributes !== 0) {
    text += `,"resource_dropped_attributes":${uint32(resource.droppedAttributes, "resource_dropped_attributes")}`;
  }
  lastResourcePart = flat(text);
  lastResource = resource;
  return lastResourcePart;
}

function redactionsPart(redactions: readonly Redaction[]): string {
  let text = "";
  for (const redaction of redactions) text += (text === "" ? "" : ",") + formatRedaction(redaction);
  return `,"redactions":[${text}]`;
}

/** One item of the list of redactions. @throws ILL_FORMED as {@link spellString} */
export function formatRedaction({ path, rule, action, policy }: Redaction): string {
  const text = `{"path":${spellString(path)},"rule":${spellString(rule)},"action":${spellString(action)}`;
  return policy === "" ? `${text}}` : `${text},"policy":${spellString(policy)}}`;
}

/** The field with its comma. @throws ILL_FORMED as {@link spellString} */
export function formatWriter(writer: string): string {
  return `,"writer":${spellString(writer)}`;
}

/** The fields of a tail that records of one group share: scope and resource, each with its comma before it; "" when there are none. */
export function formatShared(scope: Scope, resource: Resource): string {
  return scopePart(scope) + resourcePart(resource);
}

function producerPart({ stream, number, end }: Producer): string {
  if (stream === "") throw invalid("producer.stream", "a non-empty string");
  if (!isCount(number) || number === 0) throw invalid("producer.number", "an integer from 1 to 2^53-1");
  return `,"producer":{"stream":${spellString(stream)},"number":${number}${end === true ? ',"end":true' : ""}}`;
}

/** The field with its comma. @param notes sorted */
export function formatNotes(notes: readonly Note[]): string {
  let text = "";
  for (const { path, note } of notes) text += `${text === "" ? "" : ","}{"path":${spellString(path)},"note":"${note}"}`;
  return `,"notes":[${text}]`;
}

function quarantinePart({ code, reason, bytes }: Quarantine): string {
  let text = `,"quarantine":{"code":"${code}"`;
  if (reason !== "") text += `,"reason":${spellString(reason)}`;
  if (bytes !== undefined) {
    if (!(bytes instanceof Ref)) throw invalid("quarantine.bytes", "a Ref");
    text += `,"bytes":${spellValue(bytes, 1)}`;
  }
  return `${text}}`;
}

function hexId(id: string, length: 16 | 32, field: string): string {
  if (!isHexId(id, length)) throw invalid(field, `${length} lower-case hex digits, not all zero`);
  return id;
}

/** Whether a text is a trace or span id: lower-case hex of the right length, not all zero. */
export function isHexId(id: string, length: 16 | 32): boolean {
  if (id.length !== length) return false;
  let zeros = 0;
  for (let i = 0; i < length; i++) {
    const c = id.charCodeAt(i);
    if (c === 0x30) zeros++;
    else if (!((c > 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x66))) return false;
  }
  return zeros < length;
}

function flags(value: number): number {
  if (!isCount(value) || value > 0xff) throw invalid("flags", "0 to 255");
  return value;
}

function int32(value: number): number {
  if ((value | 0) !== value) throw invalid("severity", "an int32");
  return value;
}

function uint32(value: number, field: string): number {
  if (value >>> 0 !== value) throw invalid(field, "a uint32");
  return value;
}

function invalid(field: string, expected: string): EventError {
  return new EventError("INVALID_RECORD", `${field}: expected ${expected}`);
}
