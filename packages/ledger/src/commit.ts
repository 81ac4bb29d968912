// commit.ts: group commit. Entries get their places at once, in the order of the calls; whatever has gathered while the disk was busy
// goes to it in one write and one sync. Knows no ids and no checkpoints.
//
//   append() ──▶ queue ──▶ filling batch ──▶ writing batch ──▶ disk ──▶ all its callers are answered
//                (when the batch is full)    (one at a time; the other is filled meanwhile)

import { Batch, type LineWriter } from "./batch.ts";
import type { LedgerError } from "./errors.ts";
import type { Fuse } from "./fuse.ts";
import { type Moment, momentOf } from "./received-clock.ts";
import type { SegmentWriter, Tip } from "./segments.ts";
import type { TailBatch } from "./tail-batch.ts";

/** Tails back to back, and where each ends. */
type Tails = Pick<TailBatch, "bytes" | "ends">;

/** Entries of one call. */
interface Request {
  readonly first: number;
  /** seq after its last entry. */
  readonly end: number;
  readonly tails: Tails;
  readonly moment: Moment;
  /** Entries that are in a batch already. */
  taken: number;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: LedgerError) => void;
}

export interface GroupCommitOptions {
  readonly writer: SegmentWriter;
  readonly lines: LineWriter;
  readonly fuse: Fuse;
  readonly tip: Tip;
  /** Of lines in one write, about; two buffers of it are held. */
  readonly batchBytes: number;
  /**
   * Called when lines became durable, before their callers are answered.
   * @param hashes leaf hashes, 32 bytes each; valid during the call only
   * @param bytes length of the lines
   * @param seconds that writing and syncing them took
   */
  readonly onDurable: (tip: Tip, hashes: Uint8Array, bytes: number, seconds: number) => void;
  /** Awaited between batches: what must catch up before more lines are written. */
  readonly pause: () => Promise<void> | undefined;
}

export class GroupCommit {
  readonly #o: GroupCommitOptions;
  /** Replaced by #run only, when lines became durable. */
  #tip: Tip;
  /** seq that the next entry gets. */
  #next: number;
  /** Bytes that were asked for and are not durable yet, about. */
  #pendingBytes = 0;
  #filling: Batch;
  #writing: Batch;
  /** Not all of it is in a batch yet. */
  readonly #queue: Request[] = [];
  /** Not answered yet, by seq. The queue's are the last of these. */
  readonly #unanswered: Request[] = [];
  /** Settles when the loop has nothing left to do; undefined while it sleeps. Never rejects. */
  #running: Promise<void> | undefined;

  constructor(o: GroupCommitOptions) {
    this.#o = o;
    this.#tip = o.tip;
    this.#next = o.tip.size;
    this.#filling = new Batch(o.batchBytes);
    this.#writing = new Batch(o.batchBytes);
    o.fuse.onBurn((error) => this.#rejectAll(error));
  }

  get tip(): Tip {
    return this.#tip;
  }

  get next(): number {
    return this.#next;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /**
   * Gives entries their places. Synchronous; the promise resolves when they are durable, and rejects with a fatal LedgerError.
   * @param tails checked: no newline, none too long, at least one. They are read until the promise has settled
   * @param received of the first; each next one is a nanosecond later
   */
  append(tails: Tails, received: bigint): { first: number; durable: Promise<void> } {
    const first = this.#next;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // durable() hands the promise to others; when nobody listens, its rejection must not end the process before onFatal is called.
    promise.catch(() => {});
    const end = first + tails.ends.length;
    const request: Request = { first, end, tails, moment: momentOf(received), taken: 0, promise, resolve, reject };
    this.#next = end;
    this.#pendingBytes += bytesOf(tails);
    this.#queue.push(request);
    this.#unanswered.push(request);
    this.#fill();
    this.#running ??= this.#run();
    return { first, durable: promise };
  }

  /** Resolves when the line at `seq`, which was given a place, is durable. */
  durable(seq: number): Promise<void> {
    if (seq < this.#tip.size) return Promise.resolve();
    const request = this.#unanswered.find(({ end }) => seq < end);
    if (request !== undefined) return request.promise;
    const failed = Promise.reject<void>(this.#o.fuse.error);
    failed.catch(() => {}); // as above
    return failed;
  }

  /** Resolves when all that was asked for is durable, or the fuse is burnt. Never rejects. */
  async drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  #fill(): void {
    const batch = this.#filling;
    while (this.#queue.length > 0 && batch.hasRoom) {
      const request = this.#queue[0]!;
      const { bytes, ends } = request.tails;
      while (request.taken < ends.length && batch.hasRoom) {
        const later = request.taken++;
        const from = later === 0 ? 0 : ends[later - 1]!;
        this.#o.lines.write(batch, request.first + later, request.moment, later, bytes, from, ends[later]!);
      }
      if (request.taken === ends.length) this.#queue.shift();
    }
  }

  async #run(): Promise<void> {
    try {
      // Calls of the same turn of the event loop share a batch.
      await Promise.resolve();
      while (this.#filling.count > 0) {
        await this.#commitOne();
        await this.#o.pause();
      }
    } catch (error) {
      // Durable steps burn the fuse themselves; anything else here is a bug, and no less fatal.
      void this.#o.fuse.guard("committing", () => Promise.reject(error)).catch(() => {});
    } finally {
      this.#running = undefined;
    }
  }

  async #commitOne(): Promise<void> {
    const batch = this.#filling;
    const prev = this.#o.lines.prev;
    this.#filling = this.#writing;
    this.#writing = batch;
    // The write is on its way before more lines are hashed: the disk and the processor work at the same time.
    const startedMs = performance.now();
    const written = this.#o.writer.append(batch.lines, batch.first);
    this.#fill();
    const place = await written;
    const seconds = (performance.now() - startedMs) / 1000;
    this.#tip = { size: batch.first + batch.count, prev, ...place };
    this.#o.onDurable(this.#tip, batch.hashes, batch.lines.length, seconds);
    batch.clear();
    this.#answer();
    this.#fill();
  }

  #answer(): void {
    let answered = 0;
    for (const request of this.#unanswered) {
      if (request.end > this.#tip.size) break;
      this.#pendingBytes -= bytesOf(request.tails);
      request.resolve();
      answered++;
    }
    this.#unanswered.splice(0, answered);
  }

  #rejectAll(error: LedgerError): void {
    this.#queue.length = 0;
    for (const request of this.#unanswered.splice(0)) request.reject(error);
  }
}

function bytesOf({ ends }: Tails): number {
  return ends.length === 0 ? 0 : ends[ends.length - 1]!;
}
