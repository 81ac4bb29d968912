// line-source.ts: lines out of what a store gave back: the lines themselves, one after the other, or OpenTelemetry log records as the
// Collector's file exporter writes them, with the line in the attribute `proofline.line`. Decides nothing about a line.

import { isUtf8 } from "node:buffer";
import { ATTR_PROOFLINE_LINE } from "@proofline/event";
import { MAX_LINE_BYTES } from "./line-scan.ts";

/** Longest line of the input: a batch of log records is one. What is longer is passed over and counted. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

export interface SourceLine {
  readonly bytes: Uint8Array;
  /** Line of the input, from 1. */
  readonly inputLine: number;
}

/** What in the input is no line and holds none. */
export interface Unused {
  /** Log records without `proofline.line`. */
  recordsWithoutLine: number;
  /** Input lines that are neither lines nor log records, by their numbers; the first hundred. */
  readonly strange: number[];
  strangeCount: number;
}

/**
 * Reads lines, in the input's order. Memory: one input line, at most 64 MiB, and what JSON.parse makes of it.
 * @param input any bytes, in any pieces
 * @param unused is added to
 */
export async function* readLines(input: AsyncIterable<Uint8Array>, unused: Unused): AsyncGenerator<SourceLine> {
  for await (const { bytes, inputLine } of splitLines(input)) {
    if (bytes === undefined) noteStrange(unused, inputLine);
    else if (bytes.length > 0) for (const line of linesIn(bytes, inputLine, unused)) yield { bytes: line, inputLine };
  }
}

function* linesIn(bytes: Buffer, inputLine: number, unused: Unused): Generator<Uint8Array> {
  if (isOtlp(bytes)) {
    const request = parseJson(bytes);
    if (request !== undefined) return yield* otlpLines(request, unused);
  }
  // Anything else is taken for a line: whether it is one is for the check to say.
  if (bytes.length <= MAX_LINE_BYTES && bytes[0] === 0x7b) yield bytes;
  else noteStrange(unused, inputLine);
}

function isOtlp(bytes: Buffer): boolean {
  return /^\{\s*"resource_?[lL]ogs"/.test(bytes.toString("latin1", 0, 40));
}

function parseJson(bytes: Buffer): unknown {
  try {
    return isUtf8(bytes) ? JSON.parse(bytes.toString("utf8")) : undefined;
  } catch {
    return undefined;
  }
}

function* otlpLines(request: unknown, unused: Unused): Generator<Uint8Array> {
  for (const resource of list(request, "resourceLogs", "resource_logs")) {
    for (const scope of list(resource, "scopeLogs", "scope_logs")) {
      for (const record of list(scope, "logRecords", "log_records")) {
        const text = lineOf(record);
        if (text === undefined) unused.recordsWithoutLine++;
        else yield Buffer.from(text);
      }
    }
  }
}

function lineOf(record: unknown): string | undefined {
  for (const attribute of list(record, "attributes")) {
    if (member(attribute, "key") !== ATTR_PROOFLINE_LINE) continue;
    const value = member(attribute, "value");
    const text = member(value, "stringValue") ?? member(value, "string_value");
    if (typeof text === "string") return text;
  }
  return undefined;
}

function list(value: unknown, ...names: readonly string[]): readonly unknown[] {
  const found = names.map((name) => member(value, name)).find((one) => one !== undefined);
  return Array.isArray(found) ? found : [];
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function noteStrange(unused: Unused, inputLine: number): void {
  if (unused.strange.length < 100) unused.strange.push(inputLine);
  unused.strangeCount++;
}

/** Lines without their ends; `bytes` is undefined for one that is too long. */
async function* splitLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<{ bytes: Buffer | undefined; inputLine: number }> {
  let parts: Buffer[] = [];
  let length = 0;
  let inputLine = 1;
  const take = (piece: Buffer) => {
    length += piece.length;
    if (length <= MAX_INPUT_BYTES) parts.push(piece);
    else parts = [];
  };
  const finish = () => {
    const whole = length > MAX_INPUT_BYTES ? undefined : parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    parts = [];
    length = 0;
    return { bytes: whole?.at(-1) === RETURN ? whole.subarray(0, -1) : whole, inputLine: inputLine++ };
  };
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      take(bytes.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    // A copy: whoever reads may use the same buffer for what comes next.
    if (start < bytes.length) take(Buffer.from(bytes.subarray(start)));
  }
  if (length > 0) yield finish();
}
