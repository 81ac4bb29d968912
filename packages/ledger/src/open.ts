// open.ts: from a folder to a ledger that can be written: lock, check, recover. Refuses rather than guesses; what it refuses it leaves
// as it found it. Order and states: SPEC.md, "Start".

import { randomFillSync } from "node:crypto";
import { type NoteSigner, rightEdge } from "@proofline/tlog";
import { type Anchor, checkAnchors, type OpenedAnchor, openAnchors } from "./anchors.ts";
import { checkCursors } from "./cursor.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { Directories, TEMPORARY } from "./durable.ts";
import { asLedgerError, type LedgerError } from "./errors.ts";
import { Layout } from "./layout.ts";
import type { Commit, Ledger } from "./ledger.ts";
import { LiveLedger } from "./live-ledger.ts";
import { acquireLock, type Lock } from "./lock.ts";
import { nodeProcesses, type Processes } from "./process-identity.ts";
import { readCheckpoint, refuseMissing } from "./read-checkpoint.ts";
import { makeDurable, recover } from "./recover.ts";
import { finishRollback, givenUp, rollbackName } from "./rollback.ts";
import { listSegments, removeUnfinished, sealEarlier } from "./segments.ts";
import { TileStore } from "./tile-store.ts";

const MIB = 1 << 20;
const DEFAULTS = {
  segmentBytes: 64 * MIB,
  batchBytes: 4 * MIB,
  checkpointIntervalMs: 1000,
  windowRecords: 100_000,
  minFreeBytes: 64 * MIB,
} as const;

export interface OpenLedgerOptions {
  readonly data: string;
  readonly log: string;
  /** The key that the log was created with. */
  readonly signer: NoteSigner;
  readonly disk?: Disk;
  /** The system's clock, Unix nanoseconds. */
  readonly now?: () => bigint;
  readonly random?: (bytes: Uint8Array) => void;
  readonly processes?: Processes;
  /** A segment is sealed before it would grow beyond this. 64 MiB. */
  readonly segmentBytes?: number;
  /**
   * Of lines that share one write and one sync. 4 MiB: a sync is then shared by thousands of lines, and the two buffers of this size that
   * are held are no burden.
   */
  readonly batchBytes?: number;
  /** A checkpoint is at most this late behind the durable lines; Infinity: only when a segment is full and at close. 1000. */
  readonly checkpointIntervalMs?: number;
  /** So many of the newest records at least are known by id, and up to twice as many. 100,000: about 8 MB. */
  readonly windowRecords?: number;
  /** A segment is sealed, too, when its first line is so old, in milliseconds; without it by size alone. */
  readonly segmentAgeMs?: number | undefined;
  /** What becomes of sealed segments, beside all else. "none" leaves them as they are, those that are compressed included. */
  readonly compress?: "zstd" | "none";
  /** Whether all that the start does not read is checked beside all else: see {@link Ledger.check}. false. */
  readonly check?: boolean;
  /** Checkpoints of this log that others hold, asked for once; a log behind one of them is refused. Must not reject. */
  readonly anchors?: () => Promise<readonly Anchor[]>;
  /** Token of the lock's holder, when a person has declared it dead. */
  readonly unlock?: string;
  /** Waits until a holder that was taken for dead has had the time to notice. */
  readonly wait?: (ms: number) => Promise<void>;
  /** Below this nothing is accepted any more. 64 MiB. */
  readonly minFreeBytes?: number;
  /** Called once: nothing more will be acknowledged. End the process; the next start recovers. */
  readonly onFatal: (error: LedgerError) => void;
  /** Called for each write that became durable; it must not throw. */
  readonly onCommit?: (commit: Commit) => void;
  /** The caller's log: told what happened, once. Details hold nothing of a record. */
  readonly report?: (event: string, details: object) => void;
}

/**
 * Opens a log for writing. It was created by createLog. Cost: reads the newest segments for about `windowRecords` lines, hashes the lines
 * after the last checkpoint.
 * @throws {LedgerError} BAD_NAME, NO_SUCH_LOG, LOCKED, WRONG_KEY, ROLLED_BACK, FORKED, CORRUPT, IO
 */
