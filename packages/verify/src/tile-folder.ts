// tile-folder.ts: a log's tiles compared with its lines, and asked what the lines were when they were signed. Tiles are nobody's truth by
// themselves: one is believed only when it leads, tile by tile, to the root that a checkpoint signed.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CompactRange,
  equalHashes,
  HASH_BYTES,
  type Hash,
  hashToBase64,
  rightEdge,
  rootFromTiles,
  rootOf,
  splitTile,
  TILE_WIDTH,
  type Tile,
  TlogError,
  tilePath,
  tileRoot,
} from "@proofline/tlog";
import type { Findings } from "./report.ts";

const MAX_DIFFERENCES = 100;
/** 2^8 = 256: a tile stands for so many levels of the tree. */
const TILE_LEVELS = 8;
/** Tiles in memory for each level. Comparing goes from left to right, so few are needed. */
const CACHED_TILES = 8;

const NO_ROOTS: ReadonlyMap<number, Hash> = new Map();

/** A line whose hash is not the one that its tile holds, and the unbroken run of such lines that it begins. */
export interface TileDifference {
  readonly seq: number;
  /** Seq of the last line of the run. */
  last: number;
  readonly expected: Hash;
  readonly found: Hash;
}

export class TileFolder {
  readonly #folder: string;
  /** The tiles of this tree are looked at, and no others: what lies beyond was not signed, and may be half written. */
  readonly #size: number;
  readonly #root: Hash;
  readonly #cache = new Map<string, Buffer | undefined>();
  /** The tree's partial tiles. Read at once and kept: a receiver at work removes them when it has written wider ones. */
  readonly #edge: ReadonlyMap<string, Buffer | undefined>;
  /** Tiles that are there and have another length than they should. */
  readonly #misfits = new Map<string, string>();
  readonly #differences: TileDifference[] = [];
  /** Tiles above the leaves that do not hold what those below them amount to. */
  readonly #wrongAbove: Tile[] = [];
  /** For each level, the tile that is being filled: level 0 with leaves, level 1 with the roots of full tiles below, and so on. */
  readonly #filling: CompactRange[] = [];
  /** Hashes seen at each level. */
  readonly #counts: number[] = [];
  readonly #block = new Uint8Array(TILE_WIDTH * HASH_BYTES);
  #collected = { index: -1, bytes: 0 };
  #edgeVerdict: Verdict | undefined;

  readonly #hasTiles: boolean;

  /** @param folder the log's; its `tile` folder may be missing */
  constructor(folder: string, size: number, root: Hash) {
    this.#folder = folder;
    this.#size = size;
    this.#root = root;
    this.#hasTiles = existsSync(join(folder, "tile"));
    this.#edge = new Map(rightEdge(size).map((tile) => [tilePath(tile), this.#readFile(tile)]));
  }

