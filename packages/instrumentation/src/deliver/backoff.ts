// backoff.ts: how long to wait before the next attempt. Pure; the chance is passed in.

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
