// spool.ts: the events of one process run, on disk until the receiver has them: one folder, a writer, a reader, a limit.
// Knows no network. What is promised when stands in the package's README.

import { existsSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AuditError } from "../errors.ts";
import type { SpoolDisk } from "./disk.ts";
import { folderName, HEARTBEAT_MS, type Owner } from "./owner.ts";
import { SegmentWriter } from "./segment-writer.ts";
import { type Damage, StreamReader } from "./stream-reader.ts";

export interface SpoolLimits {
  /** Unacknowledged bytes of this process and of those it has taken over. */
  readonly maxBytes: number;
  readonly segmentBytes: number;
}

/** Its time of change is the owner's last sign of life. */
export const HEARTBEAT_FILE = "alive";

export class Spool {
  readonly stream: string;
  readonly folder: string;
  readonly reader: StreamReader;
  readonly #writer: SegmentWriter;
  readonly #limits: SpoolLimits;
  readonly #now: () => number;
  #lastBeatMs: number;

  constructor(o: {
    root: string;
    stream: string;
    owner: Owner;
    limits: SpoolLimits;
    now: () => number;
    disk?: SpoolDisk;
    onDamage: (damage: Damage) => void;
    onSyncFailure: (error: unknown) => void;
  }) {
    this.stream = o.stream;
    this.folder = join(o.root, folderName(o.stream, o.owner));
    this.#limits = o.limits;
    this.#now = o.now;
    this.#lastBeatMs = o.now();
    try {
      this.#writer = new SegmentWriter(this.folder, {
        segmentBytes: o.limits.segmentBytes,
        onSyncFailure: o.onSyncFailure,
        ...(o.disk && { disk: o.disk }),
      });
      writeFileSync(join(this.folder, HEARTBEAT_FILE), "", { mode: 0o600 });
    } catch (cause) {
      throw new AuditError("SPOOL_WRITE", `cannot create the spool ${this.folder}: ${(cause as Error).message}`, { cause });
    }
    const { segments } = this.#writer;
    this.reader = new StreamReader({ folder: this.folder, stream: o.stream, segments, growing: true, onDamage: o.onDamage });
  }

  /** Number that the next record will get. */
  get next(): number {
    return this.#writer.next;
  }

  /** Records that the receiver does not have yet. */
  get waiting(): number {
    return this.#writer.next - 1 - this.reader.acknowledged;
  }

  get synced(): number {
    return this.#writer.synced;
  }

  /** @param others bytes that wait in spools that were taken over */
  isFull(others: number): boolean {
    return this.reader.waitingBytes + others >= this.#limits.maxBytes;
  }

  /**
   * @param frame sealed; see frame.ts
   * @throws {AuditError} SPOOL_WRITE; nothing was appended
   * Cost: see SegmentWriter.append.
   */
  append(frame: Uint8Array): number {
    return this.#writer.appendFrame(frame);
  }

  /** Power-cut safety for what is not acknowledged; nothing to do when everything is. */
  async sync(): Promise<void> {
    if (this.waiting > 0) await this.#writer.sync();
  }

  /** See SegmentWriter.syncTo. */
  syncTo(number: number): Promise<void> {
    return this.#writer.syncTo(number);
  }

  /** Says that the owner is alive. */
  beat(): void {
    const now = this.#now();
    try {
      utimesSync(join(this.folder, HEARTBEAT_FILE), now / 1000, now / 1000);
      this.#lastBeatMs = now;
    } catch {
      // The folder is gone: stillOurs() will say so.
    }
  }

  /**
   * false when the folder is no longer there under our name: another process has taken us for dead (we were stopped for
   * minutes), or somebody deleted it. Looks at the disk only after a silence, so it costs nothing as a rule.
   */
  stillOurs(force = false): boolean {
    if (!force && this.#now() - this.#lastBeatMs < 3 * HEARTBEAT_MS) return true;
    if (!existsSync(this.folder)) return false;
    this.beat();
    return true;
  }

  /** Leaves the spool in order: nothing left, then it goes; else anyone may take it over at once. */
  async close(): Promise<void> {
    await this.#writer.close();
    await this.reader.save();
    await this.reader.close();
    this.#leave();
  }

  /** The same, for the process's exit, where nothing can be awaited. */
  closeNow(): void {
    this.#writer.closeNow();
    this.#leave();
  }

  #leave(): void {
    try {
      if (this.waiting === 0) rmSync(this.folder, { recursive: true, force: true });
      else renameSync(this.folder, join(dirname(this.folder), folderName(this.stream, "free")));
    } catch {
      // It stays under our name, and is found to be ownerless when this process is gone.
    }
  }
}
