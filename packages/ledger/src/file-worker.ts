// file-worker.ts: a thread that writes many small files and syncs them: first all are written, then all are synced, so that the journal's
// commits serve many of them. Synchronous calls: nothing else runs here. Knows no log.

import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

export interface NewFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface FileJob {
  readonly job: number;
  readonly files: readonly NewFile[];
  readonly permissions: number;
}

/** What the system said about a job that failed. */
export interface FileFailure {
  readonly message: string;
  readonly code: string | undefined;
}

export interface FileAnswer {
  readonly job: number;
  readonly failure: FileFailure | undefined;
}

export const FILE_ROLE = "files";
/** So many files are open at once at most. */
const OPEN_AT_ONCE = 64;

function run({ job, files, permissions }: FileJob): FileAnswer {
  try {
    for (let i = 0; i < files.length; i += OPEN_AT_ONCE) writeAndSync(files.slice(i, i + OPEN_AT_ONCE), permissions);
    return { job, failure: undefined };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return { job, failure: { message, code } };
  }
}

function writeAndSync(files: readonly NewFile[], permissions: number): void {
  const open: number[] = [];
  try {
    for (const { path, bytes } of files) {
      const file = openSync(path, "w+", permissions);
      open.push(file);
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, done);
    }
    for (const file of open) fdatasyncSync(file);
  } finally {
    for (const file of open) closeSync(file);
  }
}

const port = parentPort;
if (port !== null && (workerData as { role?: unknown } | null)?.role === FILE_ROLE)
  port.on("message", (job: FileJob) => port.postMessage(run(job)));
