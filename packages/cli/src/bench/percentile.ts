// percentile.ts: of measured times.

/** @param share 0 to 1. 0 when nothing was measured. Rounded to a thousandth. */
export function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  const found = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return Math.round(found * 1000) / 1000;
}
