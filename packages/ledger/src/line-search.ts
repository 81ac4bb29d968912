// line-search.ts: finds a line in a plain segment by what its neighbours say of themselves: a few small reads instead of a pass over all of
// it. Believes a seq only where it can be true; the caller checks the line that it arrives at.

import { Buffer } from "node:buffer";
import { LineError, MAX_LINE_BYTES, parseHead } from "@proofline/event";
import type { DiskFile } from "./disk.ts";

/** Where a line begins. */
export interface LineStart {
  readonly seq: number;
  readonly offset: number;
}

const NEWLINE = 0x0a;
/** From here on the lines are read one after the other. */
const NEAR_BYTES = 128 << 10;
/** Most lines and the head of the next are in so much. */
/** No head is longer: a log's name has at most 200 characters. */
const HEAD_BYTES = 4 << 10;
const SMALL_PROBE_BYTES = 8 << 10;
/** The longest line, and the head of the next one. */
const LARGE_PROBE_BYTES = MAX_LINE_BYTES + HEAD_BYTES;

/**
 * The beginning of a line at or before `seq`, as a rule not more than 128 KiB before it. Where the bytes are not those that were written, one
 * that is further away.
 * @param first the segment's first line, at byte 0
 * @param end bytes of whole lines
 * Cost: log2 of the segment's 128 KiB pieces, in reads of 8 KiB: nine for 64 MiB.
 */
export async function findLineBefore(file: Pick<DiskFile, "read">, first: number, end: number, seq: number): Promise<LineStart> {
  let low: LineStart = { seq: first, offset: 0 };
  let high = end;
  while (high - low.offset > NEAR_BYTES && low.seq < seq) {
    const middle = low.offset + Math.floor((high - low.offset) / 2);
    const found = await firstAfter(file, middle, high);
    if (found === "none" || (found !== "unreadable" && found.seq > seq)) high = middle;
    else if (found !== "unreadable" && found.seq > low.seq) low = found;
    // Neither here nor there: other bytes than were written. From what is known, line by line.
    else return low;
  }
  return low;
}

/** The first line that begins after byte `from` and before `end`. */
async function firstAfter(file: Pick<DiskFile, "read">, from: number, end: number): Promise<LineStart | "none" | "unreadable"> {
  let isWhole = false;
  for (const bytes of [SMALL_PROBE_BYTES, LARGE_PROBE_BYTES]) {
    const probe = Buffer.allocUnsafe(Math.min(bytes, end - from));
    const read = await file.read(probe, from);
    isWhole = from + read >= end;
    const newline = probe.subarray(0, read).indexOf(NEWLINE);
    if (newline < 0 || from + newline + 1 >= end) continue;
    const seq = seqAt(probe.subarray(newline + 1, Math.min(read, newline + 1 + HEAD_BYTES)));
    if (seq !== undefined) return { seq, offset: from + newline + 1 };
  }
  return isWhole ? "none" : "unreadable";
}

/** Of the line that begins here; undefined when its head is not all there. */
function seqAt(bytes: Buffer): number | undefined {
  try {
    return parseHead(bytes).seq;
  } catch (error) {
    if (error instanceof LineError) return undefined;
    throw error;
  }
}
