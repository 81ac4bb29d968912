// receiver.ts: the composition root: opens the log, builds the path of an event, starts sinks and then listeners; stops them in the
// opposite order. Readiness means that all of it runs.

import { ulidFactory } from "@proofline/event";
import { type Ledger, type LedgerError, logFolder } from "@proofline/ledger";
import { compilePolicy } from "@proofline/redaction";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { type Address, formatAddress } from "../config/units.ts";
import { defaultDecodeLimits } from "../decode/decoded.ts";
import { listenGrpc } from "../grpc/listener.ts";
import { type Listener, listenHttp } from "../http/listener.ts";
import { ByteBudget } from "../pipeline/budget.ts";
import { Gate } from "../pipeline/gate.ts";
import { createIntake } from "../pipeline/intake.ts";
import { createPipeline } from "../pipeline/pipeline.ts";
import { createSeal } from "../pipeline/seal.ts";
import { createLog as createServiceLog } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { StartError } from "./errors.ts";
import { addGauges } from "./gauges.ts";
import { openLog } from "./open-log.ts";
import { openRedactionKey } from "./redaction-key.ts";
import { type Sink, startSinks } from "./sinks.ts";
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
  /**
   * Refuses new requests, waits for those under way (at most `shutdown.timeout`), closes sinks and ledger. Twice is fine.
   * @throws {LedgerError} when the last sync or checkpoint failed
   */
  stop(): Promise<void>;
}

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
  const { ledger, signer, created } = await openLog(config, config.create, {
    disk: world.disk,
    ...(world.now === undefined ? {} : { now: world.now }),
    segmentBytes: config.segments.bytes,
    checkpointIntervalMs: config.checkpoint.intervalMs,
    windowRecords: config.window.records,
    minFreeBytes: config.disk.minFreeBytes,
    onFatal,
    report: (event, details) => log.info(details, event),
  });
  undo.push(() => ledger.close());
  const folder = logFolder(config.data, config.log);
  if (created)
    log.warn(
      { log: config.log, folder, vkey: signer.vkey },
      "a new log was created; keep its key, and give the vkey to those who verify",
    );
  const key = await openRedactionKey({ file: config.redaction.keyFile, folder, random: world.random });
  const redactor = compilePolicy(config.redaction.policy, { key });
  const nextId = ulidFactory({ now: world.nowMs, random: world.random });
  const pipeline = createPipeline({ ledger, redactor, seal: createSeal(key), nextId, accept: config.accept, metrics });
  const limits = {
    ...defaultDecodeLimits,
    ...(config.otlp.maxRecords === undefined ? {} : { maxRecords: config.otlp.maxRecords }),
  };
  const intake = createIntake({ gate, pipeline, limits, metrics, elapsedMs: world.elapsedMs });
  const budget = new ByteBudget(config.otlp.maxInflightBytes);
  addGauges({ metrics, ledger, gate, budget, world, folder });

  const sinks = await startSinks(config, { ledger, metrics, log, world });
  undo.push(() => Promise.all(sinks.map((sink) => sink.stop())));
  const { maxRequestBytes, bodyTimeoutMs } = config.otlp;
  const options = { gate, intake, budget, metrics, log, maxRequestBytes, bodyTimeoutMs, random: world.chance };
  const http = await listen("otlp.http", config.otlp.http, () => listenHttp(config.otlp.http, options));
  undo.push(() => http.close(AbortSignal.abort()));
  const grpc = await listen("otlp.grpc", config.otlp.grpc, () => listenGrpc(config.otlp.grpc, options));
  undo.push(() => grpc.close(AbortSignal.abort()));
  gate.move("open");
  log.info(
    { http: formatAddress(http.address), grpc: formatAddress(grpc.address), log: config.log, folder, size: ledger.size },
    "ready",
  );

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= stopAll({ gate, listeners: [http, grpc], sinks, ledger, log, timeoutMs: config.shutdown.timeoutMs }));
  return { http: http.address, grpc: grpc.address, log: config.log, folder, vkey: signer.vkey, created, stop };
}

interface Running {
  readonly gate: Gate;
  readonly listeners: readonly Listener[];
  readonly sinks: readonly Sink[];
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly timeoutMs: number;
}

async function stopAll({ gate, listeners, sinks, ledger, log, timeoutMs }: Running): Promise<void> {
  gate.move("stopping");
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

async function listen(key: string, address: Address, start: () => Promise<Listener>): Promise<Listener> {
  try {
    return await start();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (/EADDRINUSE/.test(text)) {
      throw new StartError("ADDRESS_IN_USE", `${key}: ${formatAddress(address)} is in use by another process`, { cause: error });
    }
    throw new StartError("CANNOT_LISTEN", `${key}: cannot listen on ${formatAddress(address)}: ${text}`, { cause: error });
  }
}
