// chunk-worker.ts: a thread that scans ranges of files. One message in, one out; knows no order and keeps nothing but a file open.

import { parentPort, workerData } from "node:worker_threads";
import type { Chunk } from "./chunk.ts";
import { type ChunkAnswer, type ChunkJob, RangeScanner } from "./range-scanner.ts";
import { type IdSeed, useIdSeed } from "./record-ids.ts";

function serve(port: NonNullable<typeof parentPort>): void {
  useIdSeed((workerData as { idSeed: IdSeed }).idSeed);
  const scanner = new RangeScanner();
  port.on("message", (job: ChunkJob) => {
    let chunk: Chunk | undefined;
    try {
      chunk = scanner.scan(job);
    } catch {
      chunk = undefined; // the main thread reads this range again, and says what is wrong with it
    }
    const answer: ChunkAnswer = { number: job.number, chunk };
    port.postMessage(answer, chunk === undefined ? [] : [chunk.leaves.buffer as ArrayBuffer, chunk.ids.buffer as ArrayBuffer]);
  });
}

if (parentPort !== null && (workerData as { role?: string } | null)?.role === "chunk-scanner") serve(parentPort);
