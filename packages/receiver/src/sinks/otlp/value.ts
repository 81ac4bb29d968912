// value.ts: values as OTLP's AnyValue, written backwards. Knows opentelemetry.proto.common.v1 and nothing above it.
// Source: opentelemetry-proto v1.11.0, common.proto.

import { Double, type Fields, Ref, type Value } from "@proofline/event";
import type { ReverseWriter } from "./reverse-writer.ts";

// AnyValue: string 1, bool 2, int 3, double 4, array 5, kvlist 6, bytes 7. KeyValue: key 1, value 2. Lists: values 1.
const STRING = 0x0a;
const BOOL = 0x10;
const INT = 0x18;
const DOUBLE = 0x21;
const ARRAY = 0x2a;
const KVLIST = 0x32;
const BYTES = 0x3a;
const KEY = 0x0a;
const VALUE = 0x12;
const ITEM = 0x0a;

/**
 * The content of an AnyValue. A value that was moved out of its line goes as the map that stands in the line: `$ref`, `bytes`. The bytes
 * themselves stay with the log.
 */
export function writeValue(w: ReverseWriter, value: Value): void {
  if (value === null) return;
  const mark = w.length;
  if (typeof value === "string") {
    w.text(value);
    w.field(STRING, mark);
  } else if (typeof value === "boolean") {
    w.byte(value ? 1 : 0);
    w.byte(BOOL);
  } else if (typeof value === "number" || typeof value === "bigint") {
    w.int64(value);
    w.byte(INT);
  } else if (value instanceof Double) {
    w.double(value.value);
    w.byte(DOUBLE);
  } else if (value instanceof Uint8Array) {
    w.raw(value);
    w.field(BYTES, mark);
  } else if (value instanceof Ref) {
    writeValue(w, refMap(value));
  } else if (value instanceof Map) {
    writeFields(w, value, ITEM);
    w.field(KVLIST, mark);
  } else {
    for (let i = value.length - 1; i >= 0; i -= 1) {
      const item = w.length;
      writeValue(w, value[i]!);
      w.field(ITEM, item);
    }
    w.field(ARRAY, mark);
  }
}

/** Each entry as a KeyValue in a field of its own, in the map's order. */
export function writeFields(w: ReverseWriter, fields: Fields, tag: number): void {
  for (const [key, value] of [...fields].reverse()) writeField(w, key, value, tag);
}

export function writeField(w: ReverseWriter, key: string, value: Value, tag: number): void {
  const mark = w.length;
  writeValue(w, value);
  w.field(VALUE, mark);
  w.textField(KEY, key);
  w.field(tag, mark);
}

function refMap(ref: Ref): Fields {
  return new Map<string, Value>([
    ["$ref", `sha256:${ref.sha256}`],
    ["bytes", ref.bytes],
  ]);
}