export async function openLedger(o: OpenLedgerOptions): Promise<Ledger> {
  const { disk = nodeDisk, processes = nodeProcesses, now = systemClock, report = () => {} } = o;
  const layout = new Layout(o.data, o.log);
  try {
    await refuseMissing(disk, layout);
    const since = new Date(Number(now() / 1_000_000n)).toISOString();
    const lock = await acquireLock({ disk, processes, since, unlock: o.unlock, ...(o.wait && { wait: o.wait }) }, layout.lock);
    if (lock.takenOverFrom !== undefined) report("ledger.lock_taken_over", { log: o.log, from: lock.takenOverFrom });
    try {
      const ledger = await openLocked(o, { disk, layout, lock, now, report });
      report("ledger.opened", { log: o.log, lines: ledger.size, ...ledger.recovery });
      return ledger;
    } catch (error) {
      await lock.release().catch(() => {}); // the first error is the one to hear of; a dead holder's lock is taken over
      throw error;
    }
  } catch (error) {
    throw asLedgerError(`opening ${layout.folder}`, error);
  }
}

interface Held {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly lock: Lock;
  readonly now: () => bigint;
  readonly report: (event: string, details: object) => void;
}

async function openLocked(o: OpenLedgerOptions, { disk, layout, lock, now, report }: Held): Promise<Ledger> {
  // First all that may refuse. Nothing but the lock has been written until it has passed.
  const { note, checkpoint } = await readCheckpoint(disk, layout, o.signer);
  const segments = await listSegments(disk, layout);
  const firsts = segments.map(({ first }) => first);
  const directories = new Directories(disk, layout.folder);
  const store = new TileStore(disk, layout, directories);
  const windowRecords = o.windowRecords ?? DEFAULTS.windowRecords;
  const random = o.random ?? ((bytes) => void randomFillSync(bytes));
  const idKey = new Uint32Array(2);
  random(new Uint8Array(idKey.buffer));
  const anchors = await anchorsOf(o, disk, layout, report);
  const sizes = new Set(anchors.map(({ size }) => size));
  const recovered = await recover({ disk, layout, store, checkpoint, firsts, windowRecords, sizes, idKey });
  await checkCursors(disk, layout, recovered.tip.size);
  await checkAnchors(anchors, { layout, recovered, checkpoint, store });

  await removeTemporaries(disk, layout);
  await removeUnfinished(disk, layout, segments);
  if (segments.at(-1)?.isPlain) await makeDurable(disk, layout, recovered.tip, recovered.signedBytes);
  await sealEarlier(disk, layout, segments);
  await store.removeStrays(rightEdge(checkpoint.size));
  const ledger = new LiveLedger({
    ...{ disk, layout, lock, now, segments, recovered, store, directories, checkpoint, note },
    ...{ signer: o.signer, onFatal: o.onFatal, onCommit: o.onCommit ?? (() => {}), report, random, idKey },
    ...{ segmentAgeMs: o.segmentAgeMs, compress: o.compress ?? "none", check: o.check ?? false },
    segmentBytes: o.segmentBytes ?? DEFAULTS.segmentBytes,
    batchBytes: o.batchBytes ?? DEFAULTS.batchBytes,
    checkpointIntervalMs: o.checkpointIntervalMs ?? DEFAULTS.checkpointIntervalMs,
    minFreeBytes: o.minFreeBytes ?? DEFAULTS.minFreeBytes,
  });
  await ledger.start();
  await finishRollback({ disk, layout, note, random, ledger });
  return ledger;
}

/** Those that count: signed with this log's key, and not of a history that was given up. */
async function anchorsOf(o: OpenLedgerOptions, disk: Disk, layout: Layout, report: Held["report"]): Promise<OpenedAnchor[]> {
  if (o.anchors === undefined) return [];
  const ignored = (where: string, why: string) => report("ledger.anchor_ignored", { log: layout.log, where, why });
  const opened = openAnchors(await o.anchors(), o.signer, ignored);
  const given = await givenUp(disk, layout);
  return opened.filter(({ size, root }) => !given.has(rollbackName(size, root)));
}

/** What a crash left under temporary names in the log's folder. Those of objects and cursors are emptied when they are used again. */
async function removeTemporaries(disk: Disk, layout: Layout): Promise<void> {
  for (const name of await disk.list(layout.folder)) if (name.endsWith(TEMPORARY)) await disk.unlink(layout.inFolder(name));
}

/** Node shows the wall clock in milliseconds. The nanoseconds below only tell lines of one millisecond apart. */
function systemClock(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
