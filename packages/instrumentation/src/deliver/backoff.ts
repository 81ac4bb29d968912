// backoff.ts: how long to wait before the next attempt. Pure; the chance is passed in.

import type { Outcome } from "./transport.ts";

export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Doubles with each failure in a row up to `maxMs`, then a random half of it is taken off, so that a thousand processes do not
 * come back in the same moment.
 * @param failures 1 for the first
 * @param random 0 <= x < 1
 */
export function backoffMs(failures: number, o: BackoffOptions, random: () => number): number {
  const full = Math.min(o.maxMs, o.firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(full / 2 + (full / 2) * random());
}

/** A receiver may ask for patience, not for silence for ever. */
export const LONGEST_ASKED_MS: number = 5 * 60_000;

/**
 * The pause after an attempt that failed: our own, or the receiver's `Retry-After` where that is longer (up to LONGEST_ASKED_MS; then it
 * is asked again). What needs a person's help is tried seldom.
 * @param failures 1 for the first in a row
 */
export function pauseMs(
  outcome: Extract<Outcome, { at: "retry" | "misconfigured" }>,
  failures: number,
  o: { readonly backoff: BackoffOptions; readonly slowMs: number; readonly random: () => number },
): number {
  const own = backoffMs(failures, o.backoff, o.random);
  if (outcome.at === "misconfigured") return Math.max(o.slowMs, own);
  return outcome.afterMs === undefined ? own : Math.min(Math.max(outcome.afterMs, own), LONGEST_ASKED_MS);
}
