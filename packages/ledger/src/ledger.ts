// ledger.ts: what other rooms hold of an opened log: its contract, without any of its parts.

import type { CheckState } from "./background-check.ts";
import type { SignedCheckpoint } from "./checkpointer.ts";
import type { Cursor } from "./cursor.ts";
import type { Entry } from "./entry.ts";
import type { IdKey } from "./id-hash.ts";
import type { LockOwner } from "./lock.ts";
import type { StoredObject } from "./objects.ts";
import type { ReadLine } from "./reader.ts";
import type { RecoveryReport } from "./recover.ts";
import type { Room } from "./room.ts";
import type { TailBatch } from "./tail-batch.ts";

/** An entry of a batch whose id may be that of lines that are there. */
export interface Suspect {
  readonly entry: number;
  /** The oldest first. */
  readonly seqs: readonly number[];
}

/** Lines that became durable together. */
export interface Commit {
  readonly lines: number;
  /** Of the lines, with their newlines. */
  readonly bytes: number;
  /** That writing and syncing took. */
  readonly seconds: number;
}

export interface Ledger {
  /** The log's name. */
  readonly name: string;
  /** Durable lines. */
  readonly size: number;
  /** Lines in sealed segments: seq of the first line that the open segment has, or will have. */
  readonly sealed: number;
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

  /** How far the check of what the start did not read has come, and what it found. */
  readonly check: CheckState;

  /** The key of {@link TailBatch.ids}. New with every opening. */
  readonly idKey: IdKey;

  /**
   * Where among the newest lines, those on their way included, there may be one with this id, the oldest first: a hash decides, so ask the line.
   * Lines that are not durable yet can be read when {@link Ledger.durable} has resolved.
   */
  places(id: string): readonly number[];

  /** As places(), for a batch: the entries for which there is any. Nearly always none. Cost: 30 ns an entry. */
  suspects(batch: TailBatch): readonly Suspect[];

  /** Resolves when the line that was given this place is durable; rejects with a fatal LedgerError. */
  durable(seq: number): Promise<void>;

  /**
   * Chains entries, in order. They have their places when the call returns: places() knows them. Resolves when all are durable.
   * `received` is that of the first, each next one is a nanosecond later. A batch is read until then: it must not change.
   * @throws {LedgerError} (by rejection) BAD_ENTRY, DISK_FULL, CLOSED: nothing was appended; fatal: ask the log after a restart
   */
  append(entries: readonly Entry[] | TailBatch): Promise<{ first: number; received: bigint }>;

  /** Stores a value outside of its line; durable when it resolves. The same bytes again are fine. @throws {LedgerError} as append */
  putObject(bytes: Uint8Array): Promise<StoredObject>;

  /**
   * Durable lines in order, without newline: none when there are none yet, else at least one and at most `maxLines`, together no more than
   * `maxBytes` unless the first alone is longer. Going on where a call stopped costs one read; anywhere else some ten small ones before.
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

  /** Resolves when the check of the whole log is done, and every sealed segment is compressed, or neither was asked for. Never rejects. */
  idle(): Promise<void>;

  /** Whether there is room for what is on its way and a reserve. Asks the disk at most once a second. */
  room(): Room;

  /** Finishes what was appended, signs a last checkpoint, gives the lock back. Twice is fine. @throws {LedgerError} fatal */
  close(): Promise<void>;
}
