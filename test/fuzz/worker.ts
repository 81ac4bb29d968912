// worker.ts: a campaign in a thread of its own; which seed it is at stands in shared memory, so that a hang can be named.

import { parentPort, workerData } from "node:worker_threads";
import { campaign } from "./campaign.ts";

const { first, count, at } = workerData as { first: number; count: number; at: SharedArrayBuffer };
const place = new Int32Array(at);
parentPort!.postMessage(campaign(first, count, (seed) => Atomics.store(place, 0, seed)));
