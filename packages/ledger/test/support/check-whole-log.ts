// check-whole-log.ts: the oracle. Reads everything that is on a disk and recomputes everything, one line after the other. Shares no code
// with the ledger but the names of its files.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { zstdDecompressSync } from "node:zlib";
import { type Line, parseLine } from "@proofline/event";
import {
  EMPTY_ROOT,
  type Hash,
  hashToBase64,
  leafHash,
  nodeHash,
  openCheckpoint,
  rootOf,
  tileBytes,
  tilePath,
  tilesFor,
  verifierFromVkey,
} from "@proofline/tlog";

export interface CheckedLog {
  readonly lines: readonly Line[];
  readonly checkpointSize: number;
}

export interface FilesOfLog {
  /** Names in `segments/`, sorted. */
  readonly segments: readonly string[];
  /** A file of the log's folder by its relative path; undefined when there is none. */
  readonly read: (path: string) => Uint8Array | undefined;
}

/** @param log its name; its key is taken from `vkey`, the caller knows whether that is the right one */
export function checkWholeLog(log: string, vkey: string, files: FilesOfLog): CheckedLog {
  const lines: Line[] = [];
  const leaves: Hash[] = [];
  for (const [i, name] of files.segments.entries()) {
    const plain = `${String(lines.length).padStart(20, "0")}.jsonl`;
    assert.equal(name.replace(/\.zst$/, ""), plain, "a segment is named after its first seq, and is there in one form");
    const stored = files.read(`segments/${name}`)!;
    // As any zstd decoder reads it: frame after frame, tables passed over.
    const bytes = name === plain ? Buffer.from(stored) : zstdDecompressSync(stored);
    if (bytes.length > 0) assert.equal(bytes.at(-1), 0x0a, `${name} ends in a newline`);
    else assert.equal(i, files.segments.length - 1, `only the last segment may be empty, not ${name}`);
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(0x0a, start);
      const raw = bytes.subarray(start, end);
      const line = parseLine(raw);
      assert.equal(line.log, log);
      assert.equal(line.seq, lines.length, "seq counts the lines");
      assert.equal(line.prev, hashToBase64(leaves.at(-1) ?? EMPTY_ROOT), `prev of seq ${line.seq}`);
      assert.ok(line.received > (lines.at(-1)?.received ?? -1n), `received grows at seq ${line.seq}`);
      lines.push(line);
      leaves.push(leafHash(raw));
      start = end + 1;
    }
  }
  assert.equal(Buffer.from(files.read("vkey")!).toString(), `${vkey}\n`);
  const checkpoint = openCheckpoint(files.read("checkpoint")!, [verifierFromVkey(vkey)]);
  assert.equal(checkpoint.origin, log);
  assert.ok(checkpoint.size <= lines.length, `the checkpoint (${checkpoint.size}) is not beyond the lines (${lines.length})`);
  assert.deepEqual(hashToBase64(checkpoint.root), hashToBase64(rootOf(leaves.slice(0, checkpoint.size))), "the signed root");
  const levels: Hash[][] = [leaves.slice(0, checkpoint.size)];
  const hashAt = (level: number, index: number): Hash => {
    while (levels.length <= level) levels.push(pairs(levels.at(-1)!));
    return levels[level]![index]!;
  };
  for (const tile of tilesFor(0, checkpoint.size)) {
    const found = files.read(tilePath(tile));
    assert.ok(found !== undefined, `${tilePath(tile)} is there`);
    assert.ok(Buffer.compare(found, tileBytes(tile, hashAt)) === 0, `${tilePath(tile)} is right`);
  }
  return { lines, checkpointSize: checkpoint.size };
}

function pairs(hashes: readonly Hash[]): Hash[] {
  const above: Hash[] = [];
  for (let i = 0; i + 1 < hashes.length; i += 2) above.push(nodeHash(hashes[i]!, hashes[i + 1]!));
  return above;
}
