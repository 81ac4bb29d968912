// live-ledger.ts: the room's composition root: wires the parts of an opened log. Each part's rules are in its own file; how a log is opened is
// open.ts, what other rooms may rely on is ledger.ts.

import { Buffer } from "node:buffer";
import { MAX_LINE_BYTES, maxHeadBytes, parseHead } from "@proofline/event";
import { HASH_BYTES, type NoteSigner, type OpenedCheckpoint } from "@proofline/tlog";

import type { CheckState } from "./background-check.ts";
import { LineWriter } from "./batch.ts";
import { Checkpointer, type SignedCheckpoint } from "./checkpointer.ts";
import { clockLine } from "./clock-line.ts";
import { GroupCommit } from "./commit.ts";
import { type Cursor, openCursor } from "./cursor.ts";
import { damageLine } from "./damage-line.ts";
import type { Disk } from "./disk.ts";
import type { Directories } from "./durable.ts";
import { checkTails, type Entry } from "./entry.ts";
import { asLedgerError, LedgerError } from "./errors.ts";
import { Fuse } from "./fuse.ts";
import { Growth } from "./growth.ts";
import type { IdKey } from "./id-hash.ts";
import type { Layout } from "./layout.ts";
import type { Commit, Ledger, Suspect } from "./ledger.ts";
import type { Lock, LockOwner } from "./lock.ts";
import { LockWatch } from "./lock-watch.ts";
import { Objects, type StoredObject } from "./objects.ts";
import { Reader, type ReadLine } from "./reader.ts";
import { ReceivedClock } from "./received-clock.ts";
import type { Recovered, RecoveryReport } from "./recover.ts";
import { DiskRoom, type Room } from "./room.ts";
import { type ListedSegment, SegmentWriter } from "./segments.ts";
import { batchTails, type TailBatch } from "./tail-batch.ts";
import type { TileStore } from "./tile-store.ts";
import { Upkeep } from "./upkeep.ts";

/** Full tiles in memory (8 KiB each, 256 lines) beyond which lines wait for a checkpoint: memory stays flat on a slow disk. */
const MAX_WAITING_TILES = 2048;

/** A log that was locked, checked and recovered. */
export interface Opened {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly signer: NoteSigner;
  readonly lock: Lock;
  /** As found at start. */
  readonly segments: readonly ListedSegment[];
  readonly checkpoint: OpenedCheckpoint;
  /** The checkpoint's, signed. */
  readonly note: string;
  readonly recovered: Recovered;
  readonly store: TileStore;
  readonly directories: Directories;
  readonly now: () => bigint;
  readonly idKey: IdKey;
  readonly random: (bytes: Uint8Array) => void;
  readonly segmentBytes: number;
  readonly segmentAgeMs: number | undefined;
  readonly compress: "zstd" | "none";
  readonly check: boolean;
  readonly batchBytes: number;
  readonly checkpointIntervalMs: number;
  readonly minFreeBytes: number;
  readonly onFatal: (error: LedgerError) => void;
  readonly onCommit: (commit: Commit) => void;
  readonly report: (event: string, details: object) => void;
}

export class LiveLedger implements Ledger {
  readonly name: string;
  readonly maxTailBytes: number;
  readonly recovery: RecoveryReport;
  readonly #o: Opened;
  readonly #fuse = new Fuse();
  readonly #clock: ReceivedClock;
  readonly #room: DiskRoom;
  readonly #writer: SegmentWriter;
  readonly #commit: GroupCommit;
  readonly #checkpointer: Checkpointer;
  readonly #growth: Growth;
  readonly #reader: Reader;
  readonly #objects: Objects;
  readonly #upkeep: Upkeep;
  #closed: Promise<void> | undefined;

