// tile-store.ts: tiles on the disk. Nothing here is the truth: a tile that is missing or wrong is written again from the segments.
// Knows when a tile is durable, not what its hashes mean.

import { dirname, join } from "node:path";
import { TILE_WIDTH, type Tile, tilePath } from "@proofline/tlog";
import type { Disk } from "./disk.ts";
import { type Directories, PUBLIC, TEMPORARY, writeFile } from "./durable.ts";
import type { Layout } from "./layout.ts";
import type { FilledTile } from "./tiles.ts";

/**
 * Tiles on their way to the disk at once: a journal commit serves all that wait for it. Not more than half of the threads that the service has
 * for its disk: lines are synced by the same ones, and an acknowledgement must not wait behind tiles, for which nobody waits.
 */
const PARALLEL = 8;

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
    const changed = new Set<string>();
    let next = 0;
    const work = async () => {
      while (next < tiles.length) {
        const tile = tiles[next++]!;
        const path = this.#layout.tile(tile);
        await this.#directories.ensure(dirname(path));
        if (tile.width === TILE_WIDTH) await writeFile(this.#disk, path, tile.bytes, PUBLIC);
        else {
          await writeFile(this.#disk, path + TEMPORARY, tile.bytes, PUBLIC);
          await this.#disk.rename(path + TEMPORARY, path);
        }
        changed.add(dirname(path));
      }
    };
    const workers = Array.from({ length: Math.min(PARALLEL, tiles.length) }, work);
    // All of them end before this does, also when one fails: no write is under way after the caller has heard of it.
    for (const result of await Promise.allSettled(workers)) if (result.status === "rejected") throw result.reason;
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
