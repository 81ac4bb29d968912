// ledger.ts: the room's composition root: wires the parts of an opened log, and is what other rooms hold. Each part's rules are in
// its own file; how a log is opened is open.ts.

import { MAX_LINE_BYTES, maxHeadBytes, parseHead } from "@proofline/event";
import type { NoteSigner } from "@proofline/tlog";
import { LineWriter } from "./batch.ts";
import { Checkpointer, type SignedCheckpoint } from "./checkpointer.ts";
import { clockLine } from "./clock-line.ts";
import { GroupCommit } from "./commit.ts";
import { type Cursor, openCursor } from "./cursor.ts";
import type { Disk } from "./disk.ts";
import type { Directories } from "./durable.ts";
import { checkEntries, type Entry } from "./entry.ts";
import { asLedgerError, LedgerError } from "./errors.ts";
import { Fuse } from "./fuse.ts";
import { Growth } from "./growth.ts";
import type { Layout } from "./layout.ts";
import type { Lock, LockOwner } from "./lock.ts";
import { Objects, type StoredObject } from "./objects.ts";
import { Reader, type ReadLine } from "./reader.ts";
import { ReceivedClock } from "./received-clock.ts";
import type { Recovered, RecoveryReport } from "./recover.ts";
import { DiskRoom, type Room } from "./room.ts";
import { SegmentWriter } from "./segments.ts";
import type { TileStore } from "./tile-store.ts";

/** Full tiles in memory (8 KiB each, 256 lines) beyond which lines wait for a checkpoint: memory stays flat on a slow disk. */
const MAX_WAITING_TILES = 2048;

export interface Ledger {
  /** The log's name. */
  readonly name: string;
  /** Durable lines. */
  readonly size: number;
  /** Longest tail that append() takes, in bytes of UTF-8. */
  readonly maxTailBytes: number;
  /** The newest one that is durable. */
  readonly checkpoint: SignedCheckpoint;
  /** Who holds the log's lock: this process. */
  readonly lock: LockOwner;
  /** Bytes of an unfinished write that the start cut off. None of them was acknowledged. */
  readonly tornBytes: number;
  /** What the start found and did. */
  readonly recovery: RecoveryReport;

  /**
   * Whether an id is among the newest lines, those that are still on their way included: `same` with the same content, else
   * `conflict`. `durable` resolves when that line is durable; it rejects with a fatal LedgerError.
   */
  seen(id: string, content: string): { status: "same" | "conflict"; seq: number; durable: Promise<void> } | undefined;

  /**
   * Chains entries, in order. They have their places when the call returns: seen() knows them. Resolves when all are durable.
   * `received` is that of the first, each next one is a nanosecond later.
   * @throws {LedgerError} (by rejection) BAD_ENTRY, DISK_FULL, CLOSED: nothing was appended; fatal: ask the log after a restart
   */
  append(entries: readonly Entry[]): Promise<{ first: number; received: bigint }>;

  /** Stores a value outside of its line; durable when it resolves. The same bytes again are fine. @throws {LedgerError} as append */
  putObject(bytes: Uint8Array): Promise<StoredObject>;

  /**
   * Durable lines in order, without newline: none when there are none yet, else at least one and at most `maxLines`, together no more than
   * `maxBytes` unless the first alone is longer. Going on where a call stopped costs one read; anywhere else a pass over one segment.
   * @throws {LedgerError} IO, CORRUPT
   */
  read(from: number, o: { maxBytes: number; maxLines: number }): Promise<ReadLine[]>;

  /** Resolves when size > after. Rejects with the signal's reason, or with a LedgerError when there will be no more lines. */
  grown(after: number, signal?: AbortSignal): Promise<void>;

  /** A sink's position. One holder a sink. @throws {LedgerError} BAD_NAME, CORRUPT, ROLLED_BACK, FORKED */
  openCursor(sink: string): Promise<Cursor>;

  /** Calls `listener` after each checkpoint that became durable; it must not throw. Returns what stops that. */
  checkpoints(listener: (note: string, size: number) => void): () => void;

  /** Signs now instead of within the interval. Resolves when a durable checkpoint covers all lines that are durable at the call. */
  checkpointNow(): Promise<void>;