  /** Whether the partial tiles of this very tree were all there. */
  get hasEdge(): boolean {
    return [...this.#edge.values()].every((bytes) => bytes !== undefined);
  }

  /** The tiles that could not be used, in words. Not evidence: a crash cuts files short, and tiles can be made again. */
  misfitsText(): string[] {
    if (this.#misfits.size === 0) return [];
    const some = [...this.#misfits].slice(0, 3).map(([path, text]) => `${path} (${text})`);
    const more = this.#misfits.size > some.length ? ", and more" : "";
    return [`some tiles could not be used: ${some.join(", ")}${more}; they can be rebuilt from the lines`];
  }

  /**
   * Compares the hashes of lines, in order and without a gap, with the tiles at level 0; and what they amount to with those above.
   * @param blockRoots roots of whole blocks of 256 lines among them, by the blocks' numbers, where these are known already
   */
  compare(first: number, leaves: Uint8Array, blockRoots: ReadonlyMap<number, Hash> = NO_ROOTS): void {
    if (!this.#hasTiles) return;
    const count = leaves.length / HASH_BYTES;
    for (let i = 0; i < count && first + i < this.#size; ) {
      const seq = first + i;
      const index = Math.floor(seq / TILE_WIDTH);
      const slot = seq % TILE_WIDTH;
      const length = Math.min(TILE_WIDTH - slot, count - i, this.#size - seq);
      const found = leaves.subarray(i * HASH_BYTES, (i + length) * HASH_BYTES);
      const tile = this.#read(this.#tileAt(0, index));
      const expected = tile?.subarray(slot * HASH_BYTES, (slot + length) * HASH_BYTES);
      if (expected !== undefined && Buffer.compare(expected, found) !== 0) this.#noteDifferences(seq, expected, found);
      const root = blockRoots.get(index);
      if (root !== undefined) this.#compareAbove(1, index, root);
      else this.#collect(index, slot, found);
      i += length;
    }
  }

  /** Puts a block of 256 hashes together whose root is not known; often it comes in pieces. */
  #collect(index: number, slot: number, piece: Uint8Array): void {
    const at = slot * HASH_BYTES;
    if (slot === 0) this.#collected = { index, bytes: 0 };
    if (this.#collected.index !== index || this.#collected.bytes !== at) return; // a piece is missing
    this.#block.set(piece, at);
    this.#collected.bytes = at + piece.length;
    if (this.#collected.bytes === this.#block.length) this.#compareAbove(1, index, tileRoot(this.#block));
  }

  #compareAbove(level: number, index: number, hash: Hash): void {
    if ((index + 1) * TILE_WIDTH ** level > this.#size) return;
    const tile = this.#tileAt(level, Math.floor(index / TILE_WIDTH));
    const slot = index % TILE_WIDTH;
    const expected = this.#read(tile)?.subarray(slot * HASH_BYTES, (slot + 1) * HASH_BYTES);
    if (expected !== undefined && !equalHashes(expected, hash)) this.#noteAbove(tile);
    if (this.#counts[level] === undefined && slot === 0) this.#counts[level] = index;
    if (this.#counts[level] !== index) return; // the blocks before were not seen: no sum can be made of this one
    this.#counts[level] = index + 1;
    if (slot === 0) this.#filling[level] = new CompactRange();
    this.#filling[level]?.append(hash);
    if (slot === TILE_WIDTH - 1) this.#compareAbove(level + 1, Math.floor(index / TILE_WIDTH), this.#filling[level]!.root());
  }

  #noteAbove(tile: Tile): void {
    const path = tilePath(tile);
    if (this.#wrongAbove.length < MAX_DIFFERENCES && !this.#wrongAbove.some((other) => tilePath(other) === path))
      this.#wrongAbove.push(tile);
  }

  #noteDifferences(first: number, expected: Buffer, found: Uint8Array): void {
    for (let at = 0; at < found.length; at += HASH_BYTES) {
      const was = Uint8Array.from(expected.subarray(at, at + HASH_BYTES));
      const is = Uint8Array.from(found.subarray(at, at + HASH_BYTES));
      if (equalHashes(was, is)) continue;
      const seq = first + at / HASH_BYTES;
      const run = this.#differences.at(-1);
      if (run !== undefined && run.last === seq - 1) run.last = seq;
      else if (this.#differences.length < MAX_DIFFERENCES) this.#differences.push({ seq, last: seq, expected: was, found: is });
    }
  }

  /** The lines that are not the ones that were signed: those whose tile says so and is believed. In order; the first hundred runs. */
  changedLines(): TileDifference[] {
    return this.#differences.filter(({ seq }) => this.#isTrusted(0, Math.floor(seq / TILE_WIDTH)));
  }

  /** Whether the signed tree vouches, through its tiles, for every line in [from, to]: that is then all the proof they need. */
  provesAll(from: number, to: number): boolean {
    if (to >= this.#size || this.#differences.some(({ seq, last }) => last >= from && seq <= to)) return false;
    for (let index = Math.floor(from / TILE_WIDTH); index <= Math.floor(to / TILE_WIDTH); index++)
      if (!this.#isTrusted(0, index)) return false;
    return true;
  }

  /**
   * The first tile over [from, to] that contradicts what was signed: it and all that lead from it to the root are there and whole, and
   * lead elsewhere. Whoever writes lines anew and then their tiles leaves this. Missing and torn tiles never do, nor does a log that
   * grows meanwhile: what a tile of one tree holds does not change.
   */
  contradiction(from: number, to: number): TileContradiction | undefined {
    for (let index = Math.floor(from / TILE_WIDTH); index <= Math.floor(Math.min(to, this.#size - 1) / TILE_WIDTH); index++) {
      if (this.#verdict(0, index) !== "wrong") continue;
      return {
        seq: index * TILE_WIDTH,
        expected: `tiles that lead to root ${hashToBase64(this.#root)} over ${this.#size} lines, as signed`,
        found: "whole tiles that lead to another root: these lines or their tiles are not those that were signed",
        where: join(this.#folder, tilePath(this.#tileAt(0, index))),
      };
    }
    return undefined;
  }

  /**
   * The root over the lines [index * 2^level, (index + 1) * 2^level), all of them in the tree, if its tiles lead to the signed root.
   * @returns why there is none otherwise: whole tiles that lead elsewhere, or tiles that are missing
   */
  subtree(level: number, index: number): Hash | "wrong" | "unusable" {
    const tileLevel = Math.floor(level / TILE_LEVELS);
    const width = 2 ** (level % TILE_LEVELS);
    const tile = this.#tileAt(tileLevel, Math.floor((index * width) / TILE_WIDTH));
    const verdict = this.#verdict(tile.level, tile.index);
    if (verdict !== "trusted") return verdict;
    const slot = (index * width) % TILE_WIDTH;
    return rootOf(splitTile(this.#read(tile) ?? new Uint8Array(0), tile.width).slice(slot, slot + width));
  }

  /** Reports the tiles that are wrong themselves. */
  reportWrongTiles(findings: Findings): void {
    const wrong = new Map<string, Finding>();
    for (const { seq, expected, found } of this.#differences) {
      const tile = this.#tileAt(0, Math.floor(seq / TILE_WIDTH));
      if (this.#isTrusted(0, tile.index) || findings.anyBelow(seq + 1)) continue;
      if (!wrong.has(tilePath(tile)))
        wrong.set(tilePath(tile), { seq, expected: `hash ${hashToBase64(found)}`, found: `hash ${hashToBase64(expected)}` });
    }
    for (const tile of this.#wrongAbove) {
      const seq = tile.index * TILE_WIDTH ** (tile.level + 1);
      if (findings.anyBelow(seq + TILE_WIDTH ** (tile.level + 1)) || this.#isTrusted(tile.level, tile.index)) continue;
      wrong.set(tilePath(tile), { seq, expected: "the sums of the tiles below", found: "others" });
    }
    for (const [path, finding] of wrong) findings.add({ code: "TILE_CHANGED", ...finding, where: join(this.#folder, path) });
  }

  #tileAt(level: number, index: number): Tile {
    const count = Math.floor(this.#size / TILE_WIDTH ** level);
    return { level, index, width: Math.min(TILE_WIDTH, count - index * TILE_WIDTH) };
  }

  #isTrusted(level: number, index: number): boolean {
    return this.#verdict(level, index) === "trusted";
  }

  #verdict(level: number, index: number): Verdict {
    const tile = this.#tileAt(level, index);
    if (tile.width < 1) return "unusable";
    if (tile.width < TILE_WIDTH) return this.#judgeEdge();
    const bytes = this.#read(tile);
    if (bytes === undefined) return "unusable";
    const parent = Math.floor(index / TILE_WIDTH);
    const verdict = this.#verdict(level + 1, parent);
    if (verdict !== "trusted") return verdict;
    const slot = index % TILE_WIDTH;
    const expected = this.#read(this.#tileAt(level + 1, parent))?.subarray(slot * HASH_BYTES, (slot + 1) * HASH_BYTES);
    if (expected === undefined || expected.length < HASH_BYTES) return "unusable";
    return equalHashes(tileRoot(bytes), expected) ? "trusted" : "wrong";
  }

  #judgeEdge(): Verdict {
    this.#edgeVerdict ??= this.#computeEdge();
    return this.#edgeVerdict;
  }

  #computeEdge(): Verdict {
    if (!this.hasEdge) return "unusable";
    try {
      const root = rootFromTiles(this.#size, (tile) => this.#read(tile) ?? new Uint8Array(0));
      return equalHashes(root, this.#root) ? "trusted" : "wrong";
    } catch (error) {
      if (error instanceof TlogError) return "unusable";
      throw error;
    }
  }

  /** A tile's bytes, from its own file or from the full tile that it became; undefined when there is neither, or too little in it. */
  #read(tile: Tile): Buffer | undefined {
    const path = tilePath(tile);
    if (this.#edge.has(path)) return this.#edge.get(path);
    if (this.#cache.has(path)) return this.#cache.get(path);
    const bytes = this.#readFile(tile);
    if (this.#cache.size >= CACHED_TILES * 4) this.#cache.delete(this.#cache.keys().next().value!);
    this.#cache.set(path, bytes);
    return bytes;
  }

  #readFile(tile: Tile): Buffer | undefined {
    const misfits: [path: string, text: string][] = [];
    for (const width of new Set([tile.width, TILE_WIDTH])) {
      const path = tilePath({ ...tile, width });
      const bytes = readIfThere(join(this.#folder, path));
      if (bytes?.length === width * HASH_BYTES) return bytes.subarray(0, tile.width * HASH_BYTES);
      if (bytes !== undefined) misfits.push([path, `${bytes.length} bytes instead of ${width * HASH_BYTES}`]);
    }
    for (const [path, text] of misfits) if (this.#misfits.size < MAX_DIFFERENCES) this.#misfits.set(path, text);
    return undefined;
  }
}

/** Of a tile: what it holds was signed; it was not; or there are tiles missing between it and the signed root. */
type Verdict = "trusted" | "wrong" | "unusable";

export interface TileContradiction extends Finding {
  readonly where: string;
}

interface Finding {
  readonly seq: number;
  readonly expected: string;
  readonly found: string;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined; // missing, or not to be read: tiles can be made again from the lines, and prove nothing by being there
  }
}
