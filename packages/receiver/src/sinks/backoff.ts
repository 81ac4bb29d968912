// backoff.ts: how long to wait before the next try. Exponential with full jitter, so that many receivers do not come back at once.

export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}
export const SINK_BACKOFF: Backoff = { baseMs: 250, maxMs: 30_000 };

/**
 * @param failures how many tries have failed in a row, from 1
 * @param retryAfterMs what the server asked for: waited in full, the jitter comes on top
 */
export function delayMs(failures: number, random: () => number, backoff: Backoff, retryAfterMs = 0): number {
  const ceiling = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(failures - 1, 30));
  return retryAfterMs + Math.floor(random() * ceiling);
}
