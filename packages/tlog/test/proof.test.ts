import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { consistencyProof, type Hash, inclusionProof, TlogError, verifyConsistency, verifyInclusion } from "@proofline/tlog";
import fc from "fast-check";
import { decimalLeaves, TestTree } from "./support/test-tree.ts";

const MOST = 70;
const tree = new TestTree(decimalLeaves(MOST));
const flipped = (hash: Hash, bit: number): Hash => {
  const copy = Uint8Array.from(hash);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
};
const refuses = (f: () => void) => assert.throws(f, (error) => error instanceof TlogError);

describe("proofs", () => {
  test(`every leaf of every tree up to ${MOST} has a proof that holds`, () => {
    for (let size = 1; size <= MOST; size++) {
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(index, size, tree.hashAt);
        assert.ok(proof.length <= Math.ceil(Math.log2(size)));
        verifyInclusion(tree.leaf(index), index, size, proof, tree.root(size));
      }
    }
  });

  test(`every two trees up to ${MOST} have a consistency proof that holds`, () => {
    for (let newSize = 0; newSize <= MOST; newSize++) {
      for (let oldSize = 0; oldSize <= newSize; oldSize++) {
        const proof = consistencyProof(oldSize, newSize, tree.hashAt);
        verifyConsistency(oldSize, newSize, tree.root(oldSize), tree.root(newSize), proof);
      }
    }
  });

  test("an inclusion proof with anything changed is refused", () => {
    const change = fc.constantFrom("leaf", "root", "proof", "shorter", "longer", "index", "repeat");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MOST }), fc.nat(), fc.nat(), change, (size, at, bit, what) => {
        const index = at % size;
        const leaf = tree.leaf(index);
        const root = tree.root(size);
        const proof = inclusionProof(index, size, tree.hashAt);
        const some = proof[at % Math.max(1, proof.length)];
        const check = (l: Hash, i: number, p: Hash[], r: Hash) => refuses(() => verifyInclusion(l, i, size, p, r));
        if (what === "leaf") check(flipped(leaf, bit % 256), index, proof, root);
        if (what === "root") check(leaf, index, proof, flipped(root, bit % 256));
        if (what === "proof" && some !== undefined)
          check(
            leaf,
            index,
            proof.map((hash) => (hash === some ? flipped(hash, bit % 256) : hash)),
            root,
          );
        if (what === "shorter" && some !== undefined) check(leaf, index, proof.toSpliced(at % proof.length, 1), root);
        if (what === "longer") check(leaf, index, [...proof, root], root);
        if (what === "repeat" && some !== undefined) check(leaf, index, [some, ...proof], root);
        if (what === "index" && size > 1) check(leaf, (index + 1) % size, proof, root);
      }),
      { numRuns: 1500 },
    );
  });

  test("a proof for a tree of another size does not show a leaf at its own", () => {
    for (let size = 2; size <= MOST; size++) {
      for (let index = 0; index < size - 1; index++) {
        const proof = inclusionProof(index, size - 1, tree.hashAt);
        refuses(() => verifyInclusion(tree.leaf(index), index, size, proof, tree.root(size)));
      }
    }
  });

  test("a consistency proof with anything changed is refused", () => {
    const change = fc.constantFrom("oldRoot", "newRoot", "proof", "shorter", "longer", "oldSize", "swap");
    fc.assert(
      fc.property(fc.integer({ min: 2, max: MOST }), fc.nat(), fc.nat(), change, (newSize, at, bit, what) => {
        const oldSize = 1 + (at % (newSize - 1));
        const oldRoot = tree.root(oldSize);
        const newRoot = tree.root(newSize);
        const proof = consistencyProof(oldSize, newSize, tree.hashAt);
        const check = (o: Hash, n: Hash, p: Hash[], old = oldSize) => refuses(() => verifyConsistency(old, newSize, o, n, p));
        const changed = proof.map((hash, i) => (i === at % proof.length ? flipped(hash, bit % 256) : hash));
        if (what === "oldRoot") check(flipped(oldRoot, bit % 256), newRoot, proof);
        if (what === "newRoot") check(oldRoot, flipped(newRoot, bit % 256), proof);
        if (what === "proof") check(oldRoot, newRoot, changed);
        if (what === "shorter") check(oldRoot, newRoot, proof.toSpliced(at % proof.length, 1));
        if (what === "longer") check(oldRoot, newRoot, [...proof, newRoot]);
        if (what === "oldSize") check(oldRoot, newRoot, proof, oldSize + 1 === newSize ? newSize : oldSize + 1);
        if (what === "swap") check(newRoot, oldRoot, proof);
      }),
      { numRuns: 1500 },
    );
  });

  test("whatever is handed in, the checkers answer or throw a TlogError", () => {
    const hash = fc.uint8Array({ minLength: 30, maxLength: 34 });
    const size = fc.oneof(fc.integer({ min: -2, max: 100 }), fc.double(), fc.maxSafeInteger());
    fc.assert(
      fc.property(size, size, hash, hash, fc.array(hash, { maxLength: 60 }), (a, b, x, y, proof) => {
        for (const f of [() => verifyInclusion(x, a, b, proof, y), () => verifyConsistency(a, b, x, y, proof)]) {
          try {
            f();
          } catch (error) {
            assert.ok(error instanceof TlogError, String(error));
          }
        }
      }),
    );
  });
});
