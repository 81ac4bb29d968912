// published-tiles.ts: the hash tiles that the newest checkpoint covers, read from the log's folder. Trusts none of them: whoever
// uses their hashes arrives at the signed root or does not. Source: c2sp.org/tlog-tiles.

import type { Disk, Layout } from "@proofline/ledger";
import { HASH_BYTES, TILE_WIDTH, type Tile } from "@proofline/tlog";

/** A tile that the checkpoint covers is not on the disk, or too short. */
export class TileMissing extends Error {
  override readonly name = "TileMissing";
  readonly code = "TILE_MISSING";
}

export interface TileSource {
  /**
   * The bytes of a tile, 32 a hash, `tile.width` of them. undefined when the newest checkpoint does not cover that many.
   * @throws {TileMissing} {Error} the disk's
   */
  read(tile: Tile): Promise<Uint8Array | undefined>;
}

/** While a tile is looked for the log may grow past it; more often than this it does not within one look. */
const MAX_TRIES = 8;

export class PublishedTiles implements TileSource {
  readonly #disk: Pick<Disk, "readFile">;
  readonly #layout: Pick<Layout, "tile">;
  readonly #checkpointSize: () => number;

  constructor(o: { disk: Pick<Disk, "readFile">; layout: Pick<Layout, "tile">; checkpointSize: () => number }) {
    this.#disk = o.disk;
    this.#layout = o.layout;
    this.#checkpointSize = o.checkpointSize;
  }

  async read(tile: Tile): Promise<Uint8Array | undefined> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const size = this.#checkpointSize();
      const width = publishedWidth(tile, size);
      if (width < tile.width) return undefined;
      // A partial tile of an older size is gone; the wider one that is there begins with the same hashes, for all of them are of full subtrees.
      const bytes = await this.#disk.readFile(this.#layout.tile({ ...tile, width }));
      if (bytes !== undefined && bytes.length === width * HASH_BYTES) return bytes.subarray(0, tile.width * HASH_BYTES);
      if (this.#checkpointSize() === size) break;
    }
    throw new TileMissing(`a tile of level ${tile.level}, index ${tile.index} is not whole on the disk`);
  }
}

/** How many hashes of a tile a tree of `size` leaves has, 0 to 256. */
export function publishedWidth({ level, index }: Pick<Tile, "level" | "index">, size: number): number {
  let count = size;
  for (let at = 0; at < level && count > 0; at++) count = Math.floor(count / TILE_WIDTH);
  return Math.max(0, Math.min(TILE_WIDTH, count - index * TILE_WIDTH));
}
