// batch.ts: cuts what was read from the ledger into what is sent at once: bounded in bytes and in time, sorted by stream.

import type { LokiEntry, UnsendableLine } from "./entry.ts";
import type { LokiLimits } from "./limits.ts";

export interface Batch {
  /** The seq after the last line of this batch. */
  readonly next: number;
  /** Unix nanoseconds: `received` of the oldest and of the newest line; undefined when none could be read. */
  readonly oldestNs: bigint | undefined;
  readonly newestNs: bigint | undefined;
  /** Entries of one stream each, by seq. */
  readonly streams: readonly (readonly LokiEntry[])[];
  readonly unsendable: readonly UnsendableLine[];
  readonly lines: number;
}

/**
 * The longest beginning of `entries` that fits; at least one entry.
 * @param entries by seq, not empty
 */
export function cutBatch(
  entries: readonly (LokiEntry | UnsendableLine)[],
  limits: Pick<LokiLimits, "maxBatchBytes" | "maxSpanMs">,
): Batch {
  const maxSpanNs = BigInt(limits.maxSpanMs) * 1_000_000n;
  const streams = new Map<string, LokiEntry[]>();
  const unsendable: UnsendableLine[] = [];
  let oldestNs: bigint | undefined;
  let newestNs: bigint | undefined;
  let bytes = 0;
  let lines = 0;
  for (const entry of entries) {
    if ("unsendable" in entry) {
      unsendable.push(entry);
    } else {
      const full = bytes > 0 && bytes + entry.bytes > limits.maxBatchBytes;
      if (full || (oldestNs !== undefined && entry.receivedNs - oldestNs > maxSpanNs)) break;
      bytes += entry.bytes;
      oldestNs ??= entry.receivedNs;
      newestNs = entry.receivedNs;
      const stream = streams.get(entry.stream);
      if (stream === undefined) streams.set(entry.stream, [entry]);
      else stream.push(entry);
    }
    lines += 1;
  }
  return { next: entries[lines - 1]!.seq + 1, oldestNs, newestNs, streams: [...streams.values()], unsendable, lines };
}
