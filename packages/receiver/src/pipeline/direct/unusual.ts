// unusual.ts: what the direct path asks of a value's bytes, or reads out of them, where a copy is not enough; and how it says that it will not do
// it. Knows no line.

import { type Redaction, readRedactions, type Value } from "@proofline/event";
import type { ValueDecoder } from "../../decode/protobuf-value.ts";
import type { FoundAttribute } from "./fields.ts";

/** Thrown on the direct path for what the reference must do. */
export const UNUSUAL: unique symbol = Symbol("unusual");

export function producersRedactions(values: ValueDecoder, { valueStart, end }: FoundAttribute): readonly Redaction[] {
  const redactions = readRedactions(decodeValue(values, valueStart, end));
  if (redactions === undefined) throw UNUSUAL;
  return redactions;
}

export function decodeValue(values: ValueDecoder, start: number, end: number): Value {
  values.begin();
  values.wire.pos = start;
  const value = values.anyValue(end, null, 1, false);
  if (values.notes.length > 0) throw UNUSUAL;
  return value;
}

/** Whether the text is ASCII and cannot be what an earlier redaction left: a mask, a token or a digest. */
export function isFreshAscii(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start]!;
  const length = end - start;
  const mayBeRedacted = (first === 0x2a && length === 3) || (first === 0x74 && length === 26) || first === 0x68;
  return !mayBeRedacted && isAscii(bytes, start, end);
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! > 0x7f) return false;
  return true;
}
