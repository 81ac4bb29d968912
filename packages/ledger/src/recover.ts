// recover.ts: from what is on the disk to a log that can go on. Trusts the segments and the signed checkpoint, nothing else; changes
// only the torn end of the last segment. Order: SPEC.md, "Start".

import { LineError, MAX_LINE_BYTES, parseHead } from "@proofline/event";
import { hashToBase64, type OpenedCheckpoint, TILE_WIDTH } from "@proofline/tlog";
import { leafHashInPlace } from "./batch.ts";
import { NO_LINE } from "./chain-walk.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { LedgerError, systemCode } from "./errors.ts";
import type { IdKey } from "./id-hash.ts";
import type { Layout } from "./layout.ts";
import { checkHead, checkWhole, corrupt, type LineAt, remember } from "./line-check.ts";
import { firstSegmentMissing, forked, rolledBack } from "./refusals.ts";
import { isTornWrite, scanLines } from "./scan.ts";
import { openSegment, readFully, type SegmentFile } from "./segment-file.ts";
import { findSegment, type Tip } from "./segments.ts";
import type { TileStore } from "./tile-store.ts";
import { TreeTiles } from "./tiles.ts";
import { RecentIds } from "./window.ts";

/** Full tiles that may wait in memory while a whole log is hashed again: 8 MiB of them. */
const MAX_WAITING_TILES = 1024;
const NEWLINE = 0x0a;

export interface Recovered {
  readonly tip: Tip;
  /** `received` of the last line; -1n when there is none. */
  readonly received: bigint;
  readonly tree: TreeTiles;
  readonly window: RecentIds;
  /** Bytes of the last segment that the checkpoint covers. */
  readonly signedBytes: number;
  /** `received` of the first line of the last segment; 0n when that is empty. */
  readonly since: bigint;
  /** Roots, in base64, at those of the sizes that were asked for whose lines were hashed. */
  readonly roots: ReadonlyMap<number, string>;
  readonly report: RecoveryReport;
}

export interface RecoveryReport {
  /** Bytes of an unfinished write that were cut off. */
  readonly tornBytes: number;
  readonly linesHashed: number;
  /** Whether the tiles could not be relied on, so that every line was hashed again. */
  readonly tilesRebuilt: boolean;
}

export interface RecoveryOptions {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly store: TileStore;
  readonly checkpoint: OpenedCheckpoint;
  /** First seqs of the segments, ascending. */
  readonly firsts: readonly number[];
  readonly windowRecords: number;
  /** Sizes whose roots are wanted. */
  readonly sizes: ReadonlySet<number>;
  readonly idKey: IdKey;
}

/** @throws {LedgerError} ROLLED_BACK, FORKED, CORRUPT; the system's error when the disk fails */
export async function recover(o: RecoveryOptions): Promise<Recovered> {
  const tree = await treeBeforeTail(o);
  if (tree !== undefined) {
    const pass = new Pass(o, tree, async () => {});
    await pass.run();
    if (pass.agrees) return pass.finish(false);
  }
  // The tiles are missing, torn or wrong, or a line before the checkpoint is not the one that was signed. All lines are hashed again:
  // either that gives the signed root, and with it right tiles, or it finds where the log stops holding.
  // Twice, for a folder that is refused must stay as it was found: tiles are written only once the root is known to be right.
  const look = new Pass(o, TreeTiles.empty(), async (tree) => void tree.takeFull());
  await look.run();
  if (!look.agrees) throw forked(o.layout, o.checkpoint, look.rootAtCheckpoint);
  const rebuild = new Pass(o, TreeTiles.empty(), (tree) => o.store.write(tree.takeFull()));
  await rebuild.run();
  return rebuild.finish(true);
}

/**
 * The tree before the last tile of lines that the checkpoint covers, out of the tiles above them. So at least one line that was signed
 * is hashed again and the root recomputed from it: that proves both, the tiles and where the segments stand.
 */
async function treeBeforeTail({ checkpoint, store }: RecoveryOptions): Promise<TreeTiles | undefined> {
  if (checkpoint.size === 0) return TreeTiles.empty();
  const base = Math.floor((checkpoint.size - 1) / TILE_WIDTH) * TILE_WIDTH;
  const tiles = new Map<number, Uint8Array>();
  for (let level = 1, count = base / TILE_WIDTH; count > 0; level++, count = Math.floor(count / TILE_WIDTH)) {
    if (count % TILE_WIDTH === 0) continue;
    // As the checkpoint's size has it: wider than at `base`, perhaps full.
    const signed = Math.floor(checkpoint.size / TILE_WIDTH ** level);
    const index = Math.floor(count / TILE_WIDTH);
    const width = Math.floor(signed / TILE_WIDTH) > index ? TILE_WIDTH : signed % TILE_WIDTH;
    const bytes = await store.read({ level, index, width });
    if (bytes === undefined) return undefined;
    tiles.set(level, bytes);
  }
  return new TreeTiles(base, ({ level }) => tiles.get(level)!);
}

