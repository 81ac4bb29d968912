// tiles.ts: the tree over the durable lines, in memory: the right edge of each level, and the full tiles that wait for being written.
// Pure; knows no disk. Source: c2sp.org/tlog-tiles.

import { HASH_BYTES, type Hash, rightEdge, rootFromTiles, TILE_WIDTH, type Tile, tileRoot } from "@proofline/tlog";

const TILE_BYTES = TILE_WIDTH * HASH_BYTES;

export interface FilledTile extends Tile {
  readonly bytes: Uint8Array;
}

interface Level {
  /** Of the tile that is being filled. */
  index: number;
  /** Hashes in it; below 256. */
  width: number;
  bytes: Uint8Array;
}

export class TreeTiles {
  #size: number;
  readonly #levels: Level[] = [];
  #full: FilledTile[] = [];

  /**
   * The tree of `size` lines.
   * @param readTile the bytes of each partial tile of that size, or of a wider one in its place
   * @throws {TlogError} BAD_TILE_LENGTH
   */
  constructor(size: number, readTile: (tile: Tile) => Uint8Array) {
    this.#size = size;
    for (let count = size; count > 0; count = Math.floor(count / TILE_WIDTH)) {
      this.#levels.push({ index: Math.floor(count / TILE_WIDTH), width: count % TILE_WIDTH, bytes: new Uint8Array(TILE_BYTES) });
    }
    for (const tile of rightEdge(size)) {
      this.#levels[tile.level]!.bytes.set(readTile(tile).subarray(0, tile.width * HASH_BYTES));
    }
  }

  static empty(): TreeTiles {
    return new TreeTiles(0, () => new Uint8Array(0));
  }

  get size(): number {
    return this.#size;
  }

  /** Full tiles that takeFull() would return. */
  get waiting(): number {
    return this.#full.length;
  }

  /** Appends leaf hashes, 32 bytes each. They are copied. */
  append(hashes: Uint8Array): void {
    this.#size += hashes.length / HASH_BYTES;
    this.#appendTo(0, hashes);
  }

  #appendTo(at: number, hashes: Uint8Array): void {
    let level = this.#levels[at];
    if (level === undefined) {
      level = { index: 0, width: 0, bytes: new Uint8Array(TILE_BYTES) };
      this.#levels.push(level);
    }
    for (let done = 0; done < hashes.length; ) {
      const start = level.width * HASH_BYTES;
      const piece = hashes.subarray(done, done + TILE_BYTES - start);
      level.bytes.set(piece, start);
      level.width += piece.length / HASH_BYTES;
      done += piece.length;
      if (level.width === TILE_WIDTH) this.#complete(at, level);
    }
  }

  #complete(at: number, level: Level): void {
    const bytes = level.bytes;
    this.#full.push({ level: at, index: level.index, width: TILE_WIDTH, bytes });
    level.index++;
    level.width = 0;
    level.bytes = new Uint8Array(TILE_BYTES);
    this.#appendTo(at + 1, tileRoot(bytes));
  }

  /** The full tiles since the last call. They must be written before a checkpoint of this size or beyond. */
  takeFull(): FilledTile[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** Copies of the partial tiles of this size. */
  edge(): FilledTile[] {
    return rightEdge(this.#size).map((tile) => ({ ...tile, bytes: this.#edgeBytes(tile).slice() }));
  }

  /** The tree head. Cost: at most a few hundred hashes. */
  root(): Hash {
    return rootFromTiles(this.#size, (tile) => this.#edgeBytes(tile));
  }

  #edgeBytes(tile: Tile): Uint8Array {
    return this.#levels[tile.level]!.bytes.subarray(0, tile.width * HASH_BYTES);
  }
}
