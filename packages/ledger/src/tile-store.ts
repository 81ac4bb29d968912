// tile-store.ts: tiles on the disk. Nothing here is the truth: a tile that is missing or wrong is written again from the segments.
// Knows when a tile is durable, not what its hashes mean.

import { dirname, join } from "node:path";
import { TILE_WIDTH, type Tile, tilePath } from "@proofline/tlog";
import type { Disk } from "./disk.ts";
import { type Directories, PUBLIC, TEMPORARY, writeFiles } from "./durable.ts";
import type { Layout } from "./layout.ts";
import type { FilledTile } from "./tiles.ts";

export class TileStore {
  readonly #disk: Disk;
  readonly #layout: Layout;
  readonly #directories: Directories;

  constructor(disk: Disk, layout: Layout, directories: Directories) {
    this.#disk = disk;
    this.#layout = layout;
    this.#directories = directories;
  }

  /**
   * Writes tiles; they are durable when it resolves. One that is there is written again.
   * A crash within: any of them may be missing, and full ones torn. No checkpoint needs those yet, so recovery computes them once more. But a
   * partial one may be the very tile, of the same width, that the published checkpoint has: it is replaced, never emptied, or the next start
   * would have to hash every line.
   */
  async write(tiles: readonly FilledTile[]): Promise<void> {
    const files = tiles.map((tile) => ({ isFull: tile.width === TILE_WIDTH, path: this.#layout.tile(tile), bytes: tile.bytes }));
    const changed = new Set(files.map(({ path }) => dirname(path)));
    for (const directory of changed) await this.#directories.ensure(directory);
    const written = files.map(({ isFull, path, bytes }) => ({ path: isFull ? path : path + TEMPORARY, bytes }));
    await writeFiles(this.#disk, written, PUBLIC);
    for (const { isFull, path } of files) if (!isFull) await this.#disk.rename(path + TEMPORARY, path);
    for (const directory of changed) await this.#disk.syncDirectory(directory);
  }

  /**
   * A tile as it was for a tree of `size` lines: its own file, or the full tile that it has become since.
   * undefined when neither is there, or what is there is too short.
   */
  async read(tile: Tile): Promise<Uint8Array | undefined> {
    for (const width of new Set([tile.width, TILE_WIDTH])) {
      const bytes = await this.#disk.readFile(this.#layout.tile({ ...tile, width }));
      if (bytes !== undefined && bytes.length === width * 32) return bytes;
    }
    return undefined;
  }

  /** Removes the partial tiles of an older size. Not durable: one that comes back after a power cut is harmless. */
  async removeSuperseded(old: readonly Tile[], current: readonly Tile[]): Promise<void> {
    const kept = new Set(current.map(tilePath));
    for (const tile of old) {
      if (kept.has(tilePath(tile))) continue;
      await this.#disk.unlink(this.#layout.tile(tile));
      const stillPartial = current.some(({ level, index }) => level === tile.level && index === tile.index);
      if (!stillPartial) await this.#disk.removeDirectory(this.#layout.partials(tile.level, tile.index));
    }
  }

  /** Removes what a crash kept from being removed, or renamed: other names beside the tiles at the right edge. */
  async removeStrays(current: readonly Tile[]): Promise<void> {
    for (const { level, index, width } of current) {
      const directory = this.#layout.partials(level, index);
      for (const name of await this.#disk.list(directory)) {
        if (name !== String(width)) await this.#disk.unlink(join(directory, name));
      }
    }
  }
}