/** One way through the newest segments. */
class Pass {
  readonly #o: RecoveryOptions;
  readonly #tree: TreeTiles;
  readonly #window: RecentIds;
  readonly #unload: (tree: TreeTiles) => Promise<void>;
  readonly #hashFrom: number;
  readonly #rememberFrom: number;
  /** Of the next line. */
  #seq = 0;
  #prev: string | undefined;
  #received = -1n;
  #root: string;
  #tip: Tip | undefined;
  #tornBytes = 0;
  /** Bytes of the newest segment under the checkpoint. */
  #signedBytes = 0;
  #since = 0n;
  readonly #roots = new Map<number, string>();
  #at: LineAt = { path: "", number: 0, seq: 0 };
  readonly #leaf: Buffer = Buffer.alloc(32);

  /** @param unload what to do with full tiles when there are many: their memory is bounded */
  constructor(o: RecoveryOptions, tree: TreeTiles, unload: (tree: TreeTiles) => Promise<void>) {
    this.#o = o;
    this.#tree = tree;
    this.#unload = unload;
    this.#window = new RecentIds(o.windowRecords, o.idKey);
    this.#hashFrom = tree.size;
    this.#rememberFrom = Math.max(0, o.checkpoint.size - o.windowRecords);
    this.#root = hashToBase64(tree.root());
  }

  get rootAtCheckpoint(): string {
    return this.#root;
  }

  /** Whether the lines give the root that was signed. */
  get agrees(): boolean {
    return this.#root === hashToBase64(this.#o.checkpoint.root);
  }

