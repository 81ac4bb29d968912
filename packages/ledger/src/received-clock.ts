// received-clock.ts: when a line was received: the system's clock, made strictly increasing. Knows no lines.
// Hot: a moment is a pair of numbers, so that a line costs no bigint.

import { LedgerError } from "./errors.ts";

export const SECOND_NS = 1_000_000_000n;
export const SECOND = 1_000_000_000;
/** Half of what the line format can spell: with room for lines that run ahead of the clock. */
const MAX_CLOCK_NS = 2n ** 63n - 1n;
/** A smaller step back is what NTP does every day; it is bridged one nanosecond a line and not recorded. */
const NOTABLE_STEP_NS = SECOND_NS;

/** Nanoseconds since 1970. Of lines that were given places one after the other, each is one nanosecond later. */
export interface Moment {
  readonly seconds: number;
  /** 0 to 999,999,999 */
  readonly nanos: number;
}

export interface StepBack {
  /** What the clock had shown before, or the newest line had said. Unix nanoseconds. */
  readonly from: bigint;
  /** What it shows now. */
  readonly to: bigint;
}

export class ReceivedClock {
  readonly #now: () => bigint;
  /** Of the newest line that was given a moment. */
  #last: bigint;
  #reading: bigint;

  /** @param last `received` of the newest line; -1n when there is none */
  constructor(now: () => bigint, last: bigint) {
    this.#now = now;
    this.#last = last;
    this.#reading = last;
  }

  /** Reads the clock. Returns a step back of more than a second since the reading before, once. */
  read(): StepBack | undefined {
    const from = this.#reading;
    const to = this.#now();
    if (to < 0n || to > MAX_CLOCK_NS) throw new LedgerError("IO", `the clock shows ${to} ns after 1970: outside of 1970 to 2262`);
    this.#reading = to;
    return to < from - NOTABLE_STEP_NS ? { from, to } : undefined;
  }

  /** Moments for `count` lines, by the newest reading. Returns the first one, Unix nanoseconds. */
  take(count: number): bigint {
    const first = this.#reading > this.#last ? this.#reading : this.#last + 1n;
    this.#last = first + BigInt(count - 1);
    return first;
  }
}

export function momentOf(ns: bigint): Moment {
  return { seconds: Number(ns / SECOND_NS), nanos: Number(ns % SECOND_NS) };
}
