// compact-range.ts: a tree that only grows, as the few hashes that its root needs. Knows no lines and no disk.
// One hash for each bit set in the size, the largest subtree first.

import { TlogError } from "./errors.ts";
import { checkHash, EMPTY_ROOT, type Hash, nodeHash } from "./hash.ts";

/** Appending n leaves costs n hashes or fewer beside the leaves' own, and O(log n) memory. */
export class CompactRange {
  #size = 0;
  /** Roots of the full subtrees, left to right; their sizes are the powers of two in #size. */
  readonly #hashes: Hash[] = [];

  /**
   * The range over the first `size` leaves.
   * @param hashes what {@link hashes} returned at that size
   * @throws {TlogError} SIZE_OUT_OF_RANGE, WRONG_RANGE_LENGTH, BAD_HASH_LENGTH
   */
  static from(size: number, hashes: readonly Hash[]): CompactRange {
    const expected = countOnes(checkSize(size));
    if (hashes.length !== expected) {
      throw new TlogError("WRONG_RANGE_LENGTH", `a range over ${size} leaves has ${expected} hashes, not ${hashes.length}`);
    }
    const range = new CompactRange();
    range.#size = size;
    for (const hash of hashes) range.#hashes.push(checkHash(hash));
    return range;
  }

  /** How many leaves it covers. */
  get size(): number {
    return this.#size;
  }

  append(leaf: Hash): void {
    this.appendSubtree(0, leaf);
  }

  /**
   * Appends the 2^level leaves under `root` at once.
   * @throws {TlogError} SUBTREE_MISALIGNED unless the size is a multiple of 2^level; SIZE_OUT_OF_RANGE; BAD_HASH_LENGTH
   */
  appendSubtree(level: number, root: Hash): void {
    checkHash(root);
    const leaves = 2 ** level;
    if (!Number.isSafeInteger(leaves) || leaves < 1 || this.#size % leaves !== 0) {
      throw new TlogError("SUBTREE_MISALIGNED", `a subtree of level ${level} cannot follow ${this.#size} leaves`);
    }
    checkSize(this.#size + leaves);
    let merged = root;
    // Each trailing one bit above `level` is a full subtree of the same size to the left: two of a size become one.
    for (let rest = this.#size / leaves; rest % 2 === 1; rest = (rest - 1) / 2) {
      merged = nodeHash(this.#hashes.pop() as Hash, merged);
    }
    this.#hashes.push(merged);
    this.#size += leaves;
  }

  /** The tree head over all leaves so far; the empty root when there are none. Cost: O(log n) hashes. */
  root(): Hash {
    let root: Hash | undefined;
    for (let i = this.#hashes.length - 1; i >= 0; i--) {
      const left = this.#hashes[i] as Hash;
      root = root === undefined ? left : nodeHash(left, root);
    }
    return root ?? EMPTY_ROOT;
  }

  /** The subtree roots, largest first: what {@link from} needs to go on from here. */
  hashes(): Hash[] {
    return [...this.#hashes];
  }
}

/** The tree head over `leaves` (or over the roots of equally large subtrees). */
export function rootOf(leaves: Iterable<Hash>): Hash {
  const range = new CompactRange();
  for (const leaf of leaves) range.append(leaf);
  return range.root();
}

/** @throws {TlogError} SIZE_OUT_OF_RANGE */
export function checkSize(size: number, least = 0): number {
  if (!Number.isSafeInteger(size) || size < least) {
    throw new TlogError("SIZE_OUT_OF_RANGE", `a tree size is a whole number from ${least} to 2^53-1, not ${size}`);
  }
  return size;
}

// Sizes go to 2^53, beyond the 32 bits of JavaScript's bitwise operators.
function countOnes(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
