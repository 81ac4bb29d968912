// receiver.ts: the composition root: opens the log, builds the path of an event, starts sinks and then listeners. Readiness means that
// all of it runs, and that the log says so. The opposite order is stop.ts.

import { availableParallelism } from "node:os";
import { ulidFactory } from "@proofline/event";
import { type LedgerError, logFolder } from "@proofline/ledger";
import { compilePolicy, type Redactor } from "@proofline/redaction";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { type Address, formatAddress } from "../config/units.ts";
import { defaultDecodeLimits } from "../decode/decoded.ts";
import { listenGrpc } from "../grpc/listener.ts";
import { listenAdmin } from "../http/health.ts";
import { listenHttp } from "../http/listener.ts";
import { ByteBudget } from "../pipeline/budget.ts";
import { Gate } from "../pipeline/gate.ts";
import { createIntake } from "../pipeline/intake.ts";
import { createPipeline } from "../pipeline/pipeline.ts";
import { type Preparation, prepareHere } from "../pipeline/preparation.ts";
import { PreparePool } from "../pipeline/prepare-pool.ts";
import { ProducerGaps } from "../pipeline/producer-gaps.ts";
import { createSeal } from "../pipeline/seal.ts";
import { openSignatureKeys } from "../signatures/open-keys.ts";
import { createLog as createServiceLog } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { createTracing } from "../telemetry/tracing.ts";
import { announce } from "./announce.ts";
import { exposures } from "./exposure.ts";
import { addGauges } from "./gauges.ts";
import { openAuthenticator, openTls } from "./guard.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { lokiAnchors } from "./loki-anchors.ts";
import { openLog } from "./open-log.ts";
import { OwnLines } from "./own-lines.ts";
import { checkPorts, listening } from "./ports.ts";
import { openRedactionKey } from "./redaction-key.ts";
import { Reloader } from "./reload.ts";
import { createRoutes } from "./routes.ts";
import { startSinks } from "./sinks.ts";
import { stopAll } from "./stop.ts";
import { version } from "./version.ts";
import { realWorld, type World } from "./world.ts";

export interface Receiver {
  /** Where it listens really, also when port 0 was asked for. */
  readonly http: Address;
  readonly grpc: Address;
  /** The log's name, its folder, and its public key. */
  readonly log: string;
  readonly folder: string;
  readonly vkey: string;
  /** Whether the log was created by this start. */
  readonly created: boolean;
  /** Where health and metrics are served apart; undefined when they are not. */
  readonly admin: Address | undefined;
  /** What an operator should know before trusting this start: a sentence each. */
  readonly warnings: readonly string[];
  /**
   * Takes up another configuration, and reads policy, tokens and certificates again. What cannot be used is not taken, and stands in the
   * service's log with what waits for a restart. Never rejects.
   * @param read gives the configuration; may throw ConfigError
   */
  reload(read: () => Config): Promise<void>;
  /**
   * Refuses new requests, waits for those under way (at most `shutdown.timeout`), closes sinks and ledger. Twice is fine.
   * @throws {LedgerError} when the last sync or checkpoint failed
   */
  stop(): Promise<void>;
}

/** Threads that prepare requests, where nothing else is said: beyond that the one that writes is the slowest. */
const MAX_WORKERS = 4;
/** EX_SOFTWARE: memory and disk may disagree; a supervisor starts the process again, and recovery decides. */
const EXIT_FATAL = 70;

/**
 * Starts the service; resolves when it is ready.
 * @throws {LedgerError} {StartError}; then nothing runs and nothing is locked
 */
