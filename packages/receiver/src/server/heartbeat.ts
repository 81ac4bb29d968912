// heartbeat.ts: a line of the service's own when nobody else had anything to say: that nothing happened is then told from that nothing
// arrived, in the log and in every store that it goes to.

import type { Ledger } from "@proofline/ledger";

export interface HeartbeatOptions {
  readonly ledger: Pick<Ledger, "size">;
  /** Writes the line; resolves when it is durable. */
  readonly beat: () => Promise<void>;
  /** A log that got no line for so long, at most twice that, gets this one; 0: never. */
  readonly intervalMs: number;
  readonly onFailed: (error: unknown) => void;
}

/** @returns what ends it */
export function startHeartbeat({ ledger, beat, intervalMs, onFailed }: HeartbeatOptions): () => void {
  if (intervalMs === 0) return () => {};
  let size = ledger.size;
  const look = async (): Promise<void> => {
    if (ledger.size === size) await beat().catch(onFailed);
    size = ledger.size;
  };
  // The listeners keep the process; this need not.
  const timer = setInterval(() => void look(), intervalMs).unref();
  return () => clearInterval(timer);
}
