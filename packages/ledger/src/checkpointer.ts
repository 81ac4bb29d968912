// checkpointer.ts: signs what is durable, and nothing else. One checkpoint at a time; as often as the log grows, but not more often
// than the interval. Knows the tree and the key, not the lines.

import { Buffer } from "node:buffer";
import { type NoteSigner, rightEdge, signCheckpoint, type Tile } from "@proofline/tlog";
import type { Disk } from "./disk.ts";
import { PUBLIC, replaceFile } from "./durable.ts";
import type { Fuse } from "./fuse.ts";
import type { Layout } from "./layout.ts";
import type { TileStore } from "./tile-store.ts";
import type { TreeTiles } from "./tiles.ts";

export interface SignedCheckpoint {
  readonly size: number;
  readonly note: string;
}

export interface CheckpointerOptions {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly fuse: Fuse;
  readonly signer: NoteSigner;
  readonly store: TileStore;
  /** Holds durable lines only. */
  readonly tree: TreeTiles;
  readonly latest: SignedCheckpoint;
  readonly intervalMs: number;
}

type Listener = (note: string, size: number) => void;

export class Checkpointer {
  readonly #o: CheckpointerOptions;
  /** On the disk. Replaced by #write only. */
  #latest: SignedCheckpoint;
  #edge: readonly Tile[];
  /** Whether this process wrote the tiles at the right edge of the latest; those of an earlier one are not relied on. */
  #edgeIsWritten = false;
  /** Runs for an interval from the beginning of each checkpoint that growth brought about. */
  #timer: NodeJS.Timeout | undefined;
  /** Whether the log grew while the timer ran. */
  #hasGrown = false;
  /** Settles when the one that is being written is done. Never rejects. */
  #writing: Promise<void> = Promise.resolve();
  /** Asked for, and not begun. */
  #queued: Promise<void> | undefined;
  readonly #listeners = new Set<Listener>();

  constructor(o: CheckpointerOptions) {
    this.#o = o;
    this.#latest = o.latest;
    this.#edge = rightEdge(o.latest.size);
  }

  get latest(): SignedCheckpoint {
    return this.#latest;
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The log has grown. A quiet log is signed at once, so that nobody waits for the proof of a lone event; a busy one once an interval. */
  due(): void {
    if (!Number.isFinite(this.#o.intervalMs)) return;
    if (this.#timer !== undefined) {
      this.#hasGrown = true;
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#hasGrown) return;
      this.#hasGrown = false;
      this.due();
    }, this.#o.intervalMs);
    this.#timer.unref();
    void this.now().catch(() => {}); // the fuse has told whoever must know
  }

  /** Resolves when a checkpoint covers every line that is durable now. Calls while one is being written share the next one. */
  now(): Promise<void> {
    this.#queued ??= this.#afterThis();
    return this.#queued;
  }

  async #afterThis(): Promise<void> {
    await this.#writing;
    this.#queued = undefined;
    const written = this.#write();
    this.#writing = written.catch(() => {});
    await written;
  }

  /** No further checkpoint begins by itself; resolves when none is being written. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#queued?.catch(() => {});
    await this.#writing;
  }

  async #write(): Promise<void> {
    const { disk, layout, fuse, signer, store, tree } = this.#o;
    if (tree.size === this.#latest.size && this.#edgeIsWritten) return;
    // All of this is taken in one turn of the event loop: one size.
    const size = tree.size;
    const root = tree.root();
    const edge = tree.edge();
    const tiles = [...tree.takeFull(), ...edge];
    // A crash here, or within: the old checkpoint stands. Recovery hashes the lines after it and arrives at the same tiles.
    await fuse.guard("writing tiles", () => store.write(tiles));
    // Every line under `root` was synced before its hash entered the tree; the tiles are synced now. This may be signed.
    const note = signCheckpoint({ origin: layout.log, size, root }, [signer]);
    // A crash here, or within: the old checkpoint or the new one is there, whole; both are true.
    await fuse.guard("replacing the checkpoint", () => replaceFile(disk, layout.checkpoint, Buffer.from(note), PUBLIC));
    this.#latest = { size, note };
    this.#edgeIsWritten = true;
    // A crash here: partial tiles of the old size are left over. The next start removes them.
    await fuse.guard("removing superseded tiles", () => store.removeSuperseded(this.#edge, edge));
    this.#edge = edge.map(({ level, index, width }) => ({ level, index, width }));
    for (const listener of this.#listeners) listener(note, size);
  }
}
