// entry.ts: what a caller hands over, and what is refused before anything is given a place.

import { Buffer } from "node:buffer";
import { LedgerError } from "./errors.ts";

export interface Entry {
  /** The record's id, as it is in the tail. */
  readonly id: string;
  /** event's contentDigest of the record. */
  readonly content: string;
  /** event's formatTail of the record. */
  readonly tail: string;
}

/**
 * A tail is event's work and not parsed here; but what would break the log's framing is refused, however it came about.
 * @throws {LedgerError} BAD_ENTRY; nothing of the call is appended then
 */
export function checkEntries(entries: readonly Entry[], maxTailBytes: number): void {
  for (const { id, tail } of entries) {
    // UTF-8 takes at most three bytes a UTF-16 unit: most tails need not be counted.
    if (tail.length * 3 > maxTailBytes && Buffer.byteLength(tail) > maxTailBytes) {
      throw badEntry(id, `a tail of at most ${maxTailBytes} bytes`, `${Buffer.byteLength(tail)}`);
    }
    if (!tail.startsWith('"id":"') || !tail.endsWith("}"))
      throw badEntry(id, 'a tail that begins with "id" and ends in }', "another one");
    if (tail.includes("\n")) throw badEntry(id, "a tail without a newline", "one with it");
  }
}

function badEntry(id: string, expected: string, found: string): LedgerError {
  return new LedgerError("BAD_ENTRY", `entry ${JSON.stringify(id.slice(0, 100))}: expected ${expected}, found ${found}`);
}
