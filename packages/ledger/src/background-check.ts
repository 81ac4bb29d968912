// background-check.ts: all of a log that the start did not read: every line under the checkpoint hashed again, and the tiles over it
// compared, beside everything else and at a bounded share of the processor. Tiles that are wrong under a root that is right are written
// again; lines that are wrong are told of, and left as they are.

import { Buffer } from "node:buffer";
import { hashFromBase64, hashToBase64, type OpenedCheckpoint } from "@proofline/tlog";
import { walkChain } from "./chain-walk.ts";
import type { Disk } from "./disk.ts";
import { asLedgerError, type LedgerError } from "./errors.ts";
import type { Layout } from "./layout.ts";
import { forked } from "./refusals.ts";
import type { TileStore } from "./tile-store.ts";
import { type FilledTile, TreeTiles } from "./tiles.ts";

/** About a millisecond of hashing: what a batch of lines may have to wait for. */
const SLICE_BYTES = 256 << 10;

export interface CheckState {
  /** `failed`: something could not be read; nothing is known of the rest. */
  readonly at: "off" | "running" | "holds" | "damaged" | "failed" | "stopped";
  /** Lines that hold so far. */
  readonly lines: number;
  /** Lines under the checkpoint at the start. */
  readonly of: number;
  readonly tilesRepaired: number;
  /** What was found, when it is damaged or failed. */
  readonly error: LedgerError | undefined;
}

export interface BackgroundCheckOptions {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly store: TileStore;
  /** First seqs of the segments, ascending. */
  readonly firsts: readonly number[];
  readonly checkpoint: OpenedCheckpoint;
  /** Awaited after each slice of work: what keeps it to a share of the processor. */
  readonly pause: () => Promise<unknown>;
}

class Stopped extends Error {}

export class BackgroundCheck {
  readonly #o: BackgroundCheckOptions;
  #at: CheckState["at"] = "running";
  #lines = 0;
  #wrongTiles = 0;
  #tilesRepaired = 0;
  #error: LedgerError | undefined;
  #isStopped = false;
  #running: Promise<CheckState> | undefined;

  constructor(o: BackgroundCheckOptions) {
    this.#o = o;
  }

  get state(): CheckState {
    return {
      at: this.#at,
      lines: this.#lines,
      of: this.#o.checkpoint.size,
      tilesRepaired: this.#tilesRepaired,
      error: this.#error,
    };
  }

  /** Resolves when it is known, or stop() was called. Never rejects. Memory: one slice, and the tiles that it completes. */
  run(): Promise<CheckState> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(): Promise<CheckState> {
    try {
      await this.#pass(false);
      // Only now that the lines are known to be the signed ones may tiles be made from them.
      if (this.#wrongTiles > 0) await this.#pass(true);
      this.#at = "holds";
    } catch (error) {
      if (error instanceof Stopped) this.#at = "stopped";
      else {
        this.#error = asLedgerError(`checking ${this.#o.layout.folder}`, error);
        this.#at = this.#error.code === "CORRUPT" || this.#error.code === "FORKED" ? "damaged" : "failed";
      }
    }
    return this.state;
  }

  async #pass(repair: boolean): Promise<void> {
    const { checkpoint, disk, firsts, layout } = this.#o;
    const tree = TreeTiles.empty();
    const { lines } = await walkChain({
      ...{ disk, layout, firsts, end: checkpoint.size, sliceBytes: SLICE_BYTES },
      pace: async () => {
        this.#lines = tree.size;
        await this.#compare(tree.takeFull(), repair);
        await this.#o.pause();
        if (this.#isStopped) throw new Stopped();
      },
      onLeaf: (leaf) => tree.append(hashFromBase64(leaf)),
    });
    await this.#compare(tree.takeFull(), repair);
    this.#lines = lines;
    const root = hashToBase64(tree.root());
    if (lines !== checkpoint.size || root !== hashToBase64(checkpoint.root)) throw forked(layout, checkpoint, root);
  }

  async #compare(tiles: readonly FilledTile[], repair: boolean): Promise<void> {
    for (const tile of tiles) {
      const { level, index, width } = tile;
      const found = await this.#o.store.read({ level, index, width });
      if (found !== undefined && Buffer.compare(found, tile.bytes) === 0) continue;
      this.#wrongTiles++;
      if (!repair) continue;
      // A crash within: this tile is wrong, or torn, as it was before. The next check writes it again.
      await this.#o.store.write([tile]);
      this.#tilesRepaired++;
    }
  }
}
