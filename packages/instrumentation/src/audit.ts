// audit.ts: the audit API, put together: event -> parts of a log record -> pipeline (redaction) -> sink.

import { context, type LoggerProvider, ROOT_CONTEXT } from "@opentelemetry/api";
import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import { compilePolicy } from "@proofline/redaction";
import { type Config, type DeliveryOptions, resolveConfig } from "./config.ts";
import { CommitLimit } from "./deliver/commit-limit.ts";
import { ExporterSink } from "./deliver/exporter-sink.ts";
import type { LedgerReceipt } from "./deliver/otlp-answer.ts";
import type { AuditStats, Emitted, Scope, Sink } from "./deliver/sink.ts";
import type { AuditEvent, Durable, Receipt } from "./emit/audit-event.ts";
import { atRoot, type Surroundings, surroundings } from "./emit/context.ts";
import { AuditLoggerProvider } from "./emit/logger-provider.ts";
import { hrTimeOf, lower } from "./emit/lower.ts";
import { EVENT_STREAM_ENDED } from "./emit/names.ts";
import { type Draft, Pipeline } from "./emit/pipeline.ts";
import { auditResource } from "./emit/resource.ts";
import { traceHere } from "./emit/trace.ts";
import { AuditError } from "./errors.ts";
import { beforeExit } from "./exit.ts";
import { type Measure, measure } from "./measure.ts";
import { claim } from "./spans/live.ts";
import { spoolSink } from "./spool-setup.ts";
import { realWorld, type World } from "./world.ts";

export interface AuditOptions extends DeliveryOptions {
  /** An OpenTelemetry exporter in the place of the spool. It may lose events; see the README. */
  readonly exporter?: LogRecordExporter | undefined;
  /** Whether to deliver and close when the process ends. Default: true. */
  readonly exitHooks?: boolean | undefined;
  /** How long that may take. Default: 2000. */
  readonly exitTimeoutMs?: number | undefined;
  /** Whether a stream that is closed in order ends with a record that says so. Default: true. */
  readonly endMarker?: boolean | undefined;
}

export interface CommitOptions {
  /** What to wait for. Default: `receiver`. */
  readonly durable?: Durable | undefined;
  /** Give up waiting, not the event. Default: wait for ever. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Audit {
  /**
   * Takes the event. When this returns, the event is redacted, numbered and written to the spool, with the kernel: it survives any
   * death of the process from here on (`kill -9`, a crash, the out-of-memory killer), but a power cut or a crash of the kernel only
   * from the next group `fdatasync` on, which begins within 50 ms, off the event loop, or from the receiver's acknowledgement on.
   * Whoever needs more awaits {@link commit}.
   * Cost: 10 to 20 microseconds for an event of a kilobyte, of which one write to the page cache is 2; it waits for no network and no
   * sync. (The kernel itself delays a write when the whole machine has too much unwritten.)
   * @throws {AuditError} SHUT_DOWN, INVALID_EVENT; SPOOL_FULL, SPOOL_WRITE (see `onFull`); REDACTION_FAILED: nothing was recorded
   */
  record(event: AuditEvent): void;
  /**
   * The same, and resolves when the event is on the receiver's disk; with `durable: "disk"`, when it is on this one's, which takes
   * one shared `fdatasync` (milliseconds) and no receiver. Waits for room in a full spool. When it rejects with `spooled: true`, the
   * event is in the spool and will be delivered all the same.
   * @throws {AuditError} (rejects with) as `record`; TIMEOUT, ABORTED, SHUT_DOWN (see `spooled`); REFUSED
   */
  commit(event: AuditEvent, options?: CommitOptions): Promise<Receipt>;
  /** Waits until all events so far are acknowledged, at most so long (default 30 s). @returns how many are not: 0 is the proof */
  flush(options?: { timeoutMs?: number }): Promise<number>;
  /** Flushes (default 2 s), closes the stream, leaves the rest in the spool for the next start. Twice is fine. */
  shutdown(options?: { timeoutMs?: number }): Promise<void>;
  stats(): AuditStats;
  /** Delivers what dead processes of this service have left, without waiting for a first event. */
  start(): void;
  /** Size and keyed digest of a value, as audited steps give them for inputs and outputs. */
  measure(value: unknown): Measure | undefined;
  /** Whether the policy keeps prompts, outputs and tool arguments (`content: "keep"`), redacted; else only their size and digest are recorded. */
  readonly keepsContent: boolean;
  /** Where events go, for a person to read. */
  readonly destination: string;
  /**
   * For code that is written against OpenTelemetry's Logs API: what its loggers emit is redacted, numbered and spooled like the rest,
   * and `emit` throws what `record` would. It is not the global provider, so no OTEL_SDK_DISABLED, exporter setting, log level or
   * attribute limit silences or cuts an audit event.
   */
  readonly loggerProvider: LoggerProvider;
}

