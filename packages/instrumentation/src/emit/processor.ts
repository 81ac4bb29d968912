// processor.ts: the log record processor of the audit pipeline: gives each record its id and its place, redacts it, hands it on.
// What passes here unredacted passes nowhere: the sink behind it is the first to write anything down.

import { type Context, createContextKey } from "@opentelemetry/api";
import type { LogRecordProcessor, ReadWriteLogRecord } from "@opentelemetry/sdk-logs";
import {
  ATTR_AUDIT_RECORD_ID,
  ATTR_AUDIT_SEQUENCE_END,
  ATTR_AUDIT_SEQUENCE_NUMBER,
  ATTR_AUDIT_SEQUENCE_STREAM_ID,
  ATTR_PROOFLINE_REDACTIONS,
} from "@proofline/event";
import type { RedactionEntry, Redactor } from "@proofline/redaction";
import type { AuditLogRecord, Place, Sink } from "../deliver/sink.ts";
import { AuditError } from "../errors.ts";
import { plainValue } from "./plain-value.ts";

/** What travels beside a record through OpenTelemetry's SDK, in its context. */
export interface Emission {
  /** Attributes that the SDK would drop or damage. */
  readonly fragile: ReadonlyMap<string, unknown>;
  readonly body?: { readonly value: unknown };
  readonly end?: boolean;
  /** Filled in here, for whoever waits. */
  done?: { readonly record: AuditLogRecord; readonly place: Place | undefined; readonly id: string };
}

export const EMISSION: symbol = createContextKey("proofline audit emission");

/** Event names are few and fixed; each is redacted once. */
const MAX_KNOWN_NAMES = 1000;

export class AuditLogRecordProcessor implements LogRecordProcessor {
  readonly #sink: Sink;
  readonly #redactor: Redactor;
  readonly #newId: () => string;
  readonly #shared: readonly RedactionEntry[];
  readonly #names = new Map<string, { readonly text: string; readonly entries: readonly RedactionEntry[] }>();
  #redacted = 0;

  /** @param shared what was redacted in the resource, which every record carries */
  constructor(o: { sink: Sink; redactor: Redactor; newId: () => string; shared: readonly RedactionEntry[] }) {
    this.#sink = o.sink;
    this.#redactor = o.redactor;
    this.#newId = o.newId;
    this.#shared = o.shared;
  }

  /** Values redacted so far, each record's own. */
  get redacted(): number {
    return this.#redacted;
  }

  /** @throws {AuditError} SPOOL_FULL, SPOOL_WRITE, REDACTION_FAILED: nothing was recorded */
  onEmit(record: ReadWriteLogRecord, context?: Context): void {
    const emission = context?.getValue(EMISSION) as Emission | undefined;
    const place = this.#sink.place();
    const attributes = new Map<string, unknown>(Object.entries(record.attributes));
    for (const [name, value] of emission?.fragile ?? []) attributes.set(name, value);
    const id = this.#identify(attributes);
    if (place !== undefined) {
      attributes.set(ATTR_AUDIT_SEQUENCE_STREAM_ID, place.stream);
      attributes.set(ATTR_AUDIT_SEQUENCE_NUMBER, place.number);
      if (emission?.end === true) attributes.set(ATTR_AUDIT_SEQUENCE_END, true);
    }
    const whole = this.#redact(record, attributes, bodyOf(record, emission));
    this.#sink.write(whole);
    if (emission !== undefined) emission.done = { record: whole, place, id };
  }

  #identify(attributes: Map<string, unknown>): string {
    const given = attributes.get(ATTR_AUDIT_RECORD_ID);
    if (typeof given === "string" && given !== "") return given;
    const id = this.#newId();
    attributes.set(ATTR_AUDIT_RECORD_ID, id);
    return id;
  }

  #redact(record: ReadWriteLogRecord, attributes: Map<string, unknown>, body: unknown): AuditLogRecord {
    const entries: RedactionEntry[] = [];
    try {
      // Ids stay as they are: two records whose ids were masked alike would become one.
      const id = attributes.get(ATTR_AUDIT_RECORD_ID);
      attributes.delete(ATTR_AUDIT_RECORD_ID);
      const name = this.#name(record.eventName ?? "");
      entries.push(...name.entries);
      const fields = this.#redactor.fields(attributes, "attributes", entries);
      const redactedBody = body === undefined || body === null ? body : this.#redactor.value(body, "body", entries);
      this.#redacted += entries.length;
      fields.set(ATTR_AUDIT_RECORD_ID, id);
      if (entries.length + this.#shared.length > 0) {
        fields.set(ATTR_PROOFLINE_REDACTIONS, [...entries, ...this.#shared]);
      }
      // A copy: the SDK's record may be changed by whoever emitted it.
      return {
        hrTime: record.hrTime,
        hrTimeObserved: record.hrTimeObserved,
        ...(record.severityNumber !== undefined && { severityNumber: record.severityNumber }),
        ...(record.severityText !== undefined && { severityText: record.severityText }),
        ...(record.spanContext !== undefined && { spanContext: record.spanContext }),
        resource: record.resource,
        instrumentationScope: record.instrumentationScope,
        droppedAttributesCount: record.droppedAttributesCount,
        eventName: name.text,
        body: redactedBody,
        attributes: fields,
      };
    } catch (cause) {
      throw new AuditError("REDACTION_FAILED", "the redaction policy could not be applied; nothing was written", { cause });
    }
  }

  #name(name: string): { readonly text: string; readonly entries: readonly RedactionEntry[] } {
    let known = this.#names.get(name);
    if (known === undefined) {
      const entries: RedactionEntry[] = [];
      known = { text: name === "" ? "" : this.#redactor.text(name, "event", entries), entries };
      if (this.#names.size < MAX_KNOWN_NAMES) this.#names.set(name, known);
    }
    return known;
  }

  forceFlush(o?: { timeoutMillis?: number }): Promise<void> {
    return this.#sink.flush(o?.timeoutMillis ?? 30_000).then(() => undefined);
  }

  /** The audit instance closes its sink itself. */
  async shutdown(): Promise<void> {}
}

/** A body from elsewhere may be anything, also an object of a class, whose contents the redactor would not see. */
function bodyOf(record: ReadWriteLogRecord, emission: Emission | undefined): unknown {
  if (emission === undefined) return plainValue(record.body).value;
  return emission.body === undefined ? record.body : emission.body.value;
}
