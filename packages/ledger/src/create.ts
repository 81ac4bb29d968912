// create.ts: a new log, made deliberately. A start never does this by itself: on an empty or wrong disk it would begin a second history
// under the name of the first.

import { Buffer } from "node:buffer";
import { dirname } from "node:path";
import { EMPTY_ROOT, type NoteSigner, signCheckpoint } from "@proofline/tlog";
import { type Disk, nodeDisk } from "./disk.ts";
import { Directories, PUBLIC, replaceFile } from "./durable.ts";
import { asLedgerError, LedgerError, systemCode } from "./errors.ts";
import { Layout } from "./layout.ts";
import { acquireLock } from "./lock.ts";
import { nodeProcesses, type Processes } from "./process-identity.ts";
import { wrongKey } from "./refusals.ts";
import { listSegments } from "./segments.ts";

export interface CreateLogOptions {
  /** The data folder; made when it is not there. */
  readonly data: string;
  /** The log's name: its origin, and the name of its key. */
  readonly log: string;
  readonly signer: NoteSigner;
  readonly disk?: Disk;
  readonly processes?: Processes;
}

/**
 * Makes an empty log: its folder, its public key and a checkpoint of size 0. Durable when it resolves. Called again after a crash within,
 * it goes on; the checkpoint is what makes it a log.
 * @throws {LedgerError} BAD_NAME, WRONG_KEY (the key is named otherwise than the log), LOG_EXISTS, LOCKED, IO
 */
export async function createLog(o: CreateLogOptions): Promise<void> {
  const { disk = nodeDisk, processes = nodeProcesses, signer } = o;
  const layout = new Layout(o.data, o.log);
  if (signer.name !== o.log) throw wrongKey(layout, `one named ${o.log}`, signer.vkey);
  try {
    const parent = dirname(layout.data);
    await makeParents(disk, parent);
    const directories = new Directories(disk, parent);
    await directories.ensure(layout.folder);
    const lock = await acquireLock({ disk, processes, since: new Date().toISOString() }, layout.lock);
    try {
      await refuseExisting(disk, layout);
      await directories.ensure(layout.segments);
      await replaceFile(disk, layout.vkey, Buffer.from(`${signer.vkey}\n`), PUBLIC);
      // A crash up to here: no log. From here on: a log, and whole.
      const note = signCheckpoint({ origin: o.log, size: 0, root: EMPTY_ROOT }, [signer]);
      await replaceFile(disk, layout.checkpoint, Buffer.from(note), PUBLIC);
    } finally {
      await lock.release();
    }
  } catch (error) {
    throw asLedgerError(`creating ${layout.folder}`, error);
  }
}

async function refuseExisting(disk: Disk, layout: Layout): Promise<void> {
  const hasCheckpoint = (await disk.readFile(layout.checkpoint)) !== undefined;
  if (!hasCheckpoint && (await listSegments(disk, layout)).length === 0) return;
  throw new LedgerError(
    "LOG_EXISTS",
    `${layout.folder} already holds ${hasCheckpoint ? "a log" : "lines, though no checkpoint"}. A new one would not continue it.\n` +
      "  to go on with it       start without creating it\n" +
      "  to begin another       give it another name",
  );
}

/** The folders above the data folder: made when missing, else left as they are, for they are not ours. */
async function makeParents(disk: Disk, path: string): Promise<void> {
  try {
    await disk.makeDirectory(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT" || dirname(path) === path) throw error;
    await makeParents(disk, dirname(path));
    await disk.makeDirectory(path);
    await disk.syncDirectory(dirname(path));
  }
}
