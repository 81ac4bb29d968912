// parse.ts: a line to its record. Strict: what is accepted is spelled again byte for byte the same. Total: any bytes give a line or
// one LineError. SPEC.md, "Reading a line". Knows no hashes: whether a line belongs where it stands is for verifiers.
import { EventError, LineError } from "./errors.ts";
import { FieldReader } from "./fields.ts";
import { formatLine, isHash, isHexId } from "./format.ts";
import { type Line, MAX_LINE_BYTES } from "./line.ts";
import { parseFields, parseRef, parseValue } from "./parse-value.ts";
import {
  EMPTY_RESOURCE,
  EMPTY_SCOPE,
  emptyRecord,
  type LogRecord,
  type Note,
  type NoteCode,
  type Producer,
  type Quarantine,
  type QuarantineCode,
  type Redaction,
  type Scope,
} from "./record.ts";
import { Scanner } from "./scan.ts";
import { readTime } from "./time.ts";
import { decodeUtf8 } from "./utf8.ts";
import type { Fields } from "./value.ts";

const FIELDS = (
  "v log seq prev received id event time observed trace_id span_id flags severity severity_text attributes dropped_attributes body " +
  "scope resource resource_schema_url resource_dropped_attributes redactions producer writer notes quarantine"
).split(" ");
const SCOPE_FIELDS = ["name", "version", "schema_url", "attributes", "dropped_attributes"];
const REDACTION_FIELDS = ["path", "rule", "action", "policy"];
const PRODUCER_FIELDS = ["stream", "number", "end"];
const NOTE_FIELDS = ["path", "note"];
const QUARANTINE_FIELDS = ["code", "reason", "bytes"];

const NOTE_CODES: readonly NoteCode[] = [
  "assigned",
  "missing",
  "duplicate_key",
  "replaced_characters",
  "wrong_type",
  "truncated",
  "signature_valid",
  "signature_invalid",
  "signature_unknown_key",
  "signature_unsupported",
];
const QUARANTINE_CODES: readonly QuarantineCode[] = ["MALFORMED", "TOO_DEEP", "TOO_LARGE", "ID_CONFLICT"];

const MAX_UINT32 = 2 ** 32 - 1;
const MAX_INT32 = 2 ** 31 - 1;

/**
 * Reads a line, given without its newline.
 * @throws {LineError} and nothing else, whatever the bytes
 * Cost: about 15 µs for an audit record of 850 bytes, half of it spelling the line again to compare.
 */
export function parseLine(bytes: Uint8Array): Line {
  if (bytes.length > MAX_LINE_BYTES) throw new LineError("TOO_LONG", MAX_LINE_BYTES, `a line of ${bytes.length} bytes`);
  const s = new Scanner(decodeUtf8(bytes));
  const line = readLine(s);
  if (s.position < s.text.length) s.fail("TRAILING_BYTES", "something follows the line");
  checkSpelling(s, line);
  return line;
}

/** The safety net below the checks: nothing is accepted that we would write differently. */
function checkSpelling(s: Scanner, line: Line): void {
  let spelled = "";
  try {
    spelled = formatLine(line);
  } catch (error) {
    if (!(error instanceof EventError)) throw error;
  }
  if (spelled === s.text) return;
  let at = 0;
  while (spelled[at] === s.text[at]) at++;
  s.fail("NOT_CANONICAL", "this is not how the line is spelled", at);
}

function readLine(s: Scanner): Line {
  const f = new FieldReader(s, FIELDS);
  f.required("v");
  if (!s.take("1") || !s.at(",")) f.fail("BAD_VERSION", "expected version 1");
  f.required("log");
  const log = filled(f, s.string());
  f.required("seq");
  const seq = s.integer(0, Number.MAX_SAFE_INTEGER);
  f.required("prev");
  const prev = s.string();
  if (!isHash(prev)) f.fail("BAD_HASH", "expected 32 bytes in base64");
  f.required("received");
  const received = time(s, f);
  const record = emptyRecord();
  readRecord(s, f, record);
  return { log, seq, prev, received, ...record };
}

