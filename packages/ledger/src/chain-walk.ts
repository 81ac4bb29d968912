// chain-walk.ts: every line of a log's segments from the first one on, hashed, and each held against the one before. For whatever must know
// the whole chain; a start need not. Knows lines one at a time, no tree.

import { leafHashInPlace } from "./batch.ts";
import type { Disk } from "./disk.ts";
import type { Layout } from "./layout.ts";
import { checkHead, corrupt } from "./line-check.ts";
import { isTornWrite, scanLines } from "./scan.ts";
import { openSegment, type SegmentFile } from "./segment-file.ts";

/** `prev` of the first line: the leaf hash of nothing that is a line, SHA-256(""). */
export const NO_LINE = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

export interface ChainWalkOptions {
  readonly disk: Disk;
  readonly layout: Layout;
  /** First seqs of the segments, ascending. */
  readonly firsts: readonly number[];
  /** Lines from this seq on are passed over. */
  readonly end?: number;
  /** Of a read, at most: what is hashed between two calls of `pace`. */
  readonly sliceBytes?: number;
  /** Awaited before each read. */
  readonly pace?: () => Promise<void>;
  /** @param leaf in base64 */
  readonly onLeaf: (leaf: string) => void;
}

export interface ChainEnd {
  /** Lines that were walked. */
  readonly lines: number;
  /** Leaf hash of the last of them, in base64. */
  readonly prev: string;
  /** First seq of the last segment that was opened; undefined when there is none. */
  readonly segment: number | undefined;
  /** Whether that one is compressed. */
  readonly isCompressed: boolean;
  /** Bytes of whole lines in it, and of an unfinished write after them. */
  readonly segmentBytes: number;
  readonly tornBytes: number;
}

/** @throws {LedgerError} CORRUPT at the first line that is not the next one; the system's error; what `pace` throws */
export async function walkChain(o: ChainWalkOptions): Promise<ChainEnd> {
  const { disk, layout, firsts, end = Number.MAX_SAFE_INTEGER } = o;
  const chain = { lines: 0, prev: NO_LINE, received: -1n };
  let place: Omit<ChainEnd, "lines" | "prev"> = { segment: undefined, isCompressed: false, segmentBytes: 0, tornBytes: 0 };
  for (const [i, first] of firsts.entries()) {
    if (chain.lines >= end) break;
    const file = await openSegment(disk, layout, first);
    try {
      const scanned = await walkSegment(o, file, first, end, chain);
      const isLast = i === firsts.length - 1;
      const at = { path: file.path, number: chain.lines - first + 1, seq: chain.lines };
      if (scanned.tornBytes > 0 && !isLast)
        throw corrupt(at, "a newline at the end of a sealed segment", `${scanned.tornBytes} bytes without one`);
      if (scanned.tornBytes > 0 && !(await isTornWrite(file, scanned.bytes, scanned.bytes + scanned.tornBytes)))
        throw corrupt(at, "a newline within 65,536 bytes", "none");
      place = { segment: first, isCompressed: file.isCompressed, segmentBytes: scanned.bytes, tornBytes: scanned.tornBytes };
    } finally {
      await file.close();
    }
  }
  return { lines: chain.lines, prev: chain.prev, ...place };
}

async function walkSegment(
  o: ChainWalkOptions,
  file: SegmentFile,
  first: number,
  end: number,
  chain: { lines: number; prev: string; received: bigint },
): Promise<{ bytes: number; tornBytes: number }> {
  const { path } = file;
  const paced: Pick<SegmentFile, "read"> = {
    read: async (into, position) => {
      await o.pace?.();
      return await file.read(o.sliceBytes === undefined ? into : into.subarray(0, o.sliceBytes), position);
    },
  };
  const { lines } = chain;
  if (first !== lines) {
    throw corrupt({ path, number: 1, seq: lines }, `seq ${lines} after the segment before`, `a segment that begins at ${first}`);
  }
  return await scanLines(paced, await file.size(), (buffer, start, stop) => {
    const seq = chain.lines;
    if (seq >= end) return;
    const at = { path, number: seq - first + 1, seq };
    const head = checkHead(buffer.subarray(start, stop), o.layout.log, at);
    if (head.prev !== chain.prev) throw corrupt(at, `prev ${chain.prev}, the hash of the line before`, `prev ${head.prev}`);
    if (head.received <= chain.received) throw corrupt(at, "a later `received` than the line before", "an earlier one");
    chain.prev = leafHashInPlace(buffer, start, stop);
    chain.received = head.received;
    chain.lines++;
    o.onLeaf(chain.prev);
  });
}
