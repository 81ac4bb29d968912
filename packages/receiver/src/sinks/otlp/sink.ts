// sink.ts: the OTLP sink: follows one ledger from its durable cursor and sends every line on as the log record that it is, redacted and
// with the marks that prove it, in order, for as long as it takes. At least once: after a crash or a lost answer a record may come twice,
// with the same `audit.record.id`.

import type { Dispatcher } from "undici";
import { type Backoff, SINK_BACKOFF } from "../backoff.ts";
import type { DeadLetters } from "../dead-letter.ts";
import { Ending, Follower } from "../follower.ts";
import { realWorld, type SinkLedger, type SinkLog, type SinkMetrics, type SinkWorld } from "../ports.ts";
import { Condition, type SinkStatus } from "../status.ts";
import { EntryMaker, formatRequest } from "./entry.ts";
import { OtlpShipper } from "./shipper.ts";
import type { OtlpTransport } from "./transport.ts";
import { createGrpcTransport } from "./transport-grpc.ts";
import { createHttpTransport } from "./transport-http.ts";

export type OtlpProtocol = "http/protobuf" | "grpc";

export interface OtlpSinkOptions {
  readonly ledger: SinkLedger;
  /** `https://collector:4318`; for gRPC its port, as `http://collector:4317`. */
  readonly url: string;
  /** Default `http/protobuf`. */
  readonly protocol?: OtlpProtocol;
  /** Read at the first try, and again after an answer that they were wrong. */
  readonly headers?: () => Promise<Readonly<Record<string, string>>>;
  /** Certificates, PEM, in place of the system's. */
  readonly ca?: string;
  /** Where refused records are listed. */
  readonly deadLetters: DeadLetters;
  /** Whether the line itself goes along, as `proofline.line`. Default true. */
  readonly line?: boolean;
  /** Records of one request, before compression. Default 1 MiB. */
  readonly batchBytes?: number;
  /** Default 2000. */
  readonly batchLines?: number;
  /** Default true. */
  readonly gzip?: boolean;
  /** Default 10 s; over HTTP for each step of a request. */
  readonly timeoutMs?: number;
  readonly backoff?: Backoff;
  /** How long a few lines may wait for more of them. Default 50 ms. */
  readonly lingerMs?: number;
  /** How often progress is made durable, at most. Default 1 s. */
  readonly saveEveryMs?: number;
  /** Single records refused in a row, for one cause, that mean that the records are not to blame. Default 20. */
  readonly maxRefusedInRow?: number;
  readonly dispatcher?: Dispatcher;
  readonly world?: Partial<SinkWorld>;
  readonly metrics?: OtlpMetrics;
  readonly log?: SinkLog;
}

export interface OtlpMetrics extends SinkMetrics {
  /** An answer with `partial_success`: some of the request's records were rejected. */
  partialSuccess(): void;
}

export interface OtlpSink {
  /** As the Loki sink's. Twice is fine. Never rejects. */
  stop(graceMs?: number): Promise<void>;
  status(): SinkStatus;
}

const NO_METRICS: OtlpMetrics = { sent() {}, retried() {}, deadLettered() {}, asked() {}, partialSuccess() {} };
const HOUR_MS = 3_600_000;

/**
 * Starts sending on. Returns at once; nobody need be there.
 * @throws {OtlpSinkError} when an option cannot work
 */
export function startOtlpSink(o: OtlpSinkOptions): OtlpSink {
  const world: SinkWorld = { ...realWorld, ...o.world };
  const metrics = o.metrics ?? NO_METRICS;
  const log = o.log ?? ((): void => {});
  const backoff = o.backoff ?? SINK_BACKOFF;
  const maxBatchBytes = o.batchBytes ?? 1024 * 1024;
  const transport = createTransport(o, world);
  const ending = new Ending();
  const condition = new Condition("otlp", log);
  let warned = "";
  const push = async (part: Parameters<typeof formatRequest>[0]) => {
    const { answer, sent } = await transport.export(formatRequest(part), ending.killed);
    if (answer.kind === "accepted") {
      metrics.sent(part.length, sent);
      if ("warning" in answer && answer.warning !== warned) {
        warned = answer.warning;
        log("otlp_warning", { warning: answer.warning });
      }
    } else if (answer.kind === "refused" && answer.reason.startsWith("partial_success")) metrics.partialSuccess();
    return answer;
  };
  const shipper = new OtlpShipper({
    ...{ push, backoff, world, metrics, maxBatchBytes },
    maker: new EntryMaker({ line: o.line ?? true }),
    maxRefusedInRow: o.maxRefusedInRow ?? 20,
    onTrouble: (cause, reason) => condition.trouble(cause, reason),
    onRecovered: () => condition.fine(),
    stopping: ending.stopping,
  });
  const follower = new Follower(
    {
      ...{ sink: "otlp", ledger: o.ledger, shipper, condition, deadLetters: o.deadLetters, backoff, world, metrics, log },
      ...{ maxBatchBytes, maxBatchLines: o.batchLines ?? 2000, maxSpanMs: HOUR_MS },
      lingerMs: o.lingerMs ?? 50,
      saveEveryMs: o.saveEveryMs ?? 1000,
    },
    ending,
  );
  const ended = run(follower, transport);
  return {
    async stop(graceMs = 1000) {
      ending.stop(graceMs, world);
      await ended;
    },
    status: () => follower.status(),
  };
}

function createTransport(o: OtlpSinkOptions, world: SinkWorld): OtlpTransport {
  const options = {
    url: o.url,
    headers: o.headers ?? (async () => ({})),
    ...(o.ca === undefined ? {} : { ca: o.ca }),
    timeoutMs: o.timeoutMs ?? 10_000,
    gzip: o.gzip ?? true,
  };
  if (o.protocol === "grpc") return createGrpcTransport(options);
  const nowMs = (): number => Number(world.now() / 1_000_000n);
  return createHttpTransport({ ...options, ...(o.dispatcher === undefined ? {} : { dispatcher: o.dispatcher }), nowMs });
}

async function run(follower: Follower, transport: OtlpTransport): Promise<void> {
  try {
    await follower.run();
  } finally {
    await transport.close();
  }
}
