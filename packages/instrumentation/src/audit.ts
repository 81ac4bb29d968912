// audit.ts: the audit API, put together: event -> log record -> own LoggerProvider -> processor (redaction) -> sink. The provider
// is not the global one, so no OTEL_SDK_DISABLED, exporter setting, log level or attribute limit can silence or cut an audit event.

import { context, type LoggerProvider as LoggerProviderApi, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { LoggerProvider, type LogRecordExporter } from "@opentelemetry/sdk-logs";
import { compilePolicy } from "@proofline/redaction";
import { type Config, type DeliveryOptions, resolveConfig } from "./config.ts";
import { ExporterSink } from "./deliver/exporter-sink.ts";
import type { AuditStats, Sink } from "./deliver/sink.ts";
import type { AuditEvent, Receipt } from "./emit/audit-event.ts";
import { atRoot, type Surroundings, surroundings } from "./emit/context.ts";
import { lower } from "./emit/lower.ts";
import { EVENT_STREAM_ENDED } from "./emit/names.ts";
import { AuditLogRecordProcessor, EMISSION, type Emission } from "./emit/processor.ts";
import { auditResource } from "./emit/resource.ts";
import { traceHere } from "./emit/trace.ts";
import { AuditError } from "./errors.ts";
import { beforeExit } from "./exit.ts";
import { type Measure, measure } from "./measure.ts";
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
  /** Give up waiting, not the event. Default: wait for ever. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Audit {
  /**
   * Takes the event: when this returns, it is redacted, in the spool, and survives the death of the process. Costs tens of
   * microseconds; waits for no network.
   * @throws {AuditError} SHUT_DOWN, INVALID_EVENT; SPOOL_FULL, SPOOL_WRITE (unless the policy is to drop); REDACTION_FAILED
   */
  record(event: AuditEvent): void;
  /**
   * The same, and resolves when the receiver has the event on its disk. Waits for room in a full spool.
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
  /** Where events go, for a person to read. */
  readonly destination: string;
  /** For code that emits OpenTelemetry log records itself: what goes in here is redacted, numbered and spooled like the rest. */
  readonly loggerProvider: LoggerProviderApi;
}

/** @throws {AuditError} INVALID_OPTION */
export function createAudit(options: AuditOptions = {}, world: Partial<World> = {}): Audit {
  const whole = { ...realWorld, ...world };
  return new AuditInstance(options, resolveConfig(options, whole.env), whole);
}

const SCOPE = { name: "@proofline/instrumentation", version: "0.1.0" };
const EXIT_TIMEOUT_MS = 2000;

class AuditInstance implements Audit {
  readonly #config: Config;
  readonly #world: World;
  readonly #sink: Sink;
  readonly #processor: AuditLogRecordProcessor;
  readonly loggerProvider: LoggerProvider;
  readonly #logger: ReturnType<LoggerProvider["getLogger"]>;
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
        ? spoolSink(config, world, (event) => this.#report(event))
        : new ExporterSink(options.exporter, world.notices);
    this.destination =
      options.exporter === undefined ? `${config.url} (spool ${config.spoolFolder})` : "an exporter of the application";
    this.#processor = new AuditLogRecordProcessor({ sink: this.#sink, redactor, newId: world.newId, shared: entries });
    this.loggerProvider = new LoggerProvider({
      resource,
      processors: [this.#processor],
      logRecordLimits: { attributeCountLimit: Number.POSITIVE_INFINITY, attributeValueLengthLimit: Number.POSITIVE_INFINITY },
    });
    this.#logger = this.loggerProvider.getLogger(SCOPE.name, SCOPE.version);
    this.#endMarker = options.endMarker ?? true;
    this.exitTimeoutMs = options.exitTimeoutMs ?? EXIT_TIMEOUT_MS;
    this.#forgetExit = options.exitHooks === false ? () => undefined : beforeExit(this);
  }

  record(event: AuditEvent): void {
    try {
      this.#emit(event, surroundings());
    } catch (error) {
      if (!this.#mayDrop(error)) throw this.#counted(error);
      this.#sink.drop(error.code);
    }
  }

  async commit(event: AuditEvent, options: CommitOptions = {}): Promise<Receipt> {
    const limit = new Limit(options);
    try {
      limit.signal.throwIfAborted(); // aborted beforehand: nothing is recorded
      const { record, place, id } = await this.#emitWithRoom(event, limit);
      await this.#sink.settled(record, place, limit.signal);
      return { id, stream: place?.stream ?? "", number: place?.number ?? 0, acknowledgedAtMs: this.#world.now() };
    } finally {
      limit.release();
    }
  }

  /** The first attempt is synchronous: when `commit` returns its promise, the event is in the spool already. */
  async #emitWithRoom(event: AuditEvent, limit: Limit): Promise<NonNullable<Emission["done"]>> {
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
      await this.loggerProvider.shutdown();
      this.#forgetExit();
    })();
    return this.#closing;
  }

  stats(): AuditStats {
    return { ...this.#sink.stats(), thrown: this.#thrown, incomplete: this.#incomplete, redacted: this.#processor.redacted };
  }

  measure(value: unknown): Measure | undefined {
    return measure(value, this.#config.redactionKey);
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

  #emit(event: AuditEvent, here: Surroundings | undefined, end?: true): NonNullable<Emission["done"]> {
    if (typeof event !== "object" || event === null) {
      throw new AuditError("INVALID_EVENT", `an audit event is an object, not ${event === null ? "null" : typeof event}`);
    }
    if (this.#closing !== undefined && end === undefined) throw new AuditError("SHUT_DOWN", "the audit instance was shut down");
    const nowMs = this.#world.now();
    const lowered = lower(event, here, nowMs);
    const emission: Emission = {
      fragile: lowered.fragile,
      ...(lowered.bodyIsFragile && { body: { value: lowered.body } }),
      ...(end && { end }),
    };
    const active = end ? ROOT_CONTEXT : context.active();
    const span = traceHere(active, here);
    const marked = active.setValue(EMISSION, emission);
    this.#logger.emit({
      eventName: lowered.eventName,
      timestamp: lowered.time,
      observedTimestamp: nowMs,
      severityNumber: lowered.severity,
      attributes: lowered.attributes,
      body: lowered.bodyIsFragile ? undefined : lowered.body,
      context: span === undefined ? marked : trace.setSpanContext(marked, span),
    });
    if (emission.done === undefined) throw new AuditError("SHUT_DOWN", "the logger provider was shut down");
    if (isIncomplete(event, here)) this.#incomplete++;
    return emission.done;
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

  #mayDrop(error: unknown): error is AuditError {
    if (this.#config.onFull !== "drop" || !(error instanceof AuditError)) return false;
    return error.code === "SPOOL_FULL" || error.code === "SPOOL_WRITE";
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

/** The caller's own limits on a commit, as one signal with an AuditError for its reason. */
class Limit {
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #given: AbortSignal | undefined;
  spooled = false;

  constructor({ timeoutMs, signal }: CommitOptions) {
    this.#given = signal;
    if (timeoutMs !== undefined) {
      this.#timer = setTimeout(() => this.#end("TIMEOUT", `not acknowledged within ${timeoutMs} ms`), timeoutMs);
    }
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  readonly #onAbort = (): void => this.#end("ABORTED", "the caller gave up waiting", this.#given?.reason);

  #end(code: "TIMEOUT" | "ABORTED", message: string, cause?: unknown): void {
    this.#abort.abort(new AuditError(code, message, { cause, spooled: this.spooled }));
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#given?.removeEventListener("abort", this.#onAbort);
  }
}
