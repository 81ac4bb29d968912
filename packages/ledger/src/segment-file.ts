// segment-file.ts: the bytes of a segment as they were written, whether it lies there as it is or compressed. Who reads gets the same
// offsets either way. Knows frames, not what a line says. Memory: one frame, whatever the file claims.

import { Buffer } from "node:buffer";
import type { Disk, DiskFile } from "./disk.ts";
import { LedgerError, systemCode } from "./errors.ts";
import type { Layout } from "./layout.ts";
import { FOOTER_BYTES, type Frame, parseSeekTable, seekTableBytes } from "./seek-table.ts";
import { decompressFrame } from "./zstd.ts";

export interface SegmentFile extends Pick<DiskFile, "read" | "size" | "close"> {
  /** Of the file that is there. */
  readonly path: string;
  readonly isCompressed: boolean;
  /** Where, at or before the `line`th line (from 0), one is known to begin; undefined when nothing is known. */
  mark(line: number): { readonly line: number; readonly offset: number } | undefined;
}

/**
 * Opens a segment for reading. When both forms are there the plain one counts: a compressed one is complete only when the plain one has
 * been removed. Looks for the other form when the one just went: it may have been compressed between two calls.
 * @throws {LedgerError} CORRUPT for a compressed one with a broken seek table; the system's error
 */
export async function openSegment(disk: Disk, layout: Layout, first: number): Promise<SegmentFile> {
  const path = layout.segment(first);
  try {
    return plain(await disk.open(path, "read"), path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    return await openCompressed(disk, layout.compressed(first)).catch((second: unknown) => {
      throw systemCode(second) === "ENOENT" ? error : second;
    });
  }
}

function plain(file: DiskFile, path: string): SegmentFile {
  return {
    path,
    isCompressed: false,
    read: (into, position) => file.read(into, position),
    size: () => file.size(),
    close: () => file.close(),
    mark: () => undefined,
  };
}

/** @throws {LedgerError} CORRUPT; the system's error */
export async function openCompressed(disk: Disk, path: string): Promise<SegmentFile> {
  const file = await disk.open(path, "read");
  try {
    const frames = await readFrames(file);
    if (frames === undefined) throw notFrames(path, "a seek table that describes the whole file", "another end");
    return compressed(file, path, frames);
  } catch (error) {
    await file.close();
    throw error;
  }
}

function compressed(file: DiskFile, path: string, frames: readonly Frame[]): SegmentFile {
  const last = frames.at(-1);
  const size = last === undefined ? 0 : last.offset + last.bytes;
  let held: { frame: Frame; bytes: Buffer } | undefined;
  const contents = async (frame: Frame): Promise<Buffer> => {
    if (held?.frame === frame) return held.bytes;
    held = undefined;
    const stored = Buffer.allocUnsafeSlow(frame.storedBytes);
    const read = await readFully(file, stored, frame.storedOffset);
    const bytes = read === stored.length ? await decompressFrame(stored, frame.bytes) : undefined;
    if (bytes === undefined)
      throw notFrames(path, `a frame of ${frame.bytes} bytes at byte ${frame.storedOffset}`, "other bytes");
    held = { frame, bytes };
    return bytes;
  };
  return {
    path,
    isCompressed: true,
    size: async () => size,
    close: () => file.close(),
    read: async (into, position) => {
      if (position >= size) return 0;
      const frame = frames[lastAtOrBefore(frames, ({ offset }) => offset, position)]!;
      const bytes = await contents(frame);
      return bytes.copy(into, 0, position - frame.offset);
    },
    mark: (line) => {
      const frame = frames[lastAtOrBefore(frames, ({ firstLine }) => firstLine, line)];
      return frame && { line: frame.firstLine, offset: frame.offset };
    },
  };
}

async function readFrames(file: DiskFile): Promise<Frame[] | undefined> {
  const size = await file.size();
  const footer = Buffer.alloc(Math.min(FOOTER_BYTES, size));
  await readFully(file, footer, size - footer.length);
  const length = seekTableBytes(footer);
  if (length === undefined || length > size) return undefined;
  const tables = Buffer.alloc(length);
  await readFully(file, tables, size - length);
  return parseSeekTable(tables, size);
}

/** Fills `into`, or reads to the end. Resolves to how many bytes. */
export async function readFully(file: Pick<DiskFile, "read">, into: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const read = await file.read(into.subarray(done), position + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

function lastAtOrBefore(frames: readonly Frame[], key: (frame: Frame) => number, value: number): number {
  let [low, high] = [0, frames.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (key(frames[middle]!) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function notFrames(path: string, expected: string, found: string): LedgerError {
  return new LedgerError(
    "CORRUPT",
    `${path}: expected ${expected}, found ${found} (CORRUPT).\n` +
      "No crash leaves a compressed segment like this: the file was changed, or the disk returns other bytes than it was given.\n" +
      "  to go on                   put back a copy of this file, or of the plain one, from a backup",
    { fatal: true },
  );
}
