// block.ts: the policy to block: holds the event loop until the receiver has taken enough that there is room. The delivery runs in a
// worker thread meanwhile, because nothing runs here; what the loop's own sender has in flight may arrive twice, under the same ids.

import { Worker } from "node:worker_threads";
import type { Position, StreamReader } from "../spool/stream-reader.ts";
import type { HttpTransportOptions } from "./transport.ts";

/** What the worker is given. Positions come back in `shared`: three numbers a stream, the first -1 when it did not move. */
export interface BlockWork {
  readonly shared: SharedArrayBuffer;
  readonly streams: readonly { readonly folder: string; readonly stream: string; readonly position: Position }[];
  readonly transport: Omit<HttpTransportOptions, "now">;
  readonly maxBatchRecords: number;
  readonly maxBatchBytes: number;
  readonly retryMs: number;
  /** Stop when so many bytes are delivered, or after so long. */
  readonly freeBytes: number;
  readonly timeoutMs: number;
}

/** How long the worker may take, beyond its time, to hear the end of a request. */
const GRACE_MS = 2000;
const DONE_BYTES = 8;
const TYPESCRIPT: boolean = import.meta.url.endsWith(".ts");

/**
 * Blocks the thread: no timer, request or signal handler of the application's runs meanwhile. On return the streams have moved on by what was delivered; perhaps not at all.
 * Cost: a worker thread (some 100 ms) and the delivery of `freeBytes`.
 */
export function deliverBlocking(streams: readonly StreamReader[], o: Omit<BlockWork, "shared" | "streams">): void {
  const shared = new SharedArrayBuffer(DONE_BYTES + streams.length * 24);
  const work: BlockWork = {
    ...o,
    shared,
    streams: streams.map(({ folder, stream, position }) => ({ folder, stream, position })),
  };
  const worker = new Worker(new URL(TYPESCRIPT ? "./block-worker.ts" : "./block-worker.js", import.meta.url), {
    workerData: work,
    // Nothing of the application's may run there: no --import, no preloaded hook of ours either.
    execArgv: process.execArgv.filter((word) => /^(--conditions=|-C=?)/.test(word)),
    env: {},
  });
  worker.unref();
  worker.on("error", () => undefined); // then nothing has moved, and the caller says that there is no room
  Atomics.wait(new Int32Array(shared), 0, 0, o.timeoutMs + GRACE_MS);
  void worker.terminate();
  const moved = new Float64Array(shared, DONE_BYTES);
  if (Atomics.load(new Int32Array(shared), 0) === 0) return;
  streams.forEach((stream, at) => {
    const [segment, end, number] = moved.subarray(at * 3, at * 3 + 3) as unknown as [number, number, number];
    if (segment >= 0) stream.advance({ segment, end, number });
  });
}
