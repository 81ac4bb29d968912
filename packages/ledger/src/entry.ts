// entry.ts: what a caller hands over, and what is refused before anything is given a place.

import { Buffer } from "node:buffer";
import { LedgerError } from "./errors.ts";
import { beginsLikeTail, idEnd, idStart, type TailBatch } from "./tail-batch.ts";

export interface Entry {
  /** event's formatTail of the record. */
  readonly tail: string;
}

const NEWLINE = 0x0a;
const BRACE = 0x7d;

/**
 * A tail is event's work and not parsed here; but what would break the log's framing is refused, however it came about.
 * @throws {LedgerError} BAD_ENTRY; nothing of the call is appended then
 */
export function checkTails({ bytes, ends, ids }: TailBatch, maxTailBytes: number): void {
  const length = ends.length === 0 ? 0 : ends[ends.length - 1]!;
  if (length > bytes.length || ids.length !== 2 * ends.length)
    throw new LedgerError(
      "BAD_ENTRY",
      `a batch of ${ends.length} tails in ${length} of ${bytes.length} bytes, with ${ids.length / 2} ids`,
    );
  let start = 0;
  for (let i = 0; i < ends.length; i++) {
    const end = ends[i]!;
    // An end before its start is one of too many bytes, too.
    if (end - start > maxTailBytes || end < start) {
      throw badEntry(bytes, start, `a tail of at most ${maxTailBytes} bytes`, `${end - start}`);
    }
    if (!beginsLikeTail(bytes, start) || bytes[end - 1] !== BRACE)
      throw badEntry(bytes, start, 'a tail that begins with "id" and ends in }', "another one");
    start = end;
  }
  // Buffer's search looks at many bytes at a time; that of typed arrays at one.
  const newline = Buffer.from(bytes.buffer, bytes.byteOffset, length).indexOf(NEWLINE);
  if (newline >= 0) {
    const broken = ends.findIndex((end) => newline < end);
    throw badEntry(bytes, broken === 0 ? 0 : ends[broken - 1]!, "a tail without a newline", "one with it");
  }
}

function badEntry(bytes: Uint8Array, start: number, expected: string, found: string): LedgerError {
  const id = Buffer.from(bytes.subarray(idStart(start), Math.min(idEnd(bytes, start, bytes.length), idStart(start) + 100)));
  return new LedgerError("BAD_ENTRY", `entry "${id.toString()}": expected ${expected}, found ${found}`);
}
