// world.ts: what the pipeline takes from outside: clock, chance, disk, network, environment, stderr. Tests pass their own.

import { randomFillSync } from "node:crypto";
import { ulidFactory } from "@proofline/event";
import type { Environment } from "./config.ts";
import type { Sink } from "./deliver/sink.ts";
import { realTimer, type SetTimer } from "./deliver/timers.ts";
import { HttpTransport, type HttpTransportOptions, type Transport } from "./deliver/transport.ts";
import { Notices } from "./notices.ts";
import { nodeDisk, type SpoolDisk } from "./spool/disk.ts";

export interface World {
  /** Unix milliseconds. */
  readonly now: () => number;
  /** A clock that is never set, in milliseconds from anywhere. */
  readonly monotonicMs: () => number;
  readonly setTimer: SetTimer;
  /** 0 <= x < 1, for jitter only. */
  readonly random: () => number;
  readonly newId: () => string;
  readonly disk: SpoolDisk;
  readonly newTransport: (options: HttpTransportOptions) => Transport;
  readonly notices: Notices;
  /** In the place of the spool: for tests of applications. */
  readonly newSink?: (() => Sink) | undefined;
  readonly env: Environment;
  /** First and longest pause between attempts, and the pause when a person has to help first. */
  readonly pauses: { readonly firstMs: number; readonly maxMs: number; readonly slowMs: number };
}

export const realWorld: World = {
  now: Date.now,
  monotonicMs: () => performance.now(),
  setTimer: realTimer,
  random: Math.random,
  newId: ulidFactory({ now: Date.now, random: (bytes) => void randomFillSync(bytes) }),
  disk: nodeDisk,
  newTransport: (options) => new HttpTransport(options),
  notices: new Notices(),
  env: process.env,
  pauses: { firstMs: 100, maxMs: 10_000, slowMs: 30_000 },
};
