// protobuf-frame.ts: puts bytes that were received back into a ResourceLogs, so that what could not be understood is kept in a form
// that any protobuf tool opens. The only writer in this room.

import { LENGTH, tag } from "./wire.ts";

/** A ResourceLogs of the parts given: resource 1, scope_logs 2 of scope 1 and log_records 2. */
export function frameProtobuf(
  resource: Uint8Array | undefined,
  scope: Uint8Array | undefined,
  record: Uint8Array | undefined,
): Uint8Array {
  const below = [...field(1, scope), ...field(2, record)];
  return concat([...field(1, resource), ...(below.length === 0 ? [] : field(2, concat(below)))]);
}

/** The ranges of `bytes`, start, end, start, end, …, one after another: pieces of one message, merged. A copy. */
export function concatRanges(bytes: Uint8Array, ranges: readonly number[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < ranges.length; i += 2) pieces.push(bytes.subarray(ranges[i], ranges[i + 1]));
  return concat(pieces);
}

function field(number: number, bytes: Uint8Array | undefined): Uint8Array[] {
  if (bytes === undefined) return [];
  const head = [tag(number, LENGTH)];
  let length = bytes.length;
  for (; length > 0x7f; length = Math.floor(length / 128)) head.push((length & 0x7f) | 0x80);
  head.push(length);
  return [Uint8Array.from(head), bytes];
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
