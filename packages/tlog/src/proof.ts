// proof.ts: inclusion and consistency proofs, made and checked. Pure; where hashes are kept is the caller's affair.
// Source: RFC 9162 2.1.3 and 2.1.4. The checkers are safe on hostile input.

import { checkSize } from "./compact-range.ts";
import { TlogError } from "./errors.ts";
import { checkHash, EMPTY_ROOT, equalHashes, type Hash, hashToBase64, nodeHash } from "./hash.ts";

/** The root of the full subtree over leaves [index * 2^level, (index + 1) * 2^level). Only asked for what the tree has in full. */
export type HashAt = (level: number, index: number) => Hash;

/**
 * The siblings of leaf `index` in the tree of `size` leaves, from the leaf upward.
 * @throws {TlogError} SIZE_OUT_OF_RANGE, INDEX_OUT_OF_RANGE
 */
export function inclusionProof(index: number, size: number, hashAt: HashAt): Hash[] {
  checkIndex(index, checkSize(size, 1));
  const path = (first: number, end: number): Hash[] => {
    if (end - first === 1) return [];
    const middle = first + splitPoint(end - first);
    return index < middle
      ? [...path(first, middle), subtree(middle, end, hashAt)]
      : [...path(middle, end), subtree(first, middle, hashAt)];
  };
  return path(0, size);
}

/**
 * Checks that `leaf` is entry `index` of the tree of `size` entries that `root` commits to.
 * @param proof siblings, leaf upward; 32 bytes each
 * @throws {TlogError} SIZE_OUT_OF_RANGE, INDEX_OUT_OF_RANGE, BAD_HASH_LENGTH, WRONG_PROOF_LENGTH or ROOT_MISMATCH; nothing else
 * Cost: O(log size) hashes. Source: RFC 9162 2.1.3.2.
 */
export function verifyInclusion(leaf: Hash, index: number, size: number, proof: readonly Hash[], root: Hash): void {
  checkIndex(index, checkSize(size, 1));
  checkHash(leaf);
  checkHash(root);
  let fn = index;
  let sn = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    checkHash(sibling);
    if (sn === 0) throw tooLong(proof);
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(sibling, hash);
      for (; fn % 2 === 0 && fn !== 0; fn = half(fn), sn = half(sn));
    } else {
      hash = nodeHash(hash, sibling);
    }
    fn = half(fn);
    sn = half(sn);
  }
  if (sn !== 0) throw tooShort(proof);
  if (!equalHashes(hash, root)) throw mismatch("ROOT_MISMATCH", root, hash);
}

/**
 * The hashes that show the tree of `oldSize` to be a prefix of the one of `newSize`. Empty when the sizes are equal or the old one is 0.
 * @throws {TlogError} SIZE_OUT_OF_RANGE, SIZES_OUT_OF_ORDER
 */
export function consistencyProof(oldSize: number, newSize: number, hashAt: HashAt): Hash[] {
  checkSizes(oldSize, newSize);
  if (oldSize === 0) return [];
  const subproof = (first: number, end: number, known: boolean): Hash[] => {
    if (end === oldSize) return known ? [] : [subtree(first, end, hashAt)];
    const middle = first + splitPoint(end - first);
    return oldSize <= middle
      ? [...subproof(first, middle, known), subtree(middle, end, hashAt)]
      : [...subproof(middle, end, false), subtree(first, middle, hashAt)];
  };
  return subproof(0, newSize, true);
}

/**
 * Checks that the tree `oldRoot` of `oldSize` entries is a prefix of the tree `newRoot` of `newSize` entries.
 * @throws {TlogError} SIZE_OUT_OF_RANGE, SIZES_OUT_OF_ORDER, BAD_HASH_LENGTH, WRONG_PROOF_LENGTH, OLD_ROOT_MISMATCH or ROOT_MISMATCH;
 * nothing else
 * Cost: O(log newSize) hashes. Source: RFC 9162 2.1.4.2.
 */
export function verifyConsistency(oldSize: number, newSize: number, oldRoot: Hash, newRoot: Hash, proof: readonly Hash[]): void {
  checkSizes(oldSize, newSize);
  checkHash(oldRoot);
  checkHash(newRoot);
  for (const hash of proof) checkHash(hash);
  if (oldSize === 0 || oldSize === newSize) {
    if (proof.length > 0) throw tooLong(proof);
    // Every tree begins with the empty one, so nothing ties the new root to it; but the empty tree has one root only.
    const expected = oldSize === 0 ? EMPTY_ROOT : newRoot;
    if (!equalHashes(oldRoot, expected)) throw mismatch("OLD_ROOT_MISMATCH", oldRoot, expected);
    if (newSize === 0 && !equalHashes(newRoot, EMPTY_ROOT)) throw mismatch("ROOT_MISMATCH", newRoot, EMPTY_ROOT);
    return;
  }
  // The proof leaves out the old root when it is itself a full subtree of the new tree.
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof;
  let fn = oldSize - 1;
  let sn = newSize - 1;
  for (; fn % 2 === 1; fn = half(fn), sn = half(sn));
  const seed = path[0];
  if (seed === undefined) throw tooShort(proof);
  let fr = seed;
  let sr = seed;
  for (const hash of path.slice(1)) {
    if (sn === 0) throw tooLong(proof);
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(hash, fr);
      sr = nodeHash(hash, sr);
      for (; fn % 2 === 0 && fn !== 0; fn = half(fn), sn = half(sn));
    } else {
      sr = nodeHash(sr, hash);
    }
    fn = half(fn);
    sn = half(sn);
  }
  if (sn !== 0) throw tooShort(proof);
  if (!equalHashes(fr, oldRoot)) throw mismatch("OLD_ROOT_MISMATCH", oldRoot, fr);
  if (!equalHashes(sr, newRoot)) throw mismatch("ROOT_MISMATCH", newRoot, sr);
}

/** Root over leaves [first, end), where `first` is a multiple of the largest power of two below end - first. */
function subtree(first: number, end: number, hashAt: HashAt): Hash {
  const count = end - first;
  if (isPowerOfTwo(count)) return hashAt(Math.log2(count), first / count);
  const middle = first + splitPoint(count);
  return nodeHash(subtree(first, middle, hashAt), subtree(middle, end, hashAt));
}

/** The largest power of two below `count`, for a count of 2 or more. */
function splitPoint(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

function isPowerOfTwo(n: number): boolean {
  let power = 1;
  while (power < n) power *= 2;
  return power === n;
}

function half(n: number): number {
  return Math.floor(n / 2);
}

function checkIndex(index: number, size: number): void {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new TlogError(
      "INDEX_OUT_OF_RANGE",
      `an index into ${size} leaves is a whole number from 0 to ${size - 1}, not ${index}`,
    );
  }
}

function checkSizes(oldSize: number, newSize: number): void {
  checkSize(oldSize);
  checkSize(newSize);
  if (oldSize > newSize)
    throw new TlogError("SIZES_OUT_OF_ORDER", `the old tree (${oldSize}) is larger than the new one (${newSize})`);
}

function tooLong(proof: readonly Hash[]): TlogError {
  return new TlogError("WRONG_PROOF_LENGTH", `hashes are left over of ${proof.length}`);
}

function tooShort(proof: readonly Hash[]): TlogError {
  return new TlogError("WRONG_PROOF_LENGTH", `${proof.length} hashes are too few`);
}

function mismatch(code: "ROOT_MISMATCH" | "OLD_ROOT_MISMATCH", expected: Hash, found: Hash): TlogError {
  return new TlogError(code, `the proof leads to ${hashToBase64(found)}, not to ${hashToBase64(expected)}`);
}
