// chunk-pool.ts: scans many ranges of files on several threads and hands the answers back in the order of the ranges. Memory is bounded:
// only a few ranges are under way at a time. Small logs are scanned in this thread, as starting others would take longer.

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Chunk } from "./chunk.ts";
import type { FileRange } from "./file-range.ts";
import { type ChunkAnswer, type ChunkJob, RangeScanner } from "./range-scanner.ts";
import { currentIdSeed } from "./record-ids.ts";

const MAX_WORKERS = 8;
/** Under way for each worker: one that it scans, one that waits for it, and answers that wait for those before them. */
const DEPTH = 8;
const SMALL_BYTES = 32 * 1024 * 1024;

export interface ScannedRange {
  readonly range: FileRange;
  readonly chunk: Chunk | undefined;
}

/** @param marks lines whose times are wanted */
export async function* scanRanges(
  ranges: readonly FileRange[],
  log: string,
  marks: readonly number[],
): AsyncGenerator<ScannedRange> {
  const bytes = ranges.reduce((sum, range) => sum + (range.end - range.start), 0);
  const jobs = ranges.map((range, number) => ({ number, range, log, marks }));
  const workers = Math.min(availableParallelism(), MAX_WORKERS);
  yield* bytes < SMALL_BYTES || workers < 2 ? scanHere(jobs) : scanOnThreads(jobs, workers);
}

async function* scanHere(jobs: readonly ChunkJob[]): AsyncGenerator<ScannedRange> {
  const scanner = new RangeScanner(Math.max(0, ...jobs.map(({ range }) => range.fileBytes)));
  try {
    for (const job of jobs) {
      await new Promise(setImmediate); // a caller's timers and sockets get their turn
      yield { range: job.range, chunk: scanOrNothing(scanner, job) };
    }
  } finally {
    scanner.close();
  }
}

function scanOrNothing(scanner: RangeScanner, job: ChunkJob): Chunk | undefined {
  try {
    return scanner.scan(job);
  } catch {
    return undefined; // the caller reads the range again, and says what is wrong with it
  }
}

async function* scanOnThreads(jobs: readonly ChunkJob[], count: number): AsyncGenerator<ScannedRange> {
  const workers = Array.from({ length: count }, startWorker);
  const answers = new Map<number, PromiseWithResolvers<Chunk | undefined>>();
  let sent = 0;
  let taken = 0;
  let isBroken = false;
  /** A thread that is done gets the next job, unless the answers wait to be taken already. */
  const idle: Worker[] = [];
  const hire = (): void => {
    while (idle.length > 0 && !isBroken && sent < jobs.length && sent - taken < count * DEPTH) {
      const job = jobs[sent++]!;
      if (!answers.has(job.number)) answers.set(job.number, Promise.withResolvers());
      idle.shift()!.postMessage(job);
    }
  };
  const settleAll = (): void => {
    isBroken = true;
    for (const answer of answers.values()) answer.resolve(undefined);
  };
  for (const worker of workers) {
    worker.on("message", ({ number, chunk }: ChunkAnswer) => {
      answers.get(number)?.resolve(chunk);
      idle.push(worker);
      hire();
    });
    // A thread that dies takes its jobs with it: they count as out of order, and the caller reads those ranges itself.
    worker.on("error", settleAll);
    worker.on("exit", settleAll);
    idle.push(worker, worker); // one job that it scans, one that waits for it
  }
  try {
    hire();
    for (const job of jobs) {
      const chunk = isBroken && job.number >= sent ? undefined : await answers.get(job.number)?.promise;
      answers.delete(job.number);
      taken++;
      hire();
      yield { range: job.range, chunk };
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function startWorker(): Worker {
  // The sources run as they are, and so does what was built from them: the worker is the neighbour of the same kind.
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  return new Worker(new URL(`./chunk-worker${extension}`, import.meta.url), {
    workerData: { role: "chunk-scanner", idSeed: currentIdSeed() },
  });
}