export async function startReceiver(config: Config, world: Partial<World> = {}): Promise<Receiver> {
  const complete: World = { ...realWorld(), ...world };
  const log = createServiceLog(config.logLevel, complete.logStream);
  const undo: (() => Promise<unknown>)[] = [];
  try {
    return await start(config, complete, log, undo);
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}

/** @param undo collects what must be closed again, should a later step fail */
async function start(config: Config, world: World, log: Logger, undo: (() => Promise<unknown>)[]): Promise<Receiver> {
  const metrics = createMetrics({ process: world.processMetrics });
  const tracing = createTracing({ url: config.traces.url, log: config.log, version });
  undo.push(() => tracing.close().catch(() => {})); // spans that cannot be sent are no reason to fail
  let reloader: Reloader | undefined;
  const tls = await openTls(config);
  const authenticator = await openAuthenticator(config, (reading) => reloader?.tellTokens(reading));
  const gate: Gate = new Gate(
    () => ledger.room(),
    (room) =>
      room.ok
        ? log.info("there is room on the disk again: requests are accepted")
        : log.error(room, "the disk is nearly full: requests are refused"),
  );
  const onFatal = (error: LedgerError): void => {
    gate.move("failed");
    log.fatal({ code: error.code, err: error }, "the ledger cannot go on; restart to recover; nothing more is acknowledged");
    world.exit(EXIT_FATAL);
  };
  const { ledger, signer, created } = await openLog(
    config,
    config.create,
    {
      disk: world.disk,
      ...(world.now === undefined ? {} : { now: world.now }),
      segmentBytes: config.segments.bytes,
      segmentAgeMs: config.segments.ageMs,
      compress: config.segments.compress,
      check: config.segments.check,
      anchors: () => lokiAnchors(config, world, log),
      checkpointIntervalMs: config.checkpoint.intervalMs,
      windowRecords: config.window.records,
      minFreeBytes: config.disk.minFreeBytes,
      onFatal,
      onCommit: ({ lines, seconds }) => {
        metrics.observe("commitSeconds", seconds);
        metrics.observe("commitLines", lines);
      },
      report: (event, details) => (/damaged|failed/.test(event) ? log.error(details, event) : log.info(details, event)),
    },
    () => checkPorts(config),
  );
  undo.push(() => ledger.close());
  const folder = logFolder(config.data, config.log);
  if (created)
    log.warn(
      { log: config.log, folder, vkey: signer.vkey },
      "a new log was created; keep its key, and give the vkey to those who verify",
    );
  const key = await openRedactionKey({ file: config.redaction.keyFile, folder, random: world.random });
  const compile = ({ redaction }: Config): Redactor => compilePolicy(redaction.policy, { key });
  const redactor = compile(config);
  const nextId = ulidFactory({ now: world.nowMs, random: world.random });
  const seal = createSeal(key);
  const limits = {
    ...defaultDecodeLimits,
    ...(config.otlp.maxRecords === undefined ? {} : { maxRecords: config.otlp.maxRecords }),
  };
  const { maxTailBytes, idKey } = ledger;
  const signatures = await openSignatureKeys(config.signatures.keys);
  const preparer = { redactor, seal, nextId, accept: config.accept, maxTailBytes, idKey, limits, signatures };
  const workers = config.ingest.workers ?? Math.min(availableParallelism(), MAX_WORKERS);
  const onLost = (error: Error): void => log.error({ err: error }, "a thread that prepares requests died and was replaced");
  const preparation: Preparation = workers === 0 ? prepareHere(preparer) : new PreparePool({ ...preparer, workers, key, onLost });
  undo.push(() => preparation.close());
  const gaps = new ProducerGaps();
  const pipeline = createPipeline({ ledger, metrics, gaps });
  metrics.gauge("producerMissing", () => gaps.missing);
  const prepared = new ByteBudget(config.otlp.maxInflightBytes);
  const intake = createIntake({ gate, preparation, pipeline, metrics, prepared, elapsedMs: world.elapsedMs });
  const budget = new ByteBudget(config.otlp.maxInflightBytes);
  addGauges({ metrics, ledger, gate, budget, world, folder, tls });

  const sinks = await startSinks(config, { ledger, metrics, log, world });
  undo.push(() => Promise.all(sinks.map((sink) => sink.stop())));
  const parts = { ledger, gate, redactor, seal, nextId, limits, metrics, world, authenticator };
  const routes = await createRoutes(config, parts);
  undo.push(() => routes.close());
  const { maxRequestBytes, bodyTimeoutMs } = config.otlp;
  const servesMetrics = config.admin.http === undefined;
  const limitsOfRequests = { maxRequestBytes, bodyTimeoutMs, random: world.chance };
  const options = {
    gate,
    intake,
    budget,
    metrics,
    tracing,
    log,
    authenticator,
    tls,
    servesMetrics,
    ...limitsOfRequests,
    addRoutes: routes.http,
    methods: routes.grpc,
  };
  const http = await listening("otlp.http", config.otlp.http, () => listenHttp(config.otlp.http, options));
  undo.push(() => http.close(AbortSignal.abort()));
  const grpc = await listening("otlp.grpc", config.otlp.grpc, () => listenGrpc(config.otlp.grpc, options));
  undo.push(() => grpc.close(AbortSignal.abort()));
  const admin =
    config.admin.http && (await listening("admin.http", config.admin.http, () => listenAdmin(config.admin.http!, options)));
  if (admin !== undefined) undo.push(() => admin.close(AbortSignal.abort()));
  const warnings = exposures(config);
  for (const warning of warnings) log.warn(warning);

  const lines = new OwnLines({ ledger, log: config.log, version, run: nextId(), nextId, nowMs: world.nowMs });
  const redacting = [preparation, routes];
  reloader = new Reloader({ config, redactor, compile, redacting, authenticator, tls, lines, log, metrics });
  const facts = { created, size: ledger.size, tls: tls !== undefined, writers: authenticator.isOn };
  const open = (): void => gate.move("open");
  const silence = await announce(
    () => lines.started({ config: reloader!.digest, policy: redactor.version, ...facts }),
    open,
    log,
  );
  undo.push(async () => silence());
  const { intervalMs } = config.reload;
  const timer = intervalMs === 0 ? undefined : setInterval(() => void reloader!.lookAtFiles(), intervalMs).unref();
  undo.push(async () => clearInterval(timer));
  const endHeartbeat = startHeartbeat({
    ledger,
    beat: () => lines.heartbeat(ledger.size),
    intervalMs: config.heartbeat.intervalMs,
    onFailed: (error) => log.error({ err: error }, "the heartbeat could not be written to the log"),
  });
  undo.push(async () => endHeartbeat());
  log.info(
    { http: formatAddress(http.address), grpc: formatAddress(grpc.address), log: config.log, folder, size: ledger.size },
    "ready",
  );

  const listeners = admin === undefined ? [http, grpc] : [http, grpc, admin];
  const quiet = (): void => {
    clearInterval(timer);
    endHeartbeat();
    silence();
  };
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= stopAll({
      gate,
      listeners,
      sinks: [
        ...sinks,
        { stop: () => routes.close() },
        { stop: () => preparation.close() },
        { stop: () => tracing.close().catch(() => {}) },
      ],
      ledger,
      lines,
      log,
      timeoutMs: config.shutdown.timeoutMs,
      quiet,
    }));
  const addresses = { http: http.address, grpc: grpc.address, admin: admin?.address };
  const reload = (read: () => Config): Promise<void> => reloader!.reload(read);
  return { ...addresses, log: config.log, folder, vkey: signer.vkey, created, warnings, reload, stop };
}
