// scan.ts: the lines of a segment, from its front to its end, in bounded memory. Knows newlines, not what a line says.

import { Buffer } from "node:buffer";
import { MAX_LINE_BYTES } from "@proofline/event";
import type { DiskFile } from "./disk.ts";

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 0x0a;
/** One byte before the first line, so that a line always has a byte before it: see leafHashInPlace. */
const SPARE = 1;

export interface ScanResult {
  /** Whole lines in the segment. */
  readonly lines: number;
  /** Bytes up to and including the last newline. */
  readonly bytes: number;
  /** Bytes after it. */
  readonly tornBytes: number;
}

/**
 * Called for each whole line at [start, end) of `buffer`, without its newline, `offset` bytes into the file; `start` is at least 1.
 * The buffer is valid during the call only.
 */
export type OnLine = (buffer: Buffer, start: number, end: number, offset: number) => void;

/**
 * Calls back for each whole line of a file, in order.
 * A line longer than any may be ends the scan as if nothing whole came after it: its first byte is where the torn bytes begin.
 */
export async function scanLines(file: Pick<DiskFile, "read">, size: number, onLine: OnLine): Promise<ScanResult> {
  const buffer = Buffer.allocUnsafeSlow(SPARE + Math.min(size, CHUNK_BYTES + MAX_LINE_BYTES + 1));
  let lines = 0;
  let bytes = 0; // consumed: the file offset of buffer[SPARE]
  let held = 0; // bytes of an unfinished line, at buffer[SPARE]
  while (bytes + held < size && held <= MAX_LINE_BYTES) {
    const room = buffer.subarray(SPARE + held, SPARE + held + Math.min(CHUNK_BYTES, size - bytes - held));
    const read = await file.read(room, bytes + held);
    if (read === 0) break; // shorter than it was when its size was asked for
    const end = SPARE + held + read;
    let start = SPARE;
    // What is held has no newline: it has been looked through.
    let newline = buffer.indexOf(NEWLINE, SPARE + held);
    while (newline >= 0 && newline < end) {
      onLine(buffer, start, newline, bytes + start - SPARE);
      lines++;
      start = newline + 1;
      newline = buffer.indexOf(NEWLINE, start);
    }
    bytes += start - SPARE;
    held = end - start;
    buffer.copyWithin(SPARE, start, end);
  }
  return { lines, bytes, tornBytes: size - bytes };
}

/**
 * Whether bytes after the last newline can be what a crash left of a write: at most the beginning of one line, and then zeros,
 * which some file systems show for what was allocated and never written.
 */
export async function isTornWrite(file: Pick<DiskFile, "read">, from: number, size: number): Promise<boolean> {
  const chunk = Buffer.alloc(64 << 10);
  for (let at = from + MAX_LINE_BYTES; at < size; ) {
    const read = await file.read(chunk, at);
    if (read === 0) return true;
    for (let i = 0; i < read; i++) if (chunk[i] !== 0) return false;
    at += read;
  }
  return true;
}
