// segment-bytes.ts: the bytes of a segment as they were written, whether it lies there as it is or compressed: zstd frames of whole lines, at
// most 1 MiB each, found by the seek table at the file's end. Knows no lines. Written from SPEC.md of the ledger, not from its code.
// A frame that is not what the table says reads as zeros, and a file without a good table as it stands: neither holds lines, and whoever
// checks them says where.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { constants, zstdDecompressSync } from "node:zlib";

const SEEKABLE = 0x8f92eab1;
const SKIPPABLE_TABLE = 0x184d2a5e;
const FOOTER_BYTES = 9;
const MAX_FRAME_BYTES = 1 << 20;
const MAX_FRAMES = 1 << 20;
const WINDOW_LOG_MAX = 21;

export interface SegmentBytes {
  /** Length of the lines, newlines included. */
  readonly bytes: number;
  /** As readSync: how many bytes it read, 0 at the end. */
  read(into: Buffer, offset: number, length: number, position: number): number;
  close(): void;
}

interface Frame {
  readonly start: number;
  readonly bytes: number;
  readonly at: number;
  readonly stored: number;
}

/** Whether a file's name says that it is compressed. */
export function isCompressed(path: string): boolean {
  return path.endsWith(".zst");
}

/** @throws the system's error. A plain segment that has just gone is looked for in its compressed form. */
export function openSegment(path: string): SegmentBytes {
  if (isCompressed(path)) return openFrames(openSync(path, "r"));
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return openFrames(openSync(`${path}.zst`, "r"));
  }
  return plain(fd);
}

function plain(fd: number): SegmentBytes {
  return {
    bytes: fstatSync(fd).size,
    read: (into, offset, length, position) => readSync(fd, into, offset, length, position),
    close: () => closeSync(fd),
  };
}

function openFrames(fd: number): SegmentBytes {
  const frames = readTable(fd, fstatSync(fd).size);
  if (frames === undefined) return plain(fd);
  const last = frames.at(-1);
  let held: { readonly frame: Frame; readonly contents: Buffer } | undefined;
  return {
    bytes: last === undefined ? 0 : last.start + last.bytes,
    close: () => closeSync(fd),
    read: (into, offset, length, position) => {
      const frame = frameAt(frames, position);
      if (frame === undefined) return 0;
      if (held?.frame !== frame) held = { frame, contents: inflate(fd, frame) };
      const from = position - frame.start;
      return held.contents.copy(into, offset, from, Math.min(from + length, frame.bytes));
    },
  };
}

function frameAt(frames: readonly Frame[], position: number): Frame | undefined {
  let [low, high] = [0, frames.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const frame = frames[middle]!;
    if (position < frame.start) high = middle - 1;
    else if (position >= frame.start + frame.bytes) low = middle + 1;
    else return frame;
  }
  return undefined;
}

function inflate(fd: number, { at, stored, bytes }: Frame): Buffer {
  const compressed = Buffer.allocUnsafe(stored);
  try {
    if (readSync(fd, compressed, 0, stored, at) !== stored) return Buffer.alloc(bytes);
    const contents = zstdDecompressSync(compressed, {
      maxOutputLength: bytes,
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
    });
    return contents.length === bytes ? contents : Buffer.alloc(bytes);
  } catch {
    return Buffer.alloc(bytes);
  }
}

/** The data frames; undefined when the table does not account for every byte of the file. */
function readTable(fd: number, fileBytes: number): Frame[] | undefined {
  const footer = Buffer.alloc(FOOTER_BYTES);
  if (fileBytes < FOOTER_BYTES || readSync(fd, footer, 0, FOOTER_BYTES, fileBytes - FOOTER_BYTES) !== FOOTER_BYTES)
    return undefined;
  const entries = footer.readUInt32LE(0);
  const length = 8 + 8 * entries + FOOTER_BYTES;
  if (footer.readUInt32LE(5) !== SEEKABLE || footer[4] !== 0 || entries > MAX_FRAMES || length > fileBytes) return undefined;
  const table = Buffer.alloc(length);
  if (readSync(fd, table, 0, length, fileBytes - length) !== length) return undefined;
  if (table.readUInt32LE(0) !== SKIPPABLE_TABLE || table.readUInt32LE(4) !== length - 8) return undefined;
  const frames: Frame[] = [];
  let [start, at] = [0, 0];
  for (let i = 0; i < entries; i++) {
    const stored = table.readUInt32LE(8 + 8 * i);
    const bytes = table.readUInt32LE(12 + 8 * i);
    if (bytes > MAX_FRAME_BYTES || stored > fileBytes) return undefined;
    // An entry without contents is a skippable frame: the ledger's own index of lines, which is not needed here.
    if (bytes > 0) frames.push({ start, bytes, at, stored });
    start += bytes;
    at += stored;
  }
  return at + length === fileBytes ? frames : undefined;
}