  async run(): Promise<void> {
    const { firsts, checkpoint, layout } = this.#o;
    if (firsts.length === 0) {
      if (checkpoint.size > 0) throw rolledBack(layout, 0, checkpoint.size);
      this.#tip = { size: 0, prev: NO_LINE, segment: 0, segmentBytes: 0 };
      return;
    }
    const from = findSegment(firsts, Math.min(this.#hashFrom, this.#rememberFrom));
    if (from < 0) throw firstSegmentMissing(layout, firsts[0]!);
    this.#seq = firsts[from]!;
    if (this.#seq === 0) this.#prev = NO_LINE;
    for (let i = from; i < firsts.length; i++) await this.#segment(firsts[i]!, i === firsts.length - 1);
    if (this.#seq < checkpoint.size) throw rolledBack(layout, this.#seq, checkpoint.size);
  }

  finish(tilesRebuilt: boolean): Recovered {
    const report = { tornBytes: this.#tornBytes, linesHashed: this.#seq - this.#hashFrom, tilesRebuilt };
    return {
      tip: this.#tip!,
      received: this.#received,
      tree: this.#tree,
      window: this.#window,
      signedBytes: this.#signedBytes,
      since: this.#since,
      roots: this.#roots,
      report,
    };
  }

  async #segment(first: number, isLast: boolean): Promise<void> {
    const { disk, layout } = this.#o;
    if (first !== this.#seq) {
      throw corrupt(
        { path: layout.segment(first), number: 1, seq: this.#seq },
        `seq ${this.#seq} after the segment before`,
        `a segment that begins at ${first}`,
      );
    }
    const file = await openSegment(disk, layout, first);
    const { path } = file;
    try {
      const size = await file.size();
      let lastAt = 0;
      this.#signedBytes = 0;
      const { bytes, tornBytes } = await scanLines(file, size, (buffer, start, end, offset) => {
        this.#at = { path, number: this.#seq - first + 1, seq: this.#seq };
        this.#line(buffer, start, end);
        lastAt = offset;
        if (this.#seq <= this.#o.checkpoint.size) this.#signedBytes = offset + end - start + 1;
      });
      if (bytes > 0) await this.#checkLast(file, lastAt, bytes - 1);
      if (tornBytes > 0) await this.#checkTorn(file, path, first, bytes, size, isLast);
      if (isLast) this.#since = await receivedOfFirst(file);
      if (isLast) this.#tip = { size: this.#seq, prev: this.#prev ?? NO_LINE, segment: first, segmentBytes: bytes };
    } finally {
      await file.close();
    }
    if (this.#tree.waiting > MAX_WAITING_TILES) await this.#unload(this.#tree);
  }

  /** The last line of all is the only one that no other line's `prev` vouches for, and perhaps no checkpoint either. */
  async #checkLast(file: SegmentFile, start: number, end: number): Promise<void> {
    const line = Buffer.alloc(end - start);
    await readFully(file, line, start);
    checkWhole(line, this.#at);
  }

  async #checkTorn(file: SegmentFile, path: string, first: number, from: number, size: number, isLast: boolean): Promise<void> {
    const at = { path, number: this.#seq - first + 1, seq: this.#seq };
    // A segment is begun only after all lines of the one before were synced.
    if (!isLast) throw corrupt(at, "a newline at the end of a sealed segment", `${size - from} bytes without one`);
    if (!(await isTornWrite(file, from, size))) throw corrupt(at, "a newline within 65,536 bytes", "none");
    this.#tornBytes = size - from;
  }

  #line(buffer: Buffer, start: number, end: number): void {
    const seq = this.#seq;
    const isHashed = seq >= this.#hashFrom;
    if (isHashed || seq >= this.#rememberFrom) {
      const line = buffer.subarray(start, end);
      const head = checkHead(line, this.#o.layout.log, this.#at);
      if (this.#prev !== undefined && head.prev !== this.#prev) {
        throw corrupt(this.#at, `prev ${this.#prev}, the hash of the line before`, `prev ${head.prev}`);
      }
      if (head.received <= this.#received) throw corrupt(this.#at, "a later `received` than the line before", "an earlier one");
      this.#received = head.received;
      if (seq >= this.#rememberFrom) remember(this.#window, line, head.tailOffset, seq);
    }
    if (isHashed) {
      this.#prev = leafHashInPlace(buffer, start, end);
      this.#leaf.write(this.#prev, "base64");
      this.#tree.append(this.#leaf);
    } else this.#prev = undefined;
    this.#seq++;
    if (!isHashed) return;
    if (this.#seq === this.#o.checkpoint.size) this.#root = hashToBase64(this.#tree.root());
    if (this.#o.sizes.has(this.#seq)) this.#roots.set(this.#seq, hashToBase64(this.#tree.root()));
  }
}

/** How old a segment is; 0n when its first line cannot be read, which is for others to find. */
async function receivedOfFirst(file: SegmentFile): Promise<bigint> {
  const bytes = Buffer.alloc(MAX_LINE_BYTES + 1);
  const end = bytes.subarray(0, await readFully(file, bytes, 0)).indexOf(NEWLINE);
  try {
    return end < 0 ? 0n : parseHead(bytes.subarray(0, end)).received;
  } catch (error) {
    if (error instanceof LineError) return 0n;
    throw error;
  }
}

/** The last segment may be a sealed one, when those after it are gone: after a rollback that was accepted. */
async function openLast(disk: Disk, path: string): Promise<DiskFile> {
  try {
    return await disk.open(path, "update");
  } catch (error) {
    if (systemCode(error) !== "EACCES") throw error;
    await disk.changeMode(path, 0o600);
    return await disk.open(path, "update");
  }
}

/**
 * Makes sure that what recovery has read is on the medium, before a line of it is acknowledged, served or signed.
 * The lines after the checkpoint are written once more, byte by byte the same: after a failed sync the kernel may hold pages that it
 * calls clean and the medium never got; a mere sync would leave them so. Those under the checkpoint had been synced before it.
 * A crash here, anywhere: the same bytes, or the same torn end, for the next start.
 */
export async function makeDurable(disk: Disk, layout: Layout, tip: Tip, signedBytes: number): Promise<void> {
  const path = layout.segment(tip.segment);
  const file = await openLast(disk, path);
  try {
    if ((await file.size()) > tip.segmentBytes) await file.truncate(tip.segmentBytes);
    const chunk = Buffer.allocUnsafeSlow(Math.min(1 << 20, tip.segmentBytes - signedBytes));
    for (let at = signedBytes; at < tip.segmentBytes; ) {
      const read = await file.read(chunk.subarray(0, Math.min(chunk.length, tip.segmentBytes - at)), at);
      if (read === 0) throw new LedgerError("IO", `${path} became shorter while it was read`, { fatal: true });
      await file.write(chunk.subarray(0, read), at);
      at += read;
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  await disk.syncDirectory(layout.segments);
}
