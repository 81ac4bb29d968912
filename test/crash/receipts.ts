// receipts.ts: receipts of /v1/audit that senders got while the process was killed, held against the log that is there in the end.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseLine } from "@proofline/event";
import {
  CompactRange,
  type Hash,
  hashFromBase64,
  hashToBase64,
  leafHash,
  openCheckpoint,
  verifierFromVkey,
  verifyInclusion,
} from "@proofline/tlog";

interface Receipt {
  readonly log: string;
  readonly seq: number;
  readonly id: string;
  readonly leaf_hash: string;
  readonly checkpoint?: string;
  readonly inclusion_proof?: readonly string[];
}

export class Receipts {
  readonly #all: Receipt[] = [];

  get count(): number {
    return this.#all.length;
  }

  /** How many came with a proof. */
  get proven(): number {
    return this.#all.filter(({ checkpoint }) => checkpoint !== undefined).length;
  }

  /** One answer: a receipt for each record, in the request's order. */
  add(ids: readonly string[], answer: string): void {
    const { receipts } = JSON.parse(answer) as { receipts: Receipt[] };
    assert.deepEqual(
      receipts.map(({ id }) => id),
      ids,
    );
    this.#all.push(...receipts);
  }

  /** Every one of them is true of the log in `folder`, and every checkpoint in them is of this log's past. */
  async check(folder: string): Promise<void> {
    const verifier = verifierFromVkey((await readFile(join(folder, "vkey"), "utf8")).trimEnd());
    const segments = (await readdir(join(folder, "segments"))).sort();
    const texts = await Promise.all(segments.map((name) => readFile(join(folder, "segments", name), "utf8")));
    const lines = texts.join("").split("\n").slice(0, -1);
    const leaves = lines.map((line) => leafHash(Buffer.from(line)));
    const roots = rootsOf(leaves);
    for (const { log, seq, id, leaf_hash, checkpoint, inclusion_proof } of this.#all) {
      const line = parseLine(Buffer.from(lines[seq]!));
      assert.deepEqual([line.log, line.seq, line.id], [log, seq, id]);
      assert.equal(leaf_hash, hashToBase64(leaves[seq]!), `the receipt of ${id}`);
      if (checkpoint === undefined) continue;
      const { size, root } = openCheckpoint(checkpoint, [verifier]);
      assert.equal(hashToBase64(root), hashToBase64(roots[size]!), `the checkpoint of ${size} lines`);
      verifyInclusion(leaves[seq]!, seq, size, inclusion_proof!.map(hashFromBase64), root);
    }
  }
}

/** The root after each line. */
function rootsOf(leaves: readonly Hash[]): Hash[] {
  const range = new CompactRange();
  const roots = [range.root()];
  for (const leaf of leaves) {
    range.append(leaf);
    roots.push(range.root());
  }
  return roots;
}
