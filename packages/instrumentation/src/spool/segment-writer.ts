// segment-writer.ts: appends one stream's frames to segment files. A frame is with the kernel when append returns: it survives
// the death of the process at that very moment; a power cut, from the next sync on. Knows no reader.

import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { AuditError } from "../errors.ts";
import { nodeDisk, type SpoolDisk } from "./disk.ts";
import { encodeFrame, FRAME_HEADER_BYTES, MAX_FRAME_BYTES } from "./frame.ts";

export interface Segment {
  /** Number of its first frame; also its name. */
  readonly first: number;
  /** Good bytes; what lies behind them is a write that failed. */
  bytes: number;
}

export function segmentName(first: number): string {
  return `${String(first).padStart(16, "0")}.frames`;
}

export function parseSegmentName(name: string): number | undefined {
  const found = /^([0-9]{16})\.frames$/.exec(name);
  return found ? Number(found[1]) : undefined;
}

export class SegmentWriter {
  readonly #folder: string;
  readonly #segmentBytes: number;
  readonly #disk: SpoolDisk;
  /** Oldest first; the last one is being written. The reader takes the front away. */
  readonly segments: Segment[] = [];
  #file: number | undefined;
  #next = 1;
  #synced = 0;
  #syncing: Promise<void> | undefined;
  #folderSynced = false;
  #rootSynced = false;
  /** Behind the first and up to the second number, the disk has refused to sync something. */
  #syncedBefore = 0;
  #unsyncable = 0;
  #broken = false;
  readonly #onSyncFailure: (error: unknown) => void;

  constructor(folder: string, o: { segmentBytes: number; disk?: SpoolDisk; onSyncFailure?: (error: unknown) => void }) {
    this.#folder = folder;
    this.#onSyncFailure = o.onSyncFailure ?? ((): void => undefined);
    this.#segmentBytes = o.segmentBytes;
    this.#disk = o.disk ?? nodeDisk;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Number that the next append will give. */
  get next(): number {
    return this.#next;
  }

  /** Number up to which a power cut can take nothing. */
  get synced(): number {
    return this.#synced;
  }

  /**
   * Cost: one write to the page cache, 2 to 3 microseconds for a kilobyte.
   * @throws {AuditError} SPOOL_WRITE; then nothing was appended, and the number is free again
   */
  append(body: Uint8Array): number {
    return this.appendFrame(encodeFrame(body));
  }

  /** The same, of a frame that is sealed already. */
  appendFrame(frame: Uint8Array): number {
    if (frame.length - FRAME_HEADER_BYTES > MAX_FRAME_BYTES) {
      throw new AuditError("SPOOL_WRITE", `a record of ${frame.length} bytes is larger than ${MAX_FRAME_BYTES}`);
    }
    try {
      const segment = this.#segment();
      this.#write(frame, segment);
      segment.bytes += frame.length;
    } catch (cause) {
      throw new AuditError("SPOOL_WRITE", `cannot write to the spool ${this.#folder}: ${(cause as Error).message}`, { cause });
    }
    return this.#next++;
  }

  #segment(): Segment {
    const last = this.segments.at(-1);
    if (last !== undefined && this.#file !== undefined && !this.#broken && last.bytes < this.#segmentBytes) return last;
    return this.#roll();
  }

  #roll(): Segment {
    const first = this.#next;
    // A segment whose first write failed holds no frame, and its name is wanted again.
    const empty = this.segments.at(-1)?.first === first;
    if (this.#file !== undefined && !empty) this.#retire(this.#file);
    if (empty && this.#file !== undefined) {
      this.#disk.truncate(this.#file, 0);
      this.#broken = false;
      return this.segments.at(-1)!;
    }
    this.#file = undefined;
    this.#file = this.#disk.create(join(this.#folder, segmentName(first)));
    this.#folderSynced = false;
    this.#broken = false;
    const segment = { first, bytes: 0 };
    this.segments.push(segment);
    return segment;
  }

  /** The old file is synced before it is closed, off the event loop. */
  #retire(file: number): void {
    const upTo = this.#next - 1;
    void this.#chain(async () => {
      try {
        await this.#disk.sync(file);
      } catch (error) {
        this.#refuseSync(upTo);
        throw error;
      } finally {
        this.#disk.close(file);
      }
    });
  }

  #write(frame: Uint8Array, segment: Segment): void {
    const file = this.#file!;
    let written = 0;
    try {
      while (written < frame.length) {
        const count = this.#disk.write(file, written === 0 ? frame : frame.subarray(written));
        if (count === 0) throw new Error("the disk took no byte");
        written += count;
      }
    } catch (error) {
      // What is left of a frame must not stand before the next one: cut it off, or go on in another file.
      try {
        this.#disk.truncate(file, segment.bytes);
      } catch {
        this.#broken = true;
      }
      throw error;
    }
  }

  /** Makes what was appended so far proof against a power cut. Off the event loop. A failure goes to `onSyncFailure`. */
  sync(): Promise<void> {
    return this.syncTo(this.#next - 1).catch(() => undefined);
  }

  /**
   * Resolves when no power cut can take the records up to `number`: all that wait at one moment share one `fdatasync`.
   * @throws {AuditError} (rejects with) SPOOL_WRITE when the disk refused; a later sync of the same bytes would prove nothing
   */
  async syncTo(number: number): Promise<void> {
    for (;;) {
      if (number > this.#syncedBefore && number <= this.#unsyncable) {
        throw new AuditError("SPOOL_WRITE", `the disk refused to sync the spool ${this.#folder}`, { spooled: true });
      }
      if (this.#synced >= number) return;
      if (this.#syncing === undefined && this.#file === undefined) return; // closed: it is the next process's
      await (this.#syncing ?? this.#syncNow());
    }
  }

  #syncNow(): Promise<void> {
    const upTo = this.#next - 1;
    const file = this.#file!;
    return this.#chain(async () => {
      try {
        await this.#disk.sync(file);
        await this.#syncFolders();
        this.#synced = Math.max(this.#synced, upTo);
      } catch (error) {
        // The kernel may have forgotten what it could not write, and would call the next sync of it a success.
        this.#refuseSync(upTo);
        this.#broken = true;
        this.#onSyncFailure(error);
      }
    });
  }

  #refuseSync(upTo: number): void {
    if (this.#unsyncable === 0) this.#syncedBefore = this.#synced;
    this.#unsyncable = Math.max(this.#unsyncable, upTo);
  }

  /** The names on the way to the files; a power cut could else take a whole folder. */
  async #syncFolders(): Promise<void> {
    if (this.#folderSynced) return;
    this.#folderSynced = true;
    await this.#disk.syncFolder(this.#folder);
    if (this.#rootSynced) return;
    this.#rootSynced = true;
    await this.#disk.syncFolder(dirname(this.#folder));
  }

  /** One file operation off the event loop after the other. Never rejects. */
  #chain(work: () => Promise<void>): Promise<void> {
    const done: Promise<void> = (this.#syncing ?? Promise.resolve()).then(work).catch(this.#onSyncFailure);
    this.#syncing = done;
    void done.then(() => {
      if (this.#syncing === done) this.#syncing = undefined;
    });
    return done;
  }

  /** Twice is fine. No append may follow. */
  async close(): Promise<void> {
    await this.sync();
    this.closeNow();
  }

  /** For the process's exit, where nothing can be awaited. */
  closeNow(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined && this.#syncing === undefined) this.#disk.close(file);
    else if (file !== undefined) void this.#syncing?.then(() => this.#disk.close(file));
  }
}
