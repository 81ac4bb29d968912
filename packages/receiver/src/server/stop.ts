// stop.ts: an orderly end: refuse, drain, say so in the log, stop forwarding, sign, unlock.

import type { Ledger } from "@proofline/ledger";
import type { Logger } from "pino";
import type { Listener } from "../http/listening.ts";
import type { Gate } from "../pipeline/gate.ts";
import type { OwnLines } from "./own-lines.ts";
import type { Sink } from "./sinks.ts";

export interface Running {
  readonly gate: Gate;
  readonly listeners: readonly Listener[];
  readonly sinks: readonly Sink[];
  readonly ledger: Ledger;
  readonly lines: OwnLines;
  readonly log: Logger;
  readonly timeoutMs: number;
  /** Ends what else would write a line. */
  readonly quiet: () => void;
}

/** @throws {LedgerError} when the last sync or checkpoint failed */
export async function stopAll({ gate, listeners, sinks, ledger, lines, log, timeoutMs, quiet }: Running): Promise<void> {
  gate.move("stopping");
  quiet();
  log.info("stopping: new requests are refused");
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    // The listeners stay while requests are under way: who comes late is told to come again, in words.
    await Promise.race([gate.idle(), aborted(late.signal)]);
    await Promise.all(listeners.map((listener) => listener.close(late.signal)));
  } finally {
    clearTimeout(timer);
  }
  // The last line of this run. A stop that cannot write it is none that went well, and says so by its absence.
  if (gate.state === "stopping") {
    await lines.stopped().catch((error: unknown) => log.error({ err: error }, "the stop could not be written to the log"));
  }
  await Promise.all(sinks.map((sink) => sink.stop()));
  await ledger.close();
  log.info({ size: ledger.size }, "stopped");
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
