// tile.ts: where a hash lives. Arithmetic over sizes and the bytes of tiles; knows no disk, no HTTP, no clock.
// Source: c2sp.org/tlog-tiles. A tile at level L holds the roots of subtrees of 256^L leaves, 256 of them when it is full.

import { CompactRange, checkSize, rootOf } from "./compact-range.ts";
import { TlogError } from "./errors.ts";
import { EMPTY_ROOT, foldHashes, HASH_BYTES, type Hash } from "./hash.ts";
import type { HashAt } from "./proof.ts";

export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8; // 2^8 = 256
const MAX_LEVEL = 63;

export interface Tile {
  /** 0 to 63; level 0 holds leaf hashes. */
  readonly level: number;
  /** Counts tiles of its level from the left. */
  readonly index: number;
  /** Hashes in it, 1 to 256; below 256 it is partial. */
  readonly width: number;
}

/**
 * Path of a tile, e.g. `tile/0/x001/067` or, partial, `tile/0/x001/067.p/5`. Inverse of {@link parseTilePath}.
 * @throws {TlogError} BAD_TILE
 */
export function tilePath(tile: Tile): string {
  const { level, index, width } = checkTile(tile);
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.../g) as string[];
  const path = `tile/${level}/${groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join("/")}`;
  return width === TILE_WIDTH ? path : `${path}.p/${width}`;
}

/** @throws {TlogError} BAD_TILE_PATH for anything that {@link tilePath} would not write; nothing else */
export function parseTilePath(path: string): Tile {
  const match = /^tile\/([0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path);
  const tile = {
    level: Number(match?.[1]),
    index: Number(match?.[2]?.replaceAll(/[x/]/g, "")),
    width: match?.[3] === undefined ? TILE_WIDTH : Number(match[3]),
  };
  if (match === null || !isTile(tile) || tilePath(tile) !== path) {
    throw new TlogError("BAD_TILE_PATH", `not a tile's path: ${JSON.stringify(path.slice(0, 100))}`);
  }
  return tile;
}

/**
 * The tiles that a tree of `newSize` has and one of `oldSize` has not (or has narrower): full ones, and the partial one at the
 * right edge of each level; levels upward, then left to right. `tilesFor(0, size)` are all tiles of a tree.
 * @throws {TlogError} SIZE_OUT_OF_RANGE, SIZES_OUT_OF_ORDER
 */
export function tilesFor(oldSize: number, newSize: number): Tile[] {
  checkSize(oldSize);
  checkSize(newSize);
  if (oldSize > newSize)
    throw new TlogError("SIZES_OUT_OF_ORDER", `the old tree (${oldSize}) is larger than the new one (${newSize})`);
  const tiles: Tile[] = [];
  let before = oldSize;
  let now = newSize;
  for (let level = 0; now > before; level++) {
    const full = Math.floor(now / TILE_WIDTH);
    for (let index = Math.floor(before / TILE_WIDTH); index < full; index++) tiles.push({ level, index, width: TILE_WIDTH });
    if (now % TILE_WIDTH > 0) tiles.push({ level, index: full, width: now % TILE_WIDTH });
    before = Math.floor(before / TILE_WIDTH);
    now = full;
  }
  return tiles;
}

/**
 * The partial tiles of a tree of `size`, levels upward; with a multiple of 256 hashes at a level it has none there. Together they
 * hold every hash that the root needs: see {@link rangeFromTiles}.
 */
export function rightEdge(size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0, count = checkSize(size); count > 0; level++, count = Math.floor(count / TILE_WIDTH)) {
    const width = count % TILE_WIDTH;
    if (width > 0) tiles.push({ level, index: Math.floor(count / TILE_WIDTH), width });
  }
  return tiles;
}

/**
 * The bytes of a tile, 32 a hash.
 * @param hashAt asked for (8 * level, index * 256 + slot), each a full subtree
 * @throws {TlogError} BAD_TILE
 */
export function tileBytes(tile: Tile, hashAt: HashAt): Uint8Array {
  const { level, index, width } = checkTile(tile);
  const bytes = new Uint8Array(width * HASH_BYTES);
  for (let slot = 0; slot < width; slot++) bytes.set(hashAt(TILE_HEIGHT * level, index * TILE_WIDTH + slot), slot * HASH_BYTES);
  return bytes;
}

/**
 * The hashes in a tile's first `width` slots. A wider tile than asked for is fine, as a partial tile may be gone once its full one exists.
 * @throws {TlogError} BAD_TILE_LENGTH when there are fewer, more than 256, or a broken one
 */
export function splitTile(bytes: Uint8Array, width: number): Hash[] {
  if (bytes.length % HASH_BYTES !== 0 || bytes.length < width * HASH_BYTES || bytes.length > TILE_WIDTH * HASH_BYTES) {
    throw new TlogError("BAD_TILE_LENGTH", `a tile of width ${width} has ${width * HASH_BYTES} bytes, not ${bytes.length}`);
  }
  return Array.from({ length: width }, (_, slot) => bytes.slice(slot * HASH_BYTES, (slot + 1) * HASH_BYTES));
}

/** The hash that a full tile stands for one level up. @throws {TlogError} BAD_TILE_LENGTH */
export function tileRoot(bytes: Uint8Array): Hash {
  if (bytes.length !== TILE_WIDTH * HASH_BYTES)
    throw new TlogError("BAD_TILE_LENGTH", `a full tile has ${TILE_WIDTH * HASH_BYTES} bytes, not ${bytes.length}`);
  return foldHashes(bytes);
}

/**
 * The compact range over `size` leaves, out of its right edge tiles: no leaf is read.
 * @param readTile the bytes of each tile of {@link rightEdge}, or of a wider one in its place
 * @throws {TlogError} SIZE_OUT_OF_RANGE, BAD_TILE_LENGTH
 */
export function rangeFromTiles(size: number, readTile: (tile: Tile) => Uint8Array): CompactRange {
  const hashes: Hash[] = [];
  for (const tile of rightEdge(size).reverse()) {
    const slots = splitTile(readTile(tile), tile.width);
    for (let power = TILE_WIDTH / 2, at = 0; power >= 1; power /= 2) {
      if (Math.floor(tile.width / power) % 2 === 0) continue;
      hashes.push(rootOf(slots.slice(at, at + power)));
      at += power;
    }
  }
  return CompactRange.from(size, hashes);
}

/** The tree head over `size` leaves, out of its right edge tiles. @throws {TlogError} as {@link rangeFromTiles} */
export function rootFromTiles(size: number, readTile: (tile: Tile) => Uint8Array): Hash {
  return size === 0 ? EMPTY_ROOT : rangeFromTiles(size, readTile).root();
}

function checkTile(tile: Tile): Tile {
  if (!isTile(tile))
    throw new TlogError("BAD_TILE", `no such tile: level ${tile.level}, index ${tile.index}, width ${tile.width}`);
  return tile;
}

function isTile({ level, index, width }: Tile): boolean {
  return isWithin(level, 0, MAX_LEVEL) && isWithin(index, 0, Number.MAX_SAFE_INTEGER) && isWithin(width, 1, TILE_WIDTH);
}

function isWithin(n: number, least: number, most: number): boolean {
  return Number.isSafeInteger(n) && n >= least && n <= most;
}
