// entry-bundle.ts: up to 256 neighbouring lines as one C2SP entry bundle, made from the segments whenever it is asked for: there is no
// second copy of the lines. Source: c2sp.org/tlog-tiles, "Log entries".

import type { Ledger } from "@proofline/ledger";
import { TILE_WIDTH } from "@proofline/tlog";

/** At a time: most bundles are one read, and one of the longest lines takes no more memory than it needs. */
const CHUNK_BYTES = 256 << 10;

/**
 * The lines [index * 256, index * 256 + width), each after its length as two bytes, big-endian. At most 16 MiB.
 * @param width of durable lines, 1 to 256
 * @throws {LedgerError} IO, CORRUPT
 */
export async function readEntryBundle(ledger: Pick<Ledger, "read">, index: number, width: number): Promise<Buffer> {
  const first = index * TILE_WIDTH;
  const parts: Uint8Array[] = [];
  for (let done = 0; done < width; ) {
    const lines = await ledger.read(first + done, { maxBytes: CHUNK_BYTES, maxLines: width - done });
    if (lines.length === 0) throw new Error(`line ${first + done} is covered by a checkpoint and was not read`);
    for (const { line } of lines) parts.push(Uint8Array.of(line.length >> 8, line.length & 0xff), line);
    done += lines.length;
  }
  return Buffer.concat(parts);
}
