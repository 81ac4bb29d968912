// world.ts: what the service needs from outside, so that a test can hand it another one.

import { randomFillSync } from "node:crypto";
import { type Disk, nodeDisk } from "@proofline/ledger";
import type { DestinationStream } from "pino";
import type { Dispatcher } from "undici";
import { standardError } from "../telemetry/log.ts";

export interface World {
  /** The ledger's clock, Unix nanoseconds; undefined: the ledger's own. */
  readonly now: (() => bigint) | undefined;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
  /** Milliseconds of a clock that never steps. */
  readonly elapsedMs: () => number;
  /** 0 <= x < 1; spreads retries, proves nothing. */
  readonly chance: () => number;
  /** Fills with bytes that nobody can guess. */
  readonly random: (bytes: Uint8Array) => void;
  readonly disk: Disk;
  /** Where the log lines go. */
  readonly logStream: DestinationStream;
  /** Ends the process, after the ledger failed. */
  readonly exit: (code: number) => void;
  /** For requests to Loki; undefined: connections of its own. */
  readonly dispatcher: Dispatcher | undefined;
  /** Whether `/metrics` has the process's own metrics. */
  readonly processMetrics: boolean;
}

export function realWorld(): World {
  return {
    now: undefined,
    nowMs: Date.now,
    elapsedMs: () => performance.now(),
    chance: Math.random,
    random: (bytes) => {
      randomFillSync(bytes);
    },
    disk: nodeDisk,
    logStream: standardError(),
    exit: (code) => process.exit(code),
    dispatcher: undefined,
    processMetrics: true,
  };
}