function readRecord(s: Scanner, f: FieldReader, r: LogRecord): void {
  f.required("id");
  r.id = filled(f, s.string());
  if (f.next("event")) r.event = filled(f, s.string());
  if (f.next("time")) r.time = filledTime(s, f);
  if (f.next("observed")) r.observed = filledTime(s, f);
  if (f.next("trace_id")) r.traceId = hexId(s, f, 32);
  if (f.next("span_id")) r.spanId = hexId(s, f, 16);
  if (f.next("flags")) r.flags = filledInteger(s, f, 0, 255);
  if (f.next("severity")) r.severity = filledInteger(s, f, -MAX_INT32 - 1, MAX_INT32);
  if (f.next("severity_text")) r.severityText = filled(f, s.string());
  if (f.next("attributes")) r.attributes = filledFields(s, f);
  if (f.next("dropped_attributes")) r.droppedAttributes = filledInteger(s, f, 0, MAX_UINT32);
  if (f.next("body")) r.body = parseValue(s, 1);
  if (f.next("scope")) r.scope = readScope(s, f);
  const resource = { ...EMPTY_RESOURCE };
  if (f.next("resource")) resource.attributes = filledFields(s, f);
  if (f.next("resource_schema_url")) resource.schemaUrl = filled(f, s.string());
  if (f.next("resource_dropped_attributes")) resource.droppedAttributes = filledInteger(s, f, 0, MAX_UINT32);
  r.resource = resource;
  if (f.next("redactions")) r.redactions = filledList(s, f, readRedaction);
  if (f.next("producer")) r.producer = readProducer(s);
  if (f.next("writer")) r.writer = filled(f, s.string());
  if (f.next("notes")) r.notes = filledList(s, f, readNote);
  if (f.next("quarantine")) r.quarantine = readQuarantine(s);
  f.end();
}

function readScope(s: Scanner, outer: FieldReader): Scope {
  outer.notEmpty(s.at("{}"));
  const f = new FieldReader(s, SCOPE_FIELDS);
  const scope = { ...EMPTY_SCOPE };
  if (f.next("name")) scope.name = filled(f, s.string());
  if (f.next("version")) scope.version = filled(f, s.string());
  if (f.next("schema_url")) scope.schemaUrl = filled(f, s.string());
  if (f.next("attributes")) scope.attributes = filledFields(s, f);
  if (f.next("dropped_attributes")) scope.droppedAttributes = filledInteger(s, f, 0, MAX_UINT32);
  f.end();
  return scope;
}

function readRedaction(s: Scanner): Redaction {
  const f = new FieldReader(s, REDACTION_FIELDS);
  f.required("path");
  const path = s.string();
  f.required("rule");
  const rule = s.string();
  f.required("action");
  const action = s.string();
  const policy = f.next("policy") ? filled(f, s.string()) : "";
  f.end();
  return { path, rule, action, policy };
}

function readProducer(s: Scanner): Producer {
  const f = new FieldReader(s, PRODUCER_FIELDS);
  f.required("stream");
  const stream = filled(f, s.string());
  f.required("number");
  const number = s.integer(1, Number.MAX_SAFE_INTEGER);
  const end = f.next("end");
  if (end) s.expect("true");
  f.end();
  return end ? { stream, number, end } : { stream, number };
}

function readNote(s: Scanner): Note {
  const f = new FieldReader(s, NOTE_FIELDS);
  f.required("path");
  const path = s.string();
  f.required("note");
  const note = oneOf(s, f, NOTE_CODES);
  f.end();
  return { path, note };
}

function readQuarantine(s: Scanner): Quarantine {
  const f = new FieldReader(s, QUARANTINE_FIELDS);
  f.required("code");
  const code = oneOf(s, f, QUARANTINE_CODES);
  const reason = f.next("reason") ? filled(f, s.string()) : "";
  const bytes = f.next("bytes") ? parseRef(s) : undefined;
  f.end();
  return bytes === undefined ? { code, reason } : { code, reason, bytes };
}

function filled(f: FieldReader, text: string): string {
  f.notEmpty(text === "");
  return text;
}

function filledInteger(s: Scanner, f: FieldReader, min: number, max: number): number {
  const value = s.integer(min, max);
  f.notEmpty(value === 0);
  return value;
}

function filledFields(s: Scanner, f: FieldReader): Fields {
  const fields = parseFields(s, 1);
  f.notEmpty(fields.size === 0);
  return fields;
}

function filledList<T>(s: Scanner, f: FieldReader, read: (s: Scanner) => T): T[] {
  f.notEmpty(s.at("[]"));
  s.expect("[");
  const list: T[] = [];
  do list.push(read(s));
  while (s.take(","));
  s.expect("]");
  return list;
}

function time(s: Scanner, f: FieldReader): bigint {
  const ns = readTime(s.string());
  return ns ?? f.fail("BAD_TIME", "expected a UTC time with nine decimals, to the year 2554,");
}

function filledTime(s: Scanner, f: FieldReader): bigint {
  const ns = time(s, f);
  f.notEmpty(ns === 0n);
  return ns;
}

function hexId(s: Scanner, f: FieldReader, length: 16 | 32): string {
  const id = s.string();
  if (!isHexId(id, length)) f.fail("BAD_HEX", `expected ${length} lower-case hex digits, not all zero`);
  return id;
}

function oneOf<T extends string>(s: Scanner, f: FieldReader, codes: readonly T[]): T {
  const text = s.string();
  return codes.find((code) => code === text) ?? f.fail("BAD_CODE", `expected one of ${codes.join(", ")}`);
}
