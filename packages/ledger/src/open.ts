// open.ts: from a folder to a ledger that can be written: lock, check, recover. Refuses rather than guesses; what it refuses it leaves
// as it found it. Order and states: SPEC.md, "Start".

import { Buffer } from "node:buffer";
import { randomFillSync } from "node:crypto";
import { type NoteSigner, type OpenedCheckpoint, openCheckpoint, rightEdge, TlogError, verifierFromVkey } from "@proofline/tlog";
import { checkCursors } from "./cursor.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { Directories, TEMPORARY } from "./durable.ts";
import { asLedgerError, type LedgerError } from "./errors.ts";
import { Layout } from "./layout.ts";
import { type Ledger, LiveLedger } from "./ledger.ts";
import { acquireLock, type Lock } from "./lock.ts";
import { nodeProcesses, type Processes } from "./process-identity.ts";
import { makeDurable, recover } from "./recover.ts";
import { checkpointMissing, checkpointRefused, noSuchLog, wrongKey } from "./refusals.ts";
import { listSegments, sealEarlier } from "./segments.ts";
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
  /** So many of the newest records at least are known by id, and up to twice as many. 100,000: about 20 MB. */
  readonly windowRecords?: number;
  /** Below this nothing is accepted any more. 64 MiB. */
  readonly minFreeBytes?: number;
  /** Called once: nothing more will be acknowledged. End the process; the next start recovers. */
  readonly onFatal: (error: LedgerError) => void;
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
    const lock = await acquireLock({ disk, processes, since: new Date(Number(now() / 1_000_000n)).toISOString() }, layout.lock);
    if (lock.takenOverFrom !== undefined) report("ledger.lock_taken_over", { log: o.log, from: lock.takenOverFrom });
    try {
      const ledger = await openLocked(o, { disk, layout, lock, now });
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
}

async function openLocked(o: OpenLedgerOptions, { disk, layout, lock, now }: Held): Promise<Ledger> {
  // First all that may refuse. Nothing but the lock has been written until it has passed.
  const { note, checkpoint } = await readCheckpoint(disk, layout, o.signer);
  const firsts = await listSegments(disk, layout);
  const directories = new Directories(disk, layout.folder);
  const store = new TileStore(disk, layout, directories);
  const windowRecords = o.windowRecords ?? DEFAULTS.windowRecords;
  const recovered = await recover({ disk, layout, store, checkpoint, firsts, windowRecords });
  await checkCursors(disk, layout, recovered.tip.size);

  await removeTemporaries(disk, layout);
  if (firsts.length > 0) await makeDurable(disk, layout, recovered.tip, recovered.signedBytes);
  await sealEarlier(disk, layout, firsts);
  await store.removeStrays(rightEdge(checkpoint.size));
  const ledger = new LiveLedger({
    ...{ disk, layout, lock, now, firsts, recovered, store, directories },
    ...{ signer: o.signer, onFatal: o.onFatal, random: o.random ?? ((bytes) => void randomFillSync(bytes)) },
    checkpoint: { size: checkpoint.size, note },
    segmentBytes: o.segmentBytes ?? DEFAULTS.segmentBytes,
    batchBytes: o.batchBytes ?? DEFAULTS.batchBytes,
    checkpointIntervalMs: o.checkpointIntervalMs ?? DEFAULTS.checkpointIntervalMs,
    minFreeBytes: o.minFreeBytes ?? DEFAULTS.minFreeBytes,
  });
  await ledger.start();
  return ledger;
}

async function refuseMissing(disk: Disk, layout: Layout): Promise<void> {
  if ((await disk.readFile(layout.checkpoint)) !== undefined) return;
  throw (await listSegments(disk, layout)).length > 0 ? checkpointMissing(layout) : noSuchLog(layout);
}

async function readCheckpoint(
  disk: Disk,
  layout: Layout,
  signer: NoteSigner,
): Promise<{ note: string; checkpoint: OpenedCheckpoint }> {
  const vkey = (await readText(disk, layout.vkey))?.trimEnd();
  if (vkey !== signer.vkey) throw wrongKey(layout, vkey ?? "no such file", signer.vkey);
  const note = await readText(disk, layout.checkpoint);
  if (note === undefined) throw checkpointMissing(layout);
  let checkpoint: OpenedCheckpoint;
  try {
    checkpoint = openCheckpoint(note, [verifierFromVkey(signer.vkey)]);
  } catch (error) {
    if (error instanceof TlogError) throw checkpointRefused(layout, `${error.code}: ${error.message}`);
    throw error;
  }
  if (checkpoint.origin !== layout.log) throw checkpointRefused(layout, `it is one of ${checkpoint.origin}`);
  return { note, checkpoint };
}

/** What a crash left under temporary names in the log's folder. Those of objects and cursors are emptied when they are used again. */
async function removeTemporaries(disk: Disk, layout: Layout): Promise<void> {
  for (const name of await disk.list(layout.folder)) if (name.endsWith(TEMPORARY)) await disk.unlink(layout.inFolder(name));
}

async function readText(disk: Disk, path: string): Promise<string | undefined> {
  const bytes = await disk.readFile(path);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
}

/** Node shows the wall clock in milliseconds. The nanoseconds below only tell lines of one millisecond apart. */
function systemClock(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
