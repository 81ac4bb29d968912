// sink.ts: the Loki sink: follows one ledger from its durable cursor and pushes every line to Loki, in order, for as long as it takes.
// A slow, full or dead Loki shows as lag and never reaches the ledger. Loki is not trusted: whether it kept what it
// confirmed is for `proofline verify --loki` to find out.

import type { Dispatcher } from "undici";
import { type Backoff, LOKI_BACKOFF } from "./backoff.ts";
import type { DeadLetters } from "./dead-letter.ts";
import { StreamLabels } from "./labels.ts";
import { LOKI_DEFAULT_LIMITS, type LokiLimits } from "./limits.ts";
import { LokiLoop } from "./loop.ts";
import { type LokiLog, type LokiMetrics, type LokiWorld, noMetrics, realWorld, type SinkLedger } from "./ports.ts";
import type { LokiStatus } from "./status.ts";
import { createTransport, type Transport } from "./transport.ts";

export interface LokiSinkOptions {
  readonly ledger: SinkLedger;
  /** `http://loki:3100`; a user and password in it become basic authentication. */
  readonly url: string;
  /** X-Scope-OrgID. */
  readonly tenant?: string;
  /** An Authorization header, e.g. `Bearer …`, when the URL has no user. */
  readonly authorization?: string;
  /** Labels beside `service_name`, `log` and `type`. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Where refused entries are listed: `deadLetterFile(lokiDeadLetterPath(logFolder(data, log)))`. */
  readonly deadLetters: DeadLetters;
  readonly limits?: Partial<LokiLimits>;
  readonly backoff?: Backoff;
  /** Default true. */
  readonly gzip?: boolean;
  /** Default 10 s, for each step of a request. */
  readonly timeoutMs?: number;
  /** How long a few lines may wait for more of them. Default 50 ms. */
  readonly lingerMs?: number;
  /** How often progress is made durable, at most. Default 1 s. */
  readonly saveEveryMs?: number;
  /** Single entries refused in a row, for one cause, that mean that Loki is wrongly configured and not the entries bad. Default 20. */
  readonly maxRefusedInRow?: number;
  readonly dispatcher?: Dispatcher;
  readonly world?: Partial<LokiWorld>;
  readonly metrics?: LokiMetrics;
  readonly log?: LokiLog;
}

export interface LokiSink {
  /**
   * Ends the sink: a request in flight has `graceMs` to come back (default 1 s), progress is saved, connections are closed.
   * What is not sent yet is sent after the next start. Twice is fine. Never rejects.
   */
  stop(graceMs?: number): Promise<void>;
  status(): LokiStatus;
}

/**
 * Starts forwarding. Returns at once; Loki need not be there.
 * @throws {LokiSinkError} when an option cannot work with any Loki
 */
export function startLokiSink(o: LokiSinkOptions): LokiSink {
  const limits: LokiLimits = { ...LOKI_DEFAULT_LIMITS, ...o.limits };
  const world: LokiWorld = { ...realWorld, ...o.world };
  const labels = new StreamLabels(o.ledger.name, o.labels ?? {}, limits);
  const transport = createTransport({
    url: o.url,
    ...(o.tenant === undefined ? {} : { tenant: o.tenant }),
    ...(o.authorization === undefined ? {} : { authorization: o.authorization }),
    ...(o.timeoutMs === undefined ? {} : { timeoutMs: o.timeoutMs }),
    ...(o.dispatcher === undefined ? {} : { dispatcher: o.dispatcher }),
    nowMs: () => Number(world.now() / 1_000_000n),
  });
  const loop = new LokiLoop({
    ledger: o.ledger,
    transport,
    labels,
    limits,
    deadLetters: o.deadLetters,
    backoff: o.backoff ?? LOKI_BACKOFF,
    gzip: o.gzip ?? true,
    lingerMs: o.lingerMs ?? 50,
    saveEveryMs: o.saveEveryMs ?? 1000,
    maxRefusedInRow: o.maxRefusedInRow ?? 20,
    world,
    metrics: o.metrics ?? noMetrics,
    log: o.log ?? ((): void => {}),
  });
  const ended = run(loop, transport);
  return {
    async stop(graceMs = 1000) {
      loop.stop(graceMs);
      await ended;
    },
    status: () => loop.status(),
  };
}

async function run(loop: LokiLoop, transport: Transport): Promise<void> {
  try {
    await loop.run();
  } finally {
    await transport.close();
  }
}