  /** Whether there is room for what is on its way and a reserve. Asks the disk at most once a second. */
  room(): Room;

  /** Finishes what was appended, signs a last checkpoint, gives the lock back. Twice is fine. @throws {LedgerError} fatal */
  close(): Promise<void>;
}

/** A log that was locked, checked and recovered. */
export interface Opened {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly signer: NoteSigner;
  readonly lock: Lock;
  readonly firsts: number[];
  readonly checkpoint: SignedCheckpoint;
  readonly recovered: Recovered;
  readonly store: TileStore;
  readonly directories: Directories;
  readonly now: () => bigint;
  readonly random: (bytes: Uint8Array) => void;
  readonly segmentBytes: number;
  readonly batchBytes: number;
  readonly checkpointIntervalMs: number;
  readonly minFreeBytes: number;
  readonly onFatal: (error: LedgerError) => void;
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
  #closed: Promise<void> | undefined;

  /** Call start() before anything else. */
  constructor(o: Opened) {
    const { disk, layout, firsts, recovered, directories, store, now } = o;
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
      ...{ signer: o.signer, latest: o.checkpoint, intervalMs: o.checkpointIntervalMs },
    });
    const onRoll = () => void this.#checkpointer.now().catch(() => {}); // a failure burns the fuse, which tells whoever must know
    this.#writer = new SegmentWriter({ disk, layout, fuse, segmentBytes: o.segmentBytes, onRoll }, firsts);
    this.#commit = new GroupCommit({
      ...{ fuse, tip, batchBytes: o.batchBytes, writer: this.#writer, lines: new LineWriter(layout.log, tip.prev) },
      onDurable: (newTip, hashes, bytes) => {
        tree.append(hashes);
        this.#room.wrote(bytes);
        this.#growth.grow(newTip.size);
        this.#checkpointer.due();
      },
      pause: () => (tree.waiting > MAX_WAITING_TILES ? this.#checkpointer.now() : undefined),
    });
    this.#reader = new Reader({ disk, layout, firsts, tip: () => this.#commit.tip });
    this.#objects = new Objects({ disk, layout, fuse, directories });
  }

  /** Opens the last segment, and signs what the last run made durable and did not sign. */
  async start(): Promise<void> {
    await this.#writer.resume(this.#commit.tip.segmentBytes);
    await this.#checkpointer.now();
    // From here on a failure is the running ledger's; until now it was openLedger's own.
    this.#fuse.onBurn((error) => {
      this.#growth.end(error);
      this.#o.onFatal(error);
    });
  }

  get size(): number {
    return this.#commit.tip.size;
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

  seen(id: string, content: string): { status: "same" | "conflict"; seq: number; durable: Promise<void> } | undefined {
    const found = this.#o.recovered.window.find(id, content);
    if (found === undefined) return undefined;
    return { status: found.same ? "same" : "conflict", seq: found.seq, durable: this.#commit.durable(found.seq) };
  }

  // Synchronous up to its first await: entries have their places when this returns.
  async append(entries: readonly Entry[]): Promise<{ first: number; received: bigint }> {
    this.#checkUsable();
    checkEntries(entries, this.maxTailBytes);
    this.#checkRoom();
    const step = this.#clock.read();
    if (step !== undefined) void this.#chain([clockLine(step, this.#o.random)]);
    if (entries.length === 0) return { first: this.#commit.next, received: this.#clock.take(0) };
    const { first, received, durable } = this.#chain(entries);
    await durable;
    return { first, received };
  }

  #chain(entries: readonly Entry[]): { first: number; received: bigint; durable: Promise<void> } {
    const received = this.#clock.take(entries.length);
    const { first, durable } = this.#commit.append(entries, received);
    const window = this.#o.recovered.window;
    let seq = first;
    for (const { id, content } of entries) window.add(id, content, seq++);
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
    return this.#room.check(this.#commit.pendingBytes);
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
    throw new LedgerError(
      "DISK_FULL",
      `${this.#o.layout.folder}: ${room.freeBytes} bytes free, ${room.neededBytes} needed; nothing was accepted. Free some space and send again`,
    );
  }
}
