import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { CompactRange, hashToBase64, leafHash, rightEdge, type Tile, tilePath, tilesFor } from "@proofline/tlog";
import fc from "fast-check";
import { TreeTiles } from "../src/tiles.ts";

function leaves(from: number, count: number): Uint8Array {
  return Buffer.concat(Array.from({ length: count }, (_, i) => leafHash(Buffer.from(String(from + i)))));
}

function rootOf(size: number): string {
  const range = new CompactRange();
  for (let i = 0; i < size; i++) range.append(leafHash(Buffer.from(String(i))));
  return hashToBase64(range.root());
}

test("grown in any pieces, taken down and built up again from its tiles, it has the tiles and the root of its size", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 6 }), (pieces) => {
      let tree = TreeTiles.empty();
      const stored = new Map<string, Uint8Array>();
      const read = (tile: Tile) => stored.get(tilePath(tile))!;
      for (const count of pieces) {
        const before = tree.size;
        tree.append(leaves(before, count));
        const written = [...tree.takeFull(), ...tree.edge()];
        for (const tile of written) stored.set(tilePath(tile), tile.bytes);
        const expected = tilesFor(before, tree.size).map(tilePath);
        for (const path of expected) assert.ok(stored.has(path), path);
        assert.equal(hashToBase64(tree.root()), rootOf(tree.size));
        assert.deepEqual(tree.edge().map(tilePath), rightEdge(tree.size).map(tilePath));
        tree = new TreeTiles(tree.size, read);
      }
      assert.equal(hashToBase64(tree.root()), rootOf(tree.size));
    }),
    { numRuns: 30 },
  );
});

test("65,536 lines fill the second level", () => {
  const tree = TreeTiles.empty();
  for (let i = 0; i < 256; i++) tree.append(leaves(i * 256, 256));
  const full = tree.takeFull();
  assert.equal(full.length, 257);
  assert.equal(tilePath(full.at(-1)!), "tile/1/000");
  assert.deepEqual(tree.edge().map(tilePath), ["tile/2/000.p/1"]);
  assert.equal(hashToBase64(tree.root()), rootOf(65_536));
});
