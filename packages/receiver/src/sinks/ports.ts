// ports.ts: what a sink needs from the rest: the part of a ledger that a reader uses, a clock, chance, and someone to tell.

/** The reading side of a ledger. Lines that it hands out are durable and never change. */
export interface SinkLedger {
  readonly name: string;
  /** Durable lines. */
  readonly size: number;
  readonly checkpoint: { size: number; note: string };
  read(from: number, o: { maxBytes: number; maxLines: number }): Promise<{ seq: number; line: Uint8Array }[]>;
  /** Resolves when `size > after`; may reject when the signal aborts. */
  grown(after: number, signal?: AbortSignal): Promise<void>;
  openCursor(sink: string): Promise<SinkCursor>;
  checkpoints(listener: (note: string, size: number) => void): () => void;
}

export interface SinkCursor {
  /** The first seq that the store has not confirmed. */
  readonly next: number;
  /** Durable when it resolves. */
  save(next: number): Promise<void>;
}

export interface SinkWorld {
  /** Unix nanoseconds. */
  now: () => bigint;
  /** 0 <= x < 1. */
  random: () => number;
  /** Resolves after `ms`, or earlier when the signal aborts. Never rejects. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export type RetryCause = "busy" | "unreachable" | "misconfigured" | "blocked" | "disk";

/** Counters. Gauges come from `status()`. */
export interface SinkMetrics {
  /** Taken by the store. `bytes` is what went over the wire. */
  sent(lines: number, bytes: number): void;
  retried(cause: RetryCause): void;
  deadLettered(): void;
  /** One request to the store, whatever it answered. */
  asked(seconds: number): void;
}

export type SinkLog = (event: string, details: Record<string, unknown>) => void;

export const realWorld: SinkWorld = {
  now: () => BigInt(Date.now()) * 1_000_000n,
  random: Math.random,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done);
    }),
};
