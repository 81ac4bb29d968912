import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Hash,
  parseTilePath,
  rangeFromTiles,
  rightEdge,
  rootFromTiles,
  splitTile,
  TlogError,
  tileBytes,
  tilePath,
  tileRoot,
  tilesFor,
} from "@proofline/tlog";
import fc from "fast-check";
import { decimalLeaves, TestTree } from "./support/test-tree.ts";

const tree = new TestTree(decimalLeaves(66_000));

describe("tiles", () => {
  test("the head comes out of the right edge alone, whatever the size", () => {
    for (const size of [0, 1, 2, 255, 256, 257, 300, 511, 512, 1000, 65_535, 65_536, 65_537, 65_999]) {
      const read: string[] = [];
      const root = rootFromTiles(size, (tile) => {
        read.push(tilePath(tile));
        return tileBytes(tile, tree.hashAt);
      });
      assert.deepEqual(root, tree.root(size), `size ${size}`);
      assert.deepEqual(read.toSorted(), rightEdge(size).map(tilePath).toSorted());
    }
  });

  test("a range goes on from tiles as from leaves", () => {
    const range = rangeFromTiles(700, (tile) => tileBytes(tile, tree.hashAt));
    for (let i = 700; i < 800; i++) range.append(tree.leaf(i));
    assert.deepEqual(range.root(), tree.root(800));
  });

  test("a full tile may stand in for a partial one that is gone", () => {
    const root = rootFromTiles(300, (tile) => tileBytes(tile.level === 0 ? { ...tile, width: 256 } : tile, tree.hashAt));
    assert.deepEqual(root, tree.root(300));
  });

  test("tiles made step by step are those made at once, except for the partial ones that were outgrown", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(600), { minLength: 1, maxLength: 8 }), (steps) => {
        const seen = new Set<string>();
        let size = 0;
        for (const step of steps) {
          for (const tile of tilesFor(size, size + step)) {
            assert.ok(!seen.has(tilePath(tile)), "no tile is made twice");
            seen.add(tilePath(tile));
          }
          size += step;
        }
        for (const tile of tilesFor(0, size)) assert.ok(seen.has(tilePath(tile)), tilePath(tile));
      }),
    );
  });

  test("a full tile stands for one hash a level up", () => {
    const bytes = tileBytes({ level: 0, index: 3, width: 256 }, tree.hashAt);
    assert.deepEqual(tileRoot(bytes), tree.hashAt(8, 3));
  });

  test("paths read back, and nothing else is a path", () => {
    const tile = fc.record({ level: fc.nat(63), index: fc.maxSafeNat(), width: fc.integer({ min: 1, max: 256 }) });
    fc.assert(fc.property(tile, (t) => assert.deepEqual(parseTilePath(tilePath(t)), { ...t })));
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^tile\/[0-9]{1,3}\/(x[0-9]{3}\/)*[0-9]{3}(\.p\/[0-9]+)?$/)),
        (text) => {
          try {
            assert.equal(tilePath(parseTilePath(text)), text);
          } catch (error) {
            assert.ok(error instanceof TlogError, String(error));
          }
        },
      ),
    );
  });

  test("tiles that cannot be are refused", () => {
    const none = (): Hash => new Uint8Array(32);
    for (const tile of [
      { level: 64, index: 0, width: 1 },
      { level: 0, index: -1, width: 1 },
      { level: 0, index: 0, width: 0 },
      { level: 0, index: 0, width: 257 },
      { level: 0.5, index: 0, width: 1 },
    ]) {
      assert.throws(() => tilePath(tile), { code: "BAD_TILE" });
      assert.throws(() => tileBytes(tile, none), { code: "BAD_TILE" });
    }
    assert.throws(() => splitTile(new Uint8Array(33), 1), { code: "BAD_TILE_LENGTH" });
    assert.throws(() => splitTile(new Uint8Array(32), 2), { code: "BAD_TILE_LENGTH" });
    assert.throws(() => splitTile(new Uint8Array(257 * 32), 2), { code: "BAD_TILE_LENGTH" });
    assert.throws(() => tilesFor(2, 1), { code: "SIZES_OUT_OF_ORDER" });
    assert.throws(() => tilesFor(0, Number.NaN), { code: "SIZE_OUT_OF_RANGE" });
  });
});
