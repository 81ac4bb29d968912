// root-tracker.ts: the Merkle tree over the lines as they go by, compared with every signed root on the way. Knows hashes only.
// When a line's hash is not what the next line says it is, the tree goes on with what the next line says: if it then meets a signed
// root, that proves every `prev` below it genuine, and with them which lines were changed.

import { CompactRange, equalHashes, HASH_BYTES, type Hash } from "@proofline/tlog";
import type { Chunk } from "./chunk.ts";

/** A signed root, and what the lines say at its size. */
export interface Target {
  readonly size: number;
  readonly root: Hash;
}

export interface Meeting {
  /** Root over the lines as they are. */
  readonly found: Hash;
  /** `as-read`: the lines' own hashes lead to the signed root; `as-linked`: what the next lines say of them does; `no`. */
  readonly agrees: "as-read" | "as-linked" | "no";
}

export class RootTracker {
  #range: CompactRange | undefined = new CompactRange();
  /** The range without its last leaf, to replace that one. */
  #before: { size: number; hashes: Hash[] } = { size: 0, hashes: [] };
  /** A leaf was replaced: the tree is the one that the lines claim, no longer the one that they are. */
  #isClaimed = false;
  readonly #targets = new Map<number, Target[]>();
  /** Sizes of the targets, ascending; those before #nextSize lie behind. */
  readonly #sizes: readonly number[];
  #nextSize = 0;
  readonly #meetings = new Map<Target, Meeting>();

  constructor(targets: readonly Target[]) {
    for (const target of targets) this.#targets.set(target.size, [...(this.#targets.get(target.size) ?? []), target]);
    this.#sizes = [...this.#targets.keys()].toSorted((a, b) => a - b);
    this.#meet();
  }

  /** Leaves so far; undefined when some are not known and no root can be met any more. */
  get size(): number | undefined {
    return this.#range?.size;
  }

  meeting(target: Target): Meeting | undefined {
    return this.#meetings.get(target);
  }

  /** A leaf is not known: no root can be met from here on. */
  lose(): void {
    this.#range = undefined;
  }

  append(leaf: Hash): void {
    if (this.#range === undefined) return;
    this.#before = { size: this.#range.size, hashes: this.#range.hashes() };
    this.#range.append(leaf);
    this.#meet();
  }

  /** The next line says that the last leaf is another. */
  replaceLast(leaf: Hash): void {
    if (this.#range === undefined) return;
    this.#range = CompactRange.from(this.#before.size, this.#before.hashes);
    this.#isClaimed = true;
    this.#range.append(leaf);
    this.#meet();
  }

  /** Appends the lines of a chunk, by groups where no signed root lies within; the last one by itself, so that it can be replaced. */
  appendChunk({ firstSeq, count, leaves, groupLevels, groupRoots }: Chunk): void {
    let at = 0;
    for (const [i, level] of groupLevels.entries()) {
      const width = 2 ** level;
      if (this.#hasTargetInside(firstSeq + at, width)) this.#appendLeaves(leaves, at, at + width);
      else {
        this.#range?.appendSubtree(level, hashAt(groupRoots, i));
        this.#meet();
      }
      at += width;
    }
    this.#appendLeaves(leaves, at, count);
  }

  #appendLeaves(leaves: Uint8Array, from: number, end: number): void {
    for (let i = from; i < end; i++) this.append(hashAt(leaves, i));
  }

  #hasTargetInside(first: number, width: number): boolean {
    while (this.#nextSize < this.#sizes.length && this.#sizes[this.#nextSize]! <= first) this.#nextSize++;
    const size = this.#sizes[this.#nextSize];
    return size !== undefined && size < first + width;
  }

  #meet(): void {
    const range = this.#range;
    const targets = range === undefined ? undefined : this.#targets.get(range.size);
    if (range === undefined || targets === undefined) return;
    const root = range.root();
    for (const target of targets) {
      const earlier = this.#meetings.get(target);
      if (earlier !== undefined && earlier.agrees !== "no") continue;
      const agrees = equalHashes(root, target.root) ? (this.#isClaimed ? "as-linked" : "as-read") : "no";
      this.#meetings.set(target, { found: earlier?.found ?? root, agrees });
    }
  }
}

function hashAt(hashes: Uint8Array, index: number): Hash {
  return hashes.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES);
}
