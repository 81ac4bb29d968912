// compress-segment.ts: puts a compressed segment in the place of a sealed one. The bytes of its lines stay what they were: they are
// read back and compared before the original goes. Knows newlines, not what a line says. Order and crashes: SPEC.md.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Disk, DiskFile } from "./disk.ts";
import { TEMPORARY } from "./durable.ts";
import { LedgerError } from "./errors.ts";
import type { Layout } from "./layout.ts";
import { type Frame, formatSeekTable, MAX_FRAME_BYTES } from "./seek-table.ts";
import { openCompressed, readFully } from "./segment-file.ts";
import { compressFrame } from "./zstd.ts";

const NEWLINE = 0x0a;
/** As of any sealed segment. */
const SEALED = 0o400;

export interface Compressed {
  readonly bytes: number;
  readonly storedBytes: number;
}

/**
 * Compresses a sealed segment. Undefined, and nothing is changed, when `isWanted()` became false on the way.
 * @throws {LedgerError} CORRUPT when it does not read back as it was, or holds what are no lines; the system's error. The plain one is then
 *   still there, and counts.
 */
export async function compressSegment(
  disk: Disk,
  layout: Layout,
  first: number,
  isWanted: () => boolean = () => true,
): Promise<Compressed | undefined> {
  const path = layout.segment(first);
  const final = layout.compressed(first);
  const temporary = final + TEMPORARY;
  // A crash up to the rename: the plain one is untouched; the next start removes the temporary one.
  const written = await writeFrames(disk, path, temporary, isWanted);
  if (written === undefined) {
    await disk.unlink(temporary);
    return undefined;
  }
  await disk.changeMode(temporary, SEALED);
  if ((await digestOf(disk, temporary)) !== written.digest) {
    await disk.unlink(temporary);
    throw new LedgerError("CORRUPT", `${temporary} does not read back as ${path}; it was removed, and the plain one stays`);
  }
  await disk.rename(temporary, final);
  // A crash here: both are there, or after a power cut perhaps the plain one alone. It counts; the next start removes the other one.
  await disk.syncDirectory(layout.segments);
  // A crash here: both are there. From here on the compressed one has a durable name, and its contents were synced before.
  await disk.unlink(path);
  // A crash here: the compressed one alone, or after a power cut both, as above.
  return { bytes: written.bytes, storedBytes: written.storedBytes };
}

async function writeFrames(
  disk: Disk,
  path: string,
  temporary: string,
  isWanted: () => boolean,
): Promise<(Compressed & { digest: string }) | undefined> {
  const from = await disk.open(path, "read");
  try {
    await disk.unlink(temporary); // of a try that failed: sealed, it could not be written to
    const to = await disk.open(temporary, "create");
    try {
      const digest = createHash("sha256");
      const frames: Frame[] = [];
      const size = await from.size();
      let [offset, storedOffset, firstLine] = [0, 0, 0];
      while (offset < size) {
        if (!isWanted()) return undefined;
        const { bytes, lines } = await nextLines(from, path, offset, size);
        const stored = await compressFrame(bytes);
        await to.write(stored, storedOffset);
        digest.update(bytes);
        frames.push({ firstLine, lines, offset, bytes: bytes.length, storedOffset, storedBytes: stored.length });
        offset += bytes.length;
        storedOffset += stored.length;
        firstLine += lines;
      }
      const tables = formatSeekTable(frames);
      await to.write(tables, storedOffset);
      await to.datasync();
      return { bytes: size, storedBytes: storedOffset + tables.length, digest: digest.digest("base64") };
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** As many whole lines as fit into a frame. */
async function nextLines(file: DiskFile, path: string, offset: number, size: number): Promise<{ bytes: Buffer; lines: number }> {
  const chunk = Buffer.allocUnsafeSlow(Math.min(MAX_FRAME_BYTES, size - offset));
  const read = await readFully(file, chunk, offset);
  const bytes = chunk.subarray(0, chunk.subarray(0, read).lastIndexOf(NEWLINE) + 1);
  if (bytes.length === 0) throw new LedgerError("CORRUPT", `${path}: expected a line at byte ${offset}, found none`);
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return { bytes, lines };
}

async function digestOf(disk: Disk, path: string): Promise<string> {
  const file = await openCompressed(disk, path);
  try {
    const digest = createHash("sha256");
    const chunk = Buffer.allocUnsafeSlow(MAX_FRAME_BYTES);
    for (let at = 0, read = 0; ; at += read) {
      read = await file.read(chunk, at);
      if (read === 0) return digest.digest("base64");
      digest.update(chunk.subarray(0, read));
    }
  } finally {
    await file.close();
  }
}
