// line-check.ts: what recovery asks of each line that it reads: that it is the next one, and what its id is.
// Knows one line at a time; which lines must be asked is recover.ts.

import { LineError, parseHead, parseLine } from "@proofline/event";
import { LedgerError } from "./errors.ts";
import { hashId } from "./tail-batch.ts";
import type { RecentIds } from "./window.ts";

/** Where a line is, for an error's message. */
export interface LineAt {
  readonly path: string;
  /** From 1, as editors count. */
  readonly number: number;
  readonly seq: number;
}

export function corrupt(at: LineAt, expected: string, found: string): LedgerError {
  return new LedgerError(
    "CORRUPT",
    `${at.path}:${at.number} (seq ${at.seq}): expected ${expected}, found ${found} (CORRUPT).\n` +
      "No crash leaves a log like this: the file was changed, or the disk returns other bytes than it was given. Nothing was changed.\n" +
      "  to see how far it holds    proofline verify --data DIR\n" +
      "  to go on                   put back a copy of this folder that verifies, or begin a new log under another name",
    { fatal: true },
  );
}

/** The line's place, as its head gives it. @throws {LedgerError} CORRUPT when it is not a line of this log at this seq */
export function checkHead(line: Uint8Array, log: string, at: LineAt): { prev: string; received: bigint; tailOffset: number } {
  const head = readOrCorrupt(at, () => parseHead(line));
  if (head.log !== log) throw corrupt(at, `a line of log ${log}`, `one of ${head.log}`);
  if (head.seq !== at.seq) throw corrupt(at, `seq ${at.seq}`, `seq ${head.seq}`);
  return head;
}

/** Strict: the whole line. For the last one, which no later line's `prev` vouches for. */
export function checkWhole(line: Uint8Array, at: LineAt): void {
  readOrCorrupt(at, () => parseLine(line));
}

/** Remembers a line's id. */
export function remember(window: RecentIds, line: Uint8Array, tailOffset: number, seq: number): void {
  const { hasher } = window;
  hashId(hasher, line, tailOffset, line.length);
  window.add(hasher.low, hasher.high, seq);
}

function readOrCorrupt<T>(at: LineAt, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof LineError) throw corrupt(at, "a line", `${error.code}: ${error.message}`);
    throw error;
  }
}