/** @throws {AuditError} INVALID_OPTION */
export function createAudit(options: AuditOptions = {}, world: Partial<World> = {}): Audit {
  const whole = { ...realWorld, ...world };
  return new AuditInstance(options, resolveConfig(options, whole.env), whole);
}

const SCOPE: Scope = { name: "@proofline/instrumentation", version: "0.1.0" };
const EXIT_TIMEOUT_MS = 2000;

class AuditInstance implements Audit {
  readonly #config: Config;
  readonly #world: World;
  readonly #sink: Sink;
  readonly #pipeline: Pipeline;
  readonly loggerProvider: LoggerProvider;
  readonly #service: string;
  readonly #endMarker: boolean;
  readonly exitTimeoutMs: number;
  readonly destination: string;
  readonly #forgetExit: () => void;
  #closing: Promise<void> | undefined;
  #thrown = 0;
  #incomplete = 0;

  constructor(options: AuditOptions, config: Config, world: World) {
    this.#config = config;
    this.#world = world;
    const redactor = compilePolicy(config.policy, config.redactionKey === undefined ? {} : { key: config.redactionKey });
    const { resource, entries } = auditResource(config.resource, redactor, world.newId());
    const service = resource.attributes["service.name"];
    this.#service = typeof service === "string" ? service : "unknown_service";
    this.#sink =
      options.exporter === undefined
        ? (world.newSink?.() ?? spoolSink(config, world, (event) => this.#report(event)))
        : new ExporterSink(options.exporter, world.notices);
    this.destination =
      options.exporter === undefined ? `${config.url} (spool ${config.spoolFolder})` : "an exporter of the application";
    this.#pipeline = new Pipeline({ sink: this.#sink, redactor, newId: world.newId, resource, shared: entries });
    this.loggerProvider = new AuditLoggerProvider({
      take: (draft) => this.#take(() => this.#pass(draft)),
      isOpen: () => this.#closing === undefined,
      now: world.now,
    });
    this.#endMarker = options.endMarker ?? true;
    this.exitTimeoutMs = options.exitTimeoutMs ?? EXIT_TIMEOUT_MS;
    this.#forgetExit = options.exitHooks === false ? () => undefined : beforeExit(this);
  }

  record(event: AuditEvent): void {
    this.#take(() => this.#emit(event, surroundings()));
  }

  /** What the policy says when an event cannot be taken. */
  #take(emit: () => unknown): void {
    try {
      emit();
    } catch (error) {
      const { onFull, blockTimeoutMs } = this.#config;
      const code = error instanceof AuditError ? error.code : undefined;
      if (onFull === "block" && code === "SPOOL_FULL" && this.#sink.block(blockTimeoutMs)) this.#take(emit);
      else if (onFull === "drop" && (code === "SPOOL_FULL" || code === "SPOOL_WRITE")) this.#sink.drop(code);
      else throw this.#counted(error);
    }
  }

  async commit(event: AuditEvent, options: CommitOptions = {}): Promise<Receipt> {
    const limit = new CommitLimit(options);
    try {
      limit.signal.throwIfAborted(); // aborted beforehand: nothing is recorded
      const emitted = await this.#emitWithRoom(event, limit);
      const { place, id } = emitted;
      const { durable = "receiver" } = options;
      let found: LedgerReceipt | undefined;
      if (durable === "disk") await this.#sink.synced(emitted, limit.signal);
      else found = await this.#sink.settled(emitted, limit.signal);
      const ledger = found && { log: found.log, seq: found.seq, leafHash: found.leafHash };
      return {
        ...{ id, stream: place?.stream ?? "", number: place?.number ?? 0, durable, acknowledgedAtMs: this.#world.now() },
        ...(ledger && { ledger }),
      };
    } finally {
      limit.release();
    }
  }

  /** The first attempt is synchronous: when `commit` returns its promise, the event is in the spool already. */
  async #emitWithRoom(event: AuditEvent, limit: CommitLimit): Promise<Emitted> {
    for (;;) {
      try {
        const done = this.#emit(event, surroundings());
        limit.spooled = true;
        return done;
      } catch (error) {
        if (!(error instanceof AuditError) || error.code !== "SPOOL_FULL") throw this.#counted(error);
        await this.#sink.room(limit.signal);
      }
    }
  }

  flush(options: { timeoutMs?: number } = {}): Promise<number> {
    return this.#sink.flush(options.timeoutMs ?? 30_000);
  }

  shutdown(options: { timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= (async () => {
      this.#endStream();
      await this.#sink.close(options.timeoutMs ?? this.exitTimeoutMs);
      this.#forgetExit();
    })();
    return this.#closing;
  }

  stats(): AuditStats {
    return { ...this.#sink.stats(), thrown: this.#thrown, incomplete: this.#incomplete, redacted: this.#pipeline.redacted };
  }

  measure(value: unknown): Measure | undefined {
    return measure(value, this.#config.redactionKey);
  }

  get keepsContent(): boolean {
    return this.#config.policy.content === "keep";
  }

  start(): void {
    this.#sink.start();
  }

  isOpen(): boolean {
    return this.#closing === undefined && this.#sink.stats().stream !== "";
  }

  async leave(timeoutMs: number): Promise<void> {
    this.#endStream();
    await this.#sink.close(timeoutMs).catch((error: unknown) => this.#world.notices.say(`closing failed: ${String(error)}`));
  }

  leaveNow(): void {
    if (this.isOpen()) this.#endStream();
    this.#sink.closeNow();
  }

  #emit(event: AuditEvent, here: Surroundings | undefined, end?: true): Emitted {
    if (typeof event !== "object" || event === null) {
      throw new AuditError("INVALID_EVENT", `an audit event is an object, not ${event === null ? "null" : typeof event}`);
    }
    const nowMs = this.#world.now();
    const { eventName, attributes, body, time, severity } = lower(event, here, nowMs);
    const observed = hrTimeOf(undefined, nowMs);
    const span = traceHere(end ? ROOT_CONTEXT : context.active(), here);
    const emitted = this.#pass({ eventName, attributes, body, time, severity, observed, span, scope: SCOPE, end });
    claim(span, here?.call, attributes);
    if (isIncomplete(event, here)) this.#incomplete++;
    return emitted;
  }

  #pass(draft: Draft): Emitted {
    if (this.#closing !== undefined && draft.end === undefined)
      throw new AuditError("SHUT_DOWN", "the audit instance was shut down");
    return this.#pipeline.emit(draft);
  }

  /** What the pipeline itself has to say. Never throws: it is called from where nobody could catch it. */
  #report(event: Omit<AuditEvent, "actor" | "action" | "outcome">, end?: true): void {
    try {
      const actor = { id: this.#service, type: "service" } as const;
      atRoot(() => this.#emit({ action: "WRITE", outcome: end ? "success" : "failure", actor, ...event }, undefined, end));
    } catch (error) {
      this.#world.notices.say(`cannot record ${event.event}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #endStream(): void {
    if (this.#endMarker && this.#sink.stats().stream !== "") this.#report({ event: EVENT_STREAM_ENDED }, true);
  }

  #counted(error: unknown): unknown {
    this.#thrown++;
    if (error instanceof AuditError && error.code !== "INVALID_EVENT" && error.code !== "SHUT_DOWN")
      this.#world.notices.begin(error.code, `an event was not recorded: ${error.message}`);
    return error;
  }
}

function isIncomplete(event: AuditEvent, here: Surroundings | undefined): boolean {
  return !event.event || !(event.actor ?? here?.actor)?.id || !event.action || !event.outcome;
}
