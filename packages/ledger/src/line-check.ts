// line-check.ts: what recovery asks of each line that it reads: that it is the next one, and what its id and content are.
// Knows one line at a time; which lines must be asked is recover.ts.

import type { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { contentDigest, LineError, parseHead, parseLine } from "@proofline/event";
import { LedgerError } from "./errors.ts";
import type { RecentIds } from "./window.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ID_FIELD = '"id":"';
const DIGEST_CHARS = 22;

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

/** Remembers a line's id and content, as seen() will be asked for them. */
export function remember(window: RecentIds, line: Buffer, tailOffset: number, at: LineAt): void {
  const id = plainId(line, tailOffset);
  // Nearly every line: its digest is that of its tail as it stands. Only these two fields are left out of a digest.
  if (id !== undefined && line.indexOf(',"quarantine":{', tailOffset) < 0 && line.indexOf('"note":"assigned"', tailOffset) < 0) {
    window.add(id, hash("sha256", line.subarray(tailOffset), "base64").slice(0, DIGEST_CHARS), at.seq);
    return;
  }
  const parsed = readOrCorrupt(at, () => parseLine(line));
  window.add(parsed.id, contentDigest(parsed), at.seq);
}

/** The id, when it is spelled without escapes. */
function plainId(line: Buffer, tailOffset: number): string | undefined {
  const start = tailOffset + ID_FIELD.length;
  if (line.toString("latin1", tailOffset, start) !== ID_FIELD) return undefined;
  const end = line.indexOf(QUOTE, start);
  const backslash = line.indexOf(BACKSLASH, start);
  return end < 0 || (backslash >= 0 && backslash < end) ? undefined : line.toString("utf8", start, end);
}

function readOrCorrupt<T>(at: LineAt, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof LineError) throw corrupt(at, "a line", `${error.code}: ${error.message}`);
    throw error;
  }
}
