// seek-table.ts: the end of a compressed segment: where its frames lie, and how many lines each holds. Knows bytes, no file and no zstd.
// Source: zstd's seekable format 0.1.0; skippable frames, RFC 8878 3.1.2. Any zstd decoder passes over what is written here.

import { Buffer } from "node:buffer";

/** Most bytes of lines in a frame: what a read into the middle of a segment has to decompress, and to hold. */
export const MAX_FRAME_BYTES: number = 1 << 20;
/** What zstd makes of a frame of random bytes is little longer than they are. */
const MAX_STORED_BYTES = MAX_FRAME_BYTES + (64 << 10);
const MAX_FRAMES = 1 << 20;
const SEEK_MAGIC = 0x184d2a5e;
const LINES_MAGIC = 0x184d2a5d;
const FOOTER_MAGIC = 0x8f92eab1;
const HEADER_BYTES = 8;
const ENTRY_BYTES = 8;
export const FOOTER_BYTES = 9;

/** One frame of a compressed segment; it holds whole lines. */
export interface Frame {
  /** Lines in the frames before it. */
  readonly firstLine: number;
  readonly lines: number;
  /** Of its first line, in the segment as it was. */
  readonly offset: number;
  readonly bytes: number;
  /** In the compressed file. */
  readonly storedOffset: number;
  readonly storedBytes: number;
}

/** What is written after the frames: the lines of each, and the seek table. */
export function formatSeekTable(frames: readonly Frame[]): Uint8Array {
  const lines = Buffer.alloc(HEADER_BYTES + 4 * frames.length);
  lines.writeUInt32LE(LINES_MAGIC, 0);
  lines.writeUInt32LE(4 * frames.length, 4);
  for (const [i, frame] of frames.entries()) lines.writeUInt32LE(frame.lines, HEADER_BYTES + 4 * i);
  const table = Buffer.alloc(tableBytes(frames.length + 1));
  table.writeUInt32LE(SEEK_MAGIC, 0);
  table.writeUInt32LE(table.length - HEADER_BYTES, 4);
  let at = HEADER_BYTES;
  for (const { storedBytes, bytes } of [...frames, { storedBytes: lines.length, bytes: 0 }]) {
    table.writeUInt32LE(storedBytes, at);
    table.writeUInt32LE(bytes, at + 4);
    at += ENTRY_BYTES;
  }
  table.writeUInt32LE(frames.length + 1, at);
  table.writeUInt32LE(FOOTER_MAGIC, at + 5);
  return Buffer.concat([lines, table]);
}

/** How many bytes at the end of a file hold both tables, by its last nine; undefined when these are no seek table's. */
export function seekTableBytes(footer: Buffer): number | undefined {
  if (footer.length !== FOOTER_BYTES || footer.readUInt32LE(5) !== FOOTER_MAGIC || footer[4] !== 0) return undefined;
  const entries = footer.readUInt32LE(0);
  if (entries < 1 || entries > MAX_FRAMES) return undefined;
  return HEADER_BYTES + 4 * (entries - 1) + tableBytes(entries);
}

/**
 * Strict and total: for any bytes the frames, or undefined. No frame is larger than MAX_FRAME_BYTES, and together they are the whole file.
 * @param tables the end of the file, as long as seekTableBytes said
 */
export function parseSeekTable(tables: Buffer, fileBytes: number): Frame[] | undefined {
  if (tables.length < FOOTER_BYTES || seekTableBytes(tables.subarray(-FOOTER_BYTES)) !== tables.length) return undefined;
  const count = tables.readUInt32LE(tables.length - FOOTER_BYTES) - 1;
  const table = HEADER_BYTES + 4 * count;
  const frames: Frame[] = [];
  let [firstLine, offset, storedOffset] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const lines = tables.readUInt32LE(HEADER_BYTES + 4 * i);
    const storedBytes = tables.readUInt32LE(table + HEADER_BYTES + ENTRY_BYTES * i);
    const bytes = tables.readUInt32LE(table + HEADER_BYTES + ENTRY_BYTES * i + 4);
    if (bytes < 1 || bytes > MAX_FRAME_BYTES || storedBytes > MAX_STORED_BYTES || lines < 1 || lines > bytes) return undefined;
    frames.push({ firstLine, lines, offset, bytes, storedOffset, storedBytes });
    firstLine += lines;
    offset += bytes;
    storedOffset += storedBytes;
  }
  // One spelling: what was read must be what would be written.
  const isExact = storedOffset + tables.length === fileBytes && Buffer.compare(formatSeekTable(frames), tables) === 0;
  return isExact ? frames : undefined;
}

function tableBytes(entries: number): number {
  return HEADER_BYTES + ENTRY_BYTES * entries + FOOTER_BYTES;
}
