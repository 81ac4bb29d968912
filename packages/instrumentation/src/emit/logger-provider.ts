// logger-provider.ts: OpenTelemetry's Logs API in front of the audit pipeline, so that code written against that API emits audit
// events: `audit.loggerProvider.getLogger("mine").emit({ eventName, attributes })`. Source: OpenTelemetry Logs API 1.10.

import {
  type Context,
  context,
  type HrTime,
  type Logger,
  type LoggerOptions,
  type LoggerProvider,
  type LogRecord,
} from "@opentelemetry/api";
import { timeInputToHrTime } from "@opentelemetry/core";
import type { Scope } from "../deliver/sink.ts";
import { type Surroundings, surroundings } from "./context.ts";
import { fillFrom, hrTimeOf } from "./lower.ts";
import type { Draft } from "./pipeline.ts";
import { plainValue } from "./plain-value.ts";
import { traceHere } from "./trace.ts";

/** Takes a draft, or throws as `audit.record` does; what to do when the spool is full is its policy. */
export type Take = (draft: Draft) => void;

/**
 * A LoggerProvider whose loggers record audit events: redacted, numbered, in the spool when `emit` returns. Attributes of the audit
 * context (actor, workflow, …) fill in what a record does not say itself. Values may be anything `audit.record` takes.
 * Unlike the SDK's, an `emit` that could not record throws the AuditError that `audit.record` would throw, also after `shutdown`.
 */
export class AuditLoggerProvider implements LoggerProvider {
  readonly #take: Take;
  readonly #isOpen: () => boolean;
  readonly #now: () => number;
  readonly #loggers = new Map<string, Logger>();

  constructor(o: { take: Take; isOpen: () => boolean; now: () => number }) {
    this.#take = o.take;
    this.#isOpen = o.isOpen;
    this.#now = o.now;
  }

  getLogger(name: string, version?: string, options?: LoggerOptions): Logger {
    const key = JSON.stringify([name, version, options?.schemaUrl, options?.attributes]);
    let logger = this.#loggers.get(key);
    if (logger === undefined) {
      logger = this.#logger({
        name: name || "unknown",
        version,
        schemaUrl: options?.schemaUrl,
        attributes: plainValue(options?.attributes) as Scope["attributes"],
      });
      this.#loggers.set(key, logger);
    }
    return logger;
  }

  #logger(scope: Scope): Logger {
    return {
      emit: (record) => this.#take(draftOf(record, scope, surroundings(), this.#now())),
      /** No level, sampler or configurator stands before an audit event. */
      enabled: () => this.#isOpen(),
    };
  }
}

function draftOf(record: LogRecord, scope: Scope, here: Surroundings | undefined, nowMs: number): Draft {
  const attributes = new Map<string, unknown>();
  for (const [name, value] of Object.entries(record.attributes ?? {})) {
    const plain = plainValue(value);
    if (plain !== undefined) attributes.set(name, plain);
  }
  if (record.exception !== undefined) describeException(attributes, record.exception);
  fillFrom(here, attributes);
  const active: Context = record.context ?? context.active();
  return {
    eventName: record.eventName ?? "",
    attributes,
    body: plainValue(record.body) ?? undefined,
    time: timeOf(record.timestamp, nowMs),
    observed: timeOf(record.observedTimestamp, nowMs),
    severity: record.severityNumber,
    severityText: record.severityText,
    scope,
    span: traceHere(active, here),
  };
}

function timeOf(time: LogRecord["timestamp"], nowMs: number): HrTime {
  if (time === undefined) return hrTimeOf(undefined, nowMs);
  try {
    return timeInputToHrTime(time);
  } catch {
    return hrTimeOf(undefined, nowMs); // no time at all; an event is not lost for that
  }
}

/** `exception.*` as the semantic conventions have them; the record's own attributes win. */
function describeException(attributes: Map<string, unknown>, exception: unknown): void {
  const error = exception instanceof Error ? exception : undefined;
  const parts = {
    "exception.type": error?.name,
    "exception.message": error === undefined ? plainValue(exception) : error.message,
    "exception.stacktrace": error?.stack,
  };
  for (const [name, value] of Object.entries(parts)) {
    if (value !== undefined && !attributes.has(name)) attributes.set(name, value);
  }
}