  /** Call start() before anything else. */
  constructor(o: Opened) {
    const { disk, layout, recovered, directories, store, now } = o;
    const firsts = o.segments.map(({ first }) => first);
    const { tip, tree } = recovered;
    const fuse = this.#fuse;
    this.#o = o;
    this.name = layout.log;
    this.maxTailBytes = MAX_LINE_BYTES - maxHeadBytes(layout.log);
    this.recovery = recovered.report;
    this.#clock = new ReceivedClock(now, recovered.received);
    this.#room = new DiskRoom({ disk, path: layout.folder, now, minFreeBytes: o.minFreeBytes });
    this.#growth = new Growth(tip.size);
    this.#checkpointer = new Checkpointer({
      ...{ disk, layout, fuse, store, tree },
      ...{ signer: o.signer, latest: { size: o.checkpoint.size, note: o.note }, intervalMs: o.checkpointIntervalMs },
    });
    const watch = new LockWatch(o.lock, layout.lock, now);
    const segmentAgeNs = o.segmentAgeMs === undefined ? undefined : BigInt(o.segmentAgeMs) * 1_000_000n;
    const onRoll = (_first: number, sealed: number) => {
      void this.#checkpointer.now().catch(() => {}); // a failure burns the fuse, which tells whoever must know
      this.#upkeep.sealed(sealed);
    };
    this.#writer = new SegmentWriter(
      { disk, layout, fuse, segmentBytes: o.segmentBytes, segmentAgeNs, now, mayWrite: () => watch.check(), onRoll },
      firsts,
    );
    this.#commit = new GroupCommit({
      ...{ fuse, tip, batchBytes: o.batchBytes, writer: this.#writer, lines: new LineWriter(layout.log, tip.prev) },
      onDurable: (newTip, hashes, bytes, seconds) => {
        tree.append(hashes);
        o.onCommit({ lines: hashes.length / HASH_BYTES, bytes, seconds });
        this.#room.wrote(bytes);
        this.#growth.grow(newTip.size);
        this.#checkpointer.due();
      },
      pause: () => (tree.waiting > MAX_WAITING_TILES ? this.#checkpointer.now() : undefined),
    });
    this.#reader = new Reader({ disk, layout, firsts, tip: () => this.#commit.tip });
    this.#objects = new Objects({ disk, layout, fuse, directories });
    this.#upkeep = new Upkeep({ ...o, rollIfOld: () => this.#rollIfOld(), onDamage: (error) => this.#tellDamage(error) });
  }

  /** Opens the last segment, and signs what the last run made durable and did not sign. */
  async start(): Promise<void> {
    await this.#writer.resume(this.#commit.tip.segmentBytes, this.#o.recovered.since);
    await this.#checkpointer.now();
    // From here on a failure is the running ledger's; until now it was openLedger's own.
    this.#fuse.onBurn((error) => {
      this.#growth.end(error);
      this.#o.onFatal(error);
    });
    this.#upkeep.start();
  }

  async #rollIfOld(): Promise<void> {
    const { tip, next } = this.#commit;
    if (tip.size === next && this.#fuse.error === undefined) await this.#writer.rollIfOld(next);
  }

  // What was found is evidence, and goes where all evidence goes.
  #tellDamage(error: LedgerError): void {
    if (this.#fuse.error === undefined && this.#closed === undefined)
      void this.append([damageLine(error, this.#o.now(), this.#o.random)]).catch(() => {});
  }

  get size(): number {
    return this.#commit.tip.size;
  }

  get sealed(): number {
    return this.#writer.firsts.at(-1) ?? 0;
  }

  get checkpoint(): SignedCheckpoint {
    return this.#checkpointer.latest;
  }

  get lock(): LockOwner {
    return this.#o.lock.owner;
  }

  get tornBytes(): number {
    return this.recovery.tornBytes;
  }

  get check(): CheckState {
    return this.#upkeep.checkState;
  }

  idle(): Promise<void> {
    return this.#upkeep.idle();
  }

  get idKey(): IdKey {
    return this.#o.idKey;
  }

  places(id: string): readonly number[] {
    const { window } = this.#o.recovered;
    const { hasher } = window;
    const spelled = Buffer.from(JSON.stringify(id));
    hasher.hash(spelled, 1, spelled.length - 1);
    return window.find(hasher.low, hasher.high);
  }

  suspects({ ids }: TailBatch): readonly Suspect[] {
    const { window } = this.#o.recovered;
    const suspects: Suspect[] = [];
    for (let entry = 0; 2 * entry < ids.length; entry++) {
      const seqs = window.find(ids[2 * entry]!, ids[2 * entry + 1]!);
      if (seqs.length > 0) suspects.push({ entry, seqs });
    }
    return suspects;
  }

  durable(seq: number): Promise<void> {
    return this.#commit.durable(seq);
  }

  // Synchronous up to its first await: entries have their places when this returns.
  async append(entries: readonly Entry[] | TailBatch): Promise<{ first: number; received: bigint }> {
    this.#checkUsable();
    const batch = this.#batchOf(entries);
    checkTails(batch, this.maxTailBytes);
    this.#checkRoom();
    const step = this.#clock.read();
    if (step !== undefined) void this.#chain(this.#batchOf([clockLine(step, this.#o.random)]));
    if (batch.ends.length === 0) return { first: this.#commit.next, received: this.#clock.take(0) };
    const { first, received, durable } = this.#chain(batch);
    await durable;
    return { first, received };
  }

  #batchOf(entries: readonly Entry[] | TailBatch): TailBatch {
    if ("ends" in entries) return entries;
    return batchTails(
      entries.map(({ tail }) => tail),
      this.#o.recovered.window.hasher,
    );
  }

  #chain(batch: TailBatch): { first: number; received: bigint; durable: Promise<void> } {
    const { ends, ids } = batch;
    const received = this.#clock.take(ends.length);
    const { first, durable } = this.#commit.append(batch, received);
    const window = this.#o.recovered.window;
    for (let i = 0; i < ends.length; i++) window.add(ids[2 * i]!, ids[2 * i + 1]!, first + i);
    return { first, received, durable };
  }

  async putObject(bytes: Uint8Array): Promise<StoredObject> {
    this.#checkUsable();
    this.#checkRoom();
    this.#room.wrote(bytes.length);
    return await this.#objects.put(bytes);
  }

  read(from: number, o: { maxBytes: number; maxLines: number }): Promise<ReadLine[]> {
    return this.#reader.read(from, o);
  }

  grown(after: number, signal?: AbortSignal): Promise<void> {
    return this.#growth.beyond(after, signal);
  }

  async openCursor(sink: string): Promise<Cursor> {
    this.#checkUsable();
    const { disk, layout, directories } = this.#o;
    const prevOf = (seq: number) => this.#prevOf(seq);
    return await openCursor({ disk, layout, directories, fuse: this.#fuse, size: () => this.size, prevOf }, sink);
  }

  async #prevOf(seq: number): Promise<string> {
    const { size, prev } = this.#commit.tip;
    if (seq === size) return prev;
    const [line] = await this.#reader.read(seq, { maxBytes: 0, maxLines: 1 });
    return parseHead(line!.line).prev;
  }

  checkpoints(listener: (note: string, size: number) => void): () => void {
    return this.#checkpointer.listen(listener);
  }

  async checkpointNow(): Promise<void> {
    this.#checkUsable();
    await this.#checkpointer.now();
  }

  room(): Room {
    const { pendingBytes } = this.#commit;
    try {
      return this.#room.check(pendingBytes);
    } catch (cause) {
      // Not even that can be asked any more: the folder is gone, or its disk.
      const text = cause instanceof Error ? cause.message : String(cause);
      this.#fuse.burn(new LedgerError("IO", `${this.#o.layout.folder} cannot be reached: ${text}`, { fatal: true, cause }));
      return { ok: false, freeBytes: 0, neededBytes: pendingBytes };
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const fuse = this.#fuse;
    const wasBurnt = fuse.error !== undefined;
    await this.#upkeep.stop();
    await this.#commit.drained();
    // A crash here, or within: as without close(); the lock is taken over from a dead process.
    if (fuse.error === undefined) await this.#checkpointer.now().catch(() => {});
    await this.#checkpointer.stop();
    const failure = wasBurnt ? undefined : fuse.error;
    const closed = new LedgerError("CLOSED", `log ${this.name} was closed`);
    fuse.close(closed);
    this.#growth.end(closed);
    await fuse.idle();
    await this.#letGo();
    if (failure !== undefined) throw failure;
  }

  async #letGo(): Promise<void> {
    try {
      await this.#writer.close();
      // Last: who gets the lock after this finds nobody else at work.
      await this.#o.lock.release();
    } catch (error) {
      throw asLedgerError(`all lines of log ${this.name} are durable; giving back its lock`, error);
    }
  }

  #checkUsable(): void {
    if (this.#fuse.error !== undefined) throw this.#fuse.error;
    if (this.#closed !== undefined) throw new LedgerError("CLOSED", `log ${this.name} is being closed`);
  }

  #checkRoom(): void {
    const room = this.room();
    if (room.ok) return;
    this.#checkUsable();
    throw new LedgerError(
      "DISK_FULL",
      `${this.#o.layout.folder}: ${room.freeBytes} bytes free, ${room.neededBytes} needed; nothing was accepted. Free some space and send again`,
    );
  }
}
