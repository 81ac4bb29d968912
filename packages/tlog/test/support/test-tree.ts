// test-tree.ts: all hashes of a small tree, computed naively, to make proofs and tiles from.
import { type Hash, type HashAt, leafHash, nodeHash, rootOf } from "@proofline/tlog";

export class TestTree {
  readonly #levels: Hash[][];
  constructor(leaves: readonly Hash[]) {
    this.#levels = [[...leaves]];
    for (let below = this.#levels[0]!; below.length > 1; below = this.#levels.at(-1)!) {
      const level: Hash[] = [];
      for (let i = 0; i + 1 < below.length; i += 2) level.push(nodeHash(below[i]!, below[i + 1]!));
      this.#levels.push(level);
    }
  }

  leaf(index: number): Hash {
    return this.hashAt(0, index);
  }

  /** The head of the tree of the first `size` leaves. */
  root(size: number): Hash {
    return rootOf(this.#levels[0]!.slice(0, size));
  }

  /** Throws for a subtree that is not full: nobody may ask for one. */
  readonly hashAt: HashAt = (level, index) => {
    const hash = this.#levels[level]?.[index];
    if (hash === undefined) throw new RangeError(`the tree has no full subtree ${level}/${index}`);
    return hash;
  };
}

export function decimalLeaves(count: number): Hash[] {
  return Array.from({ length: count }, (_, i) => leafHash(Buffer.from(String(i))));
}
