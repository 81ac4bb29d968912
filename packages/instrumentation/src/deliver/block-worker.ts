// block-worker.ts: the worker thread of block.ts: delivers from the spools' folders until enough is delivered, says how far it got, ends.
// What it cannot deliver (refused, damaged) it leaves to the sender of the event loop, which can park and report.

import { setTimeout as sleep } from "node:timers/promises";
import { workerData } from "node:worker_threads";
import { type Parcel, StreamReader } from "../spool/stream-reader.ts";
import type { BlockWork } from "./block.ts";
import { HttpTransport, type Transport } from "./transport.ts";

const work = workerData as BlockWork;
const done = new Int32Array(work.shared);
const moved = new Float64Array(work.shared, 8).fill(-1);
const deadline = performance.now() + work.timeoutMs;

// The transport's sockets hold no thread, and this one must not end between a request and its answer.
const held = setInterval(() => undefined, 1000);
const transport = new HttpTransport({ ...work.transport, now: Date.now });
let freed = 0;
for (const [at, { folder, stream, position }] of work.streams.entries()) {
  if (freed >= work.freeBytes) break;
  let damaged = false;
  const reader = await StreamReader.left(
    folder,
    stream,
    () => {
      damaged = true;
    },
    position,
  ).catch(() => undefined);
  while (reader !== undefined && freed < work.freeBytes && performance.now() < deadline) {
    const parcels = await reader.read({ maxRecords: work.maxBatchRecords, maxBytes: work.maxBatchBytes });
    if (damaged || parcels.length === 0 || !(await deliver(transport, parcels))) break;
    const last = parcels.at(-1)!;
    reader.advance(last);
    moved.set([last.segment, last.end, last.number], at * 3);
    freed += parcels.reduce((sum, { body }) => sum + body.length, 0);
  }
  await reader?.close();
}
clearInterval(held);
Atomics.store(done, 0, 1);
Atomics.notify(done, 0);
await transport.close();

async function deliver(to: Transport, parcels: readonly Parcel[]): Promise<boolean> {
  const body = Buffer.concat(parcels.map((parcel) => parcel.body));
  while (performance.now() < deadline) {
    const outcome = await to.send(body, false);
    if (outcome.at === "acknowledged") return true;
    if (outcome.at === "refused") return false;
    const asked = outcome.at === "retry" ? (outcome.afterMs ?? 0) : 0;
    const left = Math.max(0, deadline - performance.now());
    await sleep(Math.min(left, Math.max(work.retryMs, asked)));
  }
  return false;
}
