import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CompactRange, EMPTY_ROOT, hashFromBase64, hashToBase64, leafHash, nodeHash } from "@proofline/tlog";
import fc from "fast-check";
import { decimalLeaves, TestTree } from "./support/test-tree.ts";

const leaves = decimalLeaves(200);

describe("a compact range", () => {
  test("is the empty tree at first", () => assert.deepEqual(new CompactRange().root(), EMPTY_ROOT));

  test("goes on from its own hashes, at every size", () => {
    const whole = new CompactRange();
    for (const leaf of leaves) {
      whole.append(leaf);
      const copy = CompactRange.from(whole.size, whole.hashes());
      copy.append(leaf);
      const direct = CompactRange.from(whole.size, whole.hashes());
      direct.append(leaf);
      assert.deepEqual(copy.root(), direct.root());
      assert.deepEqual(CompactRange.from(whole.size, whole.hashes()).root(), whole.root());
    }
  });

  test("holds one hash for each bit of its size: memory is O(log n)", () => {
    const range = new CompactRange();
    for (const leaf of leaves) {
      range.append(leaf);
      assert.equal(range.hashes().length, range.size.toString(2).replaceAll("0", "").length);
    }
  });

  test("whole subtrees in any aligned cut give the same head as single leaves", () => {
    const tree = new TestTree(leaves);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fc.nat(8), { maxLength: 60 }), (size, levels) => {
        const range = new CompactRange();
        for (let i = 0; range.size < size; i++) {
          let level = levels[i % Math.max(1, levels.length)] ?? 0;
          while (range.size % 2 ** level !== 0 || range.size + 2 ** level > size) level--;
          range.appendSubtree(level, tree.hashAt(level, range.size / 2 ** level));
        }
        assert.deepEqual(range.root(), tree.root(size));
      }),
    );
  });

  test("refuses what cannot be a range", () => {
    const hash = leaves[0]!;
    assert.throws(() => CompactRange.from(3, [hash]), { code: "WRONG_RANGE_LENGTH" });
    assert.throws(() => CompactRange.from(-1, []), { code: "SIZE_OUT_OF_RANGE" });
    assert.throws(() => CompactRange.from(2 ** 53, [hash]), { code: "SIZE_OUT_OF_RANGE" });
    assert.throws(() => CompactRange.from(1, [hash.subarray(1)]), { code: "BAD_HASH_LENGTH" });
    assert.throws(() => CompactRange.from(1, [hash]).appendSubtree(1, hash), { code: "SUBTREE_MISALIGNED" });
    assert.throws(() => new CompactRange().appendSubtree(-1, hash), { code: "SUBTREE_MISALIGNED" });
    assert.throws(() => CompactRange.from(2 ** 52, [hash]).appendSubtree(52, hash), { code: "SIZE_OUT_OF_RANGE" });
  });

  test("reaches sizes beyond 32 bits", () => {
    const range = CompactRange.from(2 ** 40, [leaves[0]!]);
    range.append(leaves[1]!);
    assert.equal(range.size, 2 ** 40 + 1);
    assert.deepEqual(range.root(), nodeHash(leaves[0]!, leaves[1]!));
  });
});

describe("hashes", () => {
  test("a line longer than any scratch space hashes like a short one", () => {
    assert.equal(hashToBase64(leafHash(new Uint8Array(70_000))), "s64EoHEwJsjL+Itsv/Fz9oonzTdkFMRmRd0aIpNIbJk=");
  });
  test("a result is not overwritten by the next", () => {
    const one = leafHash(Buffer.from("one"));
    const copy = Uint8Array.from(one);
    leafHash(Buffer.from("two"));
    assert.deepEqual(Uint8Array.from(one), copy);
  });
  test("base64 has one spelling", () => {
    const text = hashToBase64(EMPTY_ROOT);
    assert.deepEqual(hashFromBase64(text), EMPTY_ROOT);
    for (const other of [
      text.slice(0, -1),
      `${text} `,
      text.replaceAll("+", "-").replaceAll("/", "_"),
      `${text.slice(0, -2)}V=`,
      "",
    ]) {
      if (other !== text) assert.throws(() => hashFromBase64(other), { name: "TlogError" });
    }
  });
});
