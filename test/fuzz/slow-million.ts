// slow-million.ts: a million hostile inputs over the decoders, on two threads.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import type { Report } from "./campaign.ts";

const INPUTS = 1_000_000;
const THREADS = 2;
/** A thread that stays at one input for so long hangs. */
const HANG_MS = 30_000;
const MAX_HEAP_GROWTH_BYTES = 16 * 2 ** 20;
/** `PROOFLINE_FUZZ_SEED`: begins elsewhere. Each run is the same unless it is set. */
const FIRST = Number(process.env.PROOFLINE_FUZZ_SEED ?? 1_000_000);

test(`a million hostile inputs: none crashes, hangs, leaks or changes a neighbour's record`, async (t) => {
  const each = INPUTS / THREADS;
  const startedMs = performance.now();
  const reports = await Promise.all(Array.from({ length: THREADS }, (_, i) => runWorker(FIRST + i * each, each)));
  const seconds = (performance.now() - startedMs) / 1000;
  const sum = (of: (report: Report) => number): number => reports.reduce((total, report) => total + of(report), 0);
  const slowest = reports.reduce((a, b) => (a.slowestMs > b.slowestMs ? a : b));
  t.diagnostic(
    `${sum(({ inputs }) => inputs)} inputs, ${Math.round(sum(({ bytes }) => bytes) / 2 ** 20)} MiB, in ${seconds.toFixed(0)} s`,
  );
  t.diagnostic(
    `refused ${sum(({ verdicts }) => verdicts.refused)}, quarantined ${sum(({ verdicts }) => verdicts.quarantined)}, understood ${sum(({ verdicts }) => verdicts.understood)}`,
  );
  t.diagnostic(`slowest input ${slowest.slowestMs.toFixed(1)} ms of CPU (seed ${slowest.slowestSeed})`);
  assert.deepEqual(
    reports.flatMap(({ found }) => found),
    [],
  );
  for (const { heapGrowthBytes } of reports)
    assert.ok(heapGrowthBytes < MAX_HEAP_GROWTH_BYTES, `a heap grew by ${heapGrowthBytes} bytes`);
});

function runWorker(first: number, count: number): Promise<Report> {
  const at = new SharedArrayBuffer(4);
  const place = new Int32Array(at);
  const worker = new Worker(new URL("worker.ts", import.meta.url), { workerData: { first, count, at } });
  return new Promise((resolve, reject) => {
    let last = -1;
    const watch = setInterval(() => {
      const now = Atomics.load(place, 0);
      if (now === last && now !== 0) {
        void worker.terminate();
        reject(new Error(`seed ${now} hangs`));
      }
      last = now;
    }, HANG_MS);
    worker.once("message", (report: Report) => resolve(report));
    worker.once("error", (error) => reject(new Error(`crashed at seed ${Atomics.load(place, 0)}`, { cause: error })));
    worker.once("exit", () => {
      clearInterval(watch);
      reject(new Error(`ended at seed ${Atomics.load(place, 0)}`));
    });
  });
}
