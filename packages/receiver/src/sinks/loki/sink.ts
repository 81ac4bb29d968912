// sink.ts: the Loki sink: follows one ledger from its durable cursor and pushes every line to Loki, in order, for as long as it takes.
// A slow, full or dead Loki shows as lag and never reaches the ledger. Loki is not trusted: whether it kept what it
// confirmed is for `proofline verify --loki` to find out.

import type { Dispatcher } from "undici";
import { type Backoff, SINK_BACKOFF } from "../backoff.ts";
import type { DeadLetters } from "../dead-letter.ts";
import { Ending, Follower } from "../follower.ts";
import { type RetryCause, realWorld, type SinkLedger, type SinkLog, type SinkWorld } from "../ports.ts";
import { Condition, type SinkStatus } from "../status.ts";
import { StreamLabels } from "./labels.ts";
import { LOKI_DEFAULT_LIMITS, type LokiLimits } from "./limits.ts";

import { type LokiMetrics, noMetrics } from "./metrics.ts";
import { createPusher } from "./pusher.ts";
import { ReadBack, type ReadBackOptions, type ReadBackStatus } from "./read-back/read-back.ts";
import { createRepair } from "./repair.ts";
import { LokiShipper } from "./shipper.ts";
import { TimeFloor } from "./timestamps.ts";
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
  /** Whether a line's event class is a label too. Default false. */
  readonly classLabel?: boolean;
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
  /** What Loki holds is read back and compared; undefined: it is not. */
  readonly readBack?: LokiReadBack;
  readonly dispatcher?: Dispatcher;
  readonly world?: Partial<SinkWorld>;
  readonly metrics?: LokiMetrics;
  readonly log?: SinkLog;
}

export interface LokiReadBack extends Pick<ReadBackOptions, "sealed" | "deadLettered" | "mismatches" | "metrics"> {
  /** Whether lines that are missing are sent again. */
  readonly repair: boolean;
}

export interface LokiSink {
  /**
   * Ends the sink: a request in flight has `graceMs` to come back (default 1 s), progress is saved, connections are closed.
   * What is not sent yet is sent after the next start. Twice is fine. Never rejects.
   */
  stop(graceMs?: number): Promise<void>;
  status(): SinkStatus;
  /** Undefined when nothing is read back. */
  confirmation(): ReadBackStatus | undefined;
}

/**
 * Starts forwarding. Returns at once; Loki need not be there.
 * @throws {LokiSinkError} when an option cannot work with any Loki
 */
export function startLokiSink(o: LokiSinkOptions): LokiSink {
  const limits: LokiLimits = { ...LOKI_DEFAULT_LIMITS, ...o.limits };
  const world: SinkWorld = { ...realWorld, ...o.world };
  const labels = new StreamLabels(o.ledger.name, o.labels ?? {}, limits, o.classLabel);
  const transport = createTransport({
    url: o.url,
    ...(o.tenant === undefined ? {} : { tenant: o.tenant }),
    ...(o.authorization === undefined ? {} : { authorization: o.authorization }),
    ...(o.timeoutMs === undefined ? {} : { timeoutMs: o.timeoutMs }),
    ...(o.dispatcher === undefined ? {} : { dispatcher: o.dispatcher }),
    nowMs: () => Number(world.now() / 1_000_000n),
  });
  const metrics = o.metrics ?? noMetrics;
  const log = o.log ?? ((): void => {});
  const backoff = o.backoff ?? SINK_BACKOFF;
  const ending = new Ending();
  const condition = new Condition("loki", log);
  const pusher = { transport, floor: new TimeFloor(limits.maxAgeMs), gzip: o.gzip ?? true, world, killed: ending.killed };
  const delivery = {
    push: createPusher({ ...pusher, metrics }),
    ...{ backoff, world, metrics, stopping: ending.stopping, maxRefusedInRow: o.maxRefusedInRow ?? 20 },
    onTrouble: (cause: RetryCause, reason: string): void => condition.trouble(cause, reason),
    onRecovered: (): void => condition.fine(),
  };
  const shipper = new LokiShipper({
    ...delivery,
    ...{ ledger: o.ledger, labels, limits, log, pushCheckpoint: createPusher(pusher) },
  });
  const follower = new Follower(
    {
      ...{ sink: "loki", ledger: o.ledger, shipper, condition, deadLetters: o.deadLetters, backoff, world, metrics, log },
      maxBatchBytes: limits.maxBatchBytes,
      maxBatchLines: limits.maxBatchLines,
      maxSpanMs: limits.maxSpanMs,
      lingerMs: o.lingerMs ?? 50,
      saveEveryMs: o.saveEveryMs ?? 1000,
    },
    ending,
  );
  const readBack =
    o.readBack &&
    new ReadBack({
      ...o.readBack,
      repair: o.readBack.repair ? createRepair(delivery, labels, limits) : undefined,
      ...{ ledger: o.ledger, reader: transport.reader, delivered: () => follower.status().next, world, log, ending },
    });
  const close = shipper.listen();
  const ended = run(follower, readBack, close, transport);
  return {
    async stop(graceMs = 1000) {
      ending.stop(graceMs, world);
      await ended;
    },
    status: () => follower.status(),
    confirmation: () => readBack?.status(),
  };
}

async function run(follower: Follower, readBack: ReadBack | undefined, close: () => void, transport: Transport): Promise<void> {
  try {
    await Promise.all([follower.run(), readBack?.run()]);
    close();
  } finally {
    await transport.close();
  }
}
