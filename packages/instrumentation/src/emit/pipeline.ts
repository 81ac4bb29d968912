// pipeline.ts: the one way from a record's parts to the sink: gives it its id and its place, redacts it, hands it on. What passes
// here unredacted passes nowhere: the sink behind it is the first to write anything down. No SDK of OpenTelemetry's stands in
// between, so no switch, limit or validation of it can silence or thin out an audit event.

import type { HrTime, SpanContext } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import {
  ATTR_AUDIT_RECORD_ID,
  ATTR_AUDIT_SEQUENCE_END,
  ATTR_AUDIT_SEQUENCE_NUMBER,
  ATTR_AUDIT_SEQUENCE_STREAM_ID,
  ATTR_PROOFLINE_REDACTIONS,
} from "@proofline/event";
import type { RedactionEntry, Redactor } from "@proofline/redaction";
import type { AuditLogRecord, Emitted, Place, Scope, Sink } from "../deliver/sink.ts";
import { AuditError } from "../errors.ts";
import type { Lowered } from "./lower.ts";

/** A record's parts, with what is known of where it was emitted. */
export interface Draft extends Lowered {
  readonly observed: HrTime;
  readonly scope: Scope;
  readonly span: SpanContext | undefined;
  readonly severityText?: string | undefined;
  /** The last record of its stream. */
  readonly end?: true | undefined;
}

/** Event names are few and fixed; each is redacted once. */
const MAX_KNOWN_NAMES = 1000;

export class Pipeline {
  readonly #sink: Sink;
  readonly #redactor: Redactor;
  readonly #newId: () => string;
  readonly #resource: Resource;
  readonly #shared: readonly RedactionEntry[];
  readonly #names = new Map<string, { readonly text: string; readonly entries: readonly RedactionEntry[] }>();
  #redacted = 0;

  /** @param o.shared what was redacted in the resource, which every record carries */
  constructor(o: { sink: Sink; redactor: Redactor; newId: () => string; resource: Resource; shared: readonly RedactionEntry[] }) {
    this.#sink = o.sink;
    this.#redactor = o.redactor;
    this.#newId = o.newId;
    this.#resource = o.resource;
    this.#shared = o.shared;
  }

  /** Values redacted so far, each record's own. */
  get redacted(): number {
    return this.#redacted;
  }

  /** @throws {AuditError} SPOOL_FULL, SPOOL_WRITE, REDACTION_FAILED: nothing was recorded */
  emit(draft: Draft): Emitted {
    const place = this.#sink.place(draft.end === true);
    const { attributes } = draft;
    const given = attributes.get(ATTR_AUDIT_RECORD_ID);
    // Ids stay as they are: two records whose ids were masked alike would become one.
    if (given !== undefined) attributes.delete(ATTR_AUDIT_RECORD_ID);
    const id = typeof given === "string" && given !== "" ? given : this.#newId();
    const record = this.#redact(draft, id, place);
    this.#sink.write(record);
    return { record, place, id };
  }

  #redact(draft: Draft, id: string, place: Place | undefined): AuditLogRecord {
    const entries: RedactionEntry[] = [];
    try {
      const name = this.#name(draft.eventName);
      if (name.entries.length > 0) entries.push(...name.entries);
      const attributes = this.#redactor.fields(draft.attributes, "attributes", entries);
      const body = draft.body === undefined ? undefined : this.#redactor.value(draft.body, "body", entries);
      this.#redacted += entries.length;
      attributes.set(ATTR_AUDIT_RECORD_ID, id);
      if (place !== undefined) number(attributes, place, draft.end);
      if (entries.length + this.#shared.length > 0) attributes.set(ATTR_PROOFLINE_REDACTIONS, [...entries, ...this.#shared]);
      return {
        hrTime: draft.time,
        hrTimeObserved: draft.observed,
        severityNumber: draft.severity,
        severityText: draft.severityText,
        spanContext: draft.span,
        resource: this.#resource,
        instrumentationScope: draft.scope,
        droppedAttributesCount: 0,
        eventName: name.text,
        body,
        attributes,
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
}

/** Set after the redaction, so that what the application put under these names does not stand. */
function number(attributes: Map<string, unknown>, place: Place, end: true | undefined): void {
  attributes.set(ATTR_AUDIT_SEQUENCE_STREAM_ID, place.stream);
  attributes.set(ATTR_AUDIT_SEQUENCE_NUMBER, place.number);
  if (end === true) attributes.set(ATTR_AUDIT_SEQUENCE_END, true);
  else if (attributes.has(ATTR_AUDIT_SEQUENCE_END)) attributes.delete(ATTR_AUDIT_SEQUENCE_END);
}
