import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Hash, leafHash, rightEdge, rootOf, type Tile, tileBytes, tilesFor, verifyInclusion } from "@proofline/tlog";
import fc from "fast-check";
import { inclusionProofs } from "../../src/audit/subtrees.ts";
import type { TileSource } from "../../src/serve-log/published-tiles.ts";

const LEAVES: readonly Hash[] = Array.from({ length: 70_000 }, (_, i) => leafHash(Buffer.from(`line ${i}`)));

/** All tiles of a tree, by level and index. */
function tilesOf(size: number): TileSource {
  const levels: Hash[][] = [LEAVES.slice(0, size)];
  const tiles = new Map<string, Uint8Array>();
  const hashAt = (level: number, index: number): Hash => levels[level / 8]![index]!;
  for (const tile of tilesFor(0, size)) {
    if (levels[tile.level] === undefined) {
      const below = levels[tile.level - 1]!;
      levels.push(Array.from({ length: Math.floor(below.length / 256) }, (_, i) => rootOf(below.slice(i * 256, (i + 1) * 256))));
    }
    tiles.set(`${tile.level}/${tile.index}`, tileBytes(tile, hashAt));
  }
  return { read: async ({ level, index, width }: Tile) => tiles.get(`${level}/${index}`)?.subarray(0, width * 32) };
}

describe("inclusion proofs out of tiles", () => {
  for (const size of [1, 2, 255, 256, 257, 511, 65_535, 65_536, 65_537, 70_000]) {
    test(`lead to the root of ${size} lines from any of them`, async () => {
      const tiles = tilesOf(size);
      const root = rootOf(LEAVES.slice(0, size));
      const seq = fc.nat(size - 1);
      await fc.assert(
        fc.asyncProperty(fc.array(seq, { minLength: 1, maxLength: 20 }), async (seqs) => {
          const proofs = await inclusionProofs(seqs, size, tiles);
          for (const [i, proof] of proofs.entries()) verifyInclusion(LEAVES[seqs[i]!]!, seqs[i]!, size, proof, root);
        }),
        { numRuns: 20 },
      );
      assert.ok(rightEdge(size).length < 4);
    });
  }
});
