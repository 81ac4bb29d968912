// file-range.ts: the lines that begin in a stretch of a file, in bounded memory whatever the file holds. Synchronous: its readers are
// workers, or wait for a few megabytes at a time.

import { MAX_LINE_BYTES } from "./line-scan.ts";
import type { SegmentBytes } from "./segment-bytes.ts";
import { NEWLINE } from "./tokens.ts";

/** Bytes of a file in which lines begin that one reader takes on; a line belongs to the range in which it begins. */
export interface FileRange {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** Length of the whole file. */
  readonly fileBytes: number;
}

/** What one reader takes on at a time, in slices. */
export const RANGE_BYTES: number = 8 * 1024 * 1024;
/** Of a range, what is in memory at a time: a processor's nearer caches hold it while it is scanned and hashed. */
export const SLICE_BYTES: number = 128 * 1024;
/** How far after the range the end of its last line is looked for at first. */
const NEAR_BYTES = 4 * 1024;

/** Splits a file into ranges. An empty file has one, so that it is seen. */
export function rangesOf(path: string, fileBytes: number): FileRange[] {
  const ranges: FileRange[] = [];
  for (let start = 0; start < Math.max(1, fileBytes); start += RANGE_BYTES) {
    ranges.push({ path, start, end: Math.min(start + RANGE_BYTES, fileBytes), fileBytes });
  }
  return ranges;
}

/** A range in slices that can be loaded one after the other; together they hold the same lines. */
export function* slicesOf(range: FileRange): Generator<FileRange> {
  let start = range.start;
  do {
    const end = Math.min(start + SLICE_BYTES, range.end);
    yield { ...range, start, end };
    start = end;
  } while (start < range.end);
}

/** A slice in memory: whole lines from `first` to `last`, each with its newline; what follows them is `rest`. */
export interface LoadedRange {
  /** One byte or more stand before `first`. */
  readonly buffer: Buffer;
  readonly first: number;
  readonly last: number;
  /** Length of a line that begins in the range and has no end within reach: torn, or too long. 0 when there is none. */
  readonly restBytes: number;
  /** Whether the file ends before that line does. */
  readonly isTorn: boolean;
}

/** Large enough for any slice of files up to so many bytes: the byte before it, the slice, and the end of its last line. */
export function rangeBuffer(mostFileBytes: number = Number.POSITIVE_INFINITY): Buffer {
  return Buffer.allocUnsafeSlow(2 + Math.min(mostFileBytes, SLICE_BYTES + MAX_LINE_BYTES));
}

/** @param range no longer than a slice. @param buffer from {@link rangeBuffer}; the result is a view into it */
export function loadRange(segment: SegmentBytes, range: FileRange, buffer: Buffer): LoadedRange {
  // From the byte before the range on: a line begins at its first byte only if that is a newline.
  const from = range.start === 0 ? 0 : range.start - 1;
  buffer[0] = NEWLINE;
  const offset = range.start === 0 ? 1 : 0;
  const furthest = Math.min(range.fileBytes, range.end + MAX_LINE_BYTES + 1) - from;
  const near = Math.min(furthest, range.end - from + NEAR_BYTES);
  let filled = offset + readFully(segment, buffer, offset, near, from);
  const limit = Math.min(filled, 1 + (range.end - range.start)); // lines begin before this
  const newline = buffer.subarray(0, limit).indexOf(NEWLINE);
  const first = newline + 1;
  if (newline < 0 || first >= limit) return { buffer, first: 1, last: 1, restBytes: 0, isTorn: false };
  // The last line that begins in the range ends at the first newline at or after the range's last byte.
  let end = buffer.subarray(0, filled).indexOf(NEWLINE, limit - 1);
  if (end < 0 && filled === offset + near) {
    filled += readFully(segment, buffer, filled, furthest - near, from + near);
    end = buffer.subarray(0, filled).indexOf(NEWLINE, limit - 1);
  }
  if (end >= 0) return { buffer, first, last: end + 1, restBytes: 0, isTorn: false };
  const last = buffer.subarray(0, limit).lastIndexOf(NEWLINE) + 1;
  const seen = filled - last;
  const { bytes, isTorn } = findLineEnd(segment, from + filled - offset, range.fileBytes);
  return { buffer, first, last, restBytes: seen + bytes, isTorn };
}

/** How far it is to the next newline. A file may be one line of any length: it is walked, never held. */
function findLineEnd(segment: SegmentBytes, from: number, fileBytes: number): { bytes: number; isTorn: boolean } {
  const piece = Buffer.alloc(64 * 1024);
  for (let position = from; position < fileBytes; ) {
    const length = readFully(segment, piece, 0, Math.min(piece.length, fileBytes - position), position);
    if (length === 0) break;
    const newline = piece.subarray(0, length).indexOf(NEWLINE);
    if (newline >= 0) return { bytes: position - from + newline, isTorn: false };
    position += length;
  }
  return { bytes: fileBytes - from, isTorn: true };
}

function readFully(segment: SegmentBytes, buffer: Buffer, offset: number, length: number, position: number): number {
  let done = 0;
  while (done < length) {
    const count = segment.read(buffer, offset + done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** The lines of a loaded range, without their newlines; views that are valid until the buffer is used again. */
export function* linesOf({ buffer, first, last }: LoadedRange): Generator<Buffer> {
  for (let start = first; start < last; ) {
    const end = buffer.indexOf(NEWLINE, start);
    yield buffer.subarray(start, end);
    start = end + 1;
  }
}
