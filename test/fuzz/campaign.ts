// campaign.ts: a run over a range of seeds, in this thread: what was found, how long the slowest input took, what is left in memory.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { check, Found, type Verdict } from "./check.ts";
import type { Input } from "./input.ts";
import { jsonInput } from "./json-inputs.ts";
import { protobufInput } from "./protobuf-inputs.ts";

export interface Report {
  readonly inputs: number;
  readonly bytes: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** Of this thread's CPU, where the runtime can tell, else of the process's. */
  readonly slowestMs: number;
  readonly slowestSeed: number;
  /** What the run left in the heap after a collection, beside what the first inputs had made. */
  readonly heapGrowthBytes: number;
  /** Messages of what was found, the first twenty. */
  readonly found: readonly string[];
}

/** Inputs before the heap is first weighed: by then everything is loaded and compiled that will be. */
const WARM_UP = 2_000;
const MAX_FOUND = 20;

export function makeInput(seed: number): Input {
  return seed % 2 === 0 ? protobufInput(seed) : jsonInput(seed);
}

/** @param progress called with each seed before it is tried */
export function campaign(first: number, count: number, progress: (seed: number) => void = () => {}): Report {
  const verdicts = { refused: 0, quarantined: 0, understood: 0 };
  const found: string[] = [];
  let [bytes, slowestMs, slowestSeed, heapBefore] = [0, 0, first, 0];
  const collect = collector();
  for (let seed = first; seed < first + count; seed++) {
    if (seed === first + Math.min(WARM_UP, Math.floor(count / 2))) {
      collect();
      heapBefore = process.memoryUsage().heapUsed;
    }
    progress(seed);
    const input = makeInput(seed);
    bytes += input.body.length;
    const startedMs = cpuMs();
    try {
      verdicts[check(input)]++;
    } catch (error) {
      if (!(error instanceof Found)) throw error;
      if (found.length < MAX_FOUND)
        found.push(`${error.message.slice(0, 300)}${error.cause instanceof Error ? `: ${error.cause.message}` : ""}`);
    }
    const tookMs = cpuMs() - startedMs;
    if (tookMs > slowestMs) [slowestMs, slowestSeed] = [tookMs, seed];
  }
  collect();
  const heapGrowthBytes = process.memoryUsage().heapUsed - heapBefore;
  return { inputs: count, bytes, verdicts, slowestMs, slowestSeed, heapGrowthBytes, found };
}

function cpuMs(): number {
  // Of the thread since Node 23.9.
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
}

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
