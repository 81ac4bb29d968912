// lower.ts: an audit event, with its surroundings, as the parts of a log record. Pure; knows no provider, no clock and no disk.
// Anything odd at run time is kept as far as it can be said: what is missing, the receiver marks.

import type { HrTime } from "@opentelemetry/api";
import * as names from "@proofline/event";
import type { Actor, AuditEvent } from "./audit-event.ts";
import type { Surroundings } from "./context.ts";
import * as ours from "./names.ts";
import { plainValue } from "./plain-value.ts";

/** Version of the set of attributes that these events carry. */
export const SCHEMA_VERSION = "1";

/** The record before it is redacted and has its number. Values are plain: what OTLP can carry. */
export interface Lowered {
  readonly eventName: string;
  /** The receiver of this object may change it. */
  readonly attributes: Map<string, unknown>;
  readonly body: unknown;
  readonly time: HrTime;
  readonly severity: number | undefined;
}

/** @param nowMs used when the event has no time of its own, or none that can be read */
export function lower(event: AuditEvent, here: Surroundings | undefined, nowMs: number): Lowered {
  const fields = new Fields();
  fields.put(names.ATTR_AUDIT_SCHEMA_VERSION, SCHEMA_VERSION);
  fields.word(names.ATTR_AUDIT_RECORD_ID, event.id);
  fields.actor(event.actor ?? here?.actor, names.ATTR_AUDIT_ACTOR_ID, names.ATTR_AUDIT_ACTOR_TYPE);
  fields.word(names.ATTR_AUDIT_ACTION, event.action);
  fields.word(names.ATTR_AUDIT_OUTCOME, event.outcome);
  if (event.target !== undefined) {
    fields.word(names.ATTR_AUDIT_TARGET_ID, event.target?.id);
    fields.word(names.ATTR_AUDIT_TARGET_TYPE, event.target?.type);
  }
  if (event.source !== undefined) {
    fields.word(names.ATTR_AUDIT_SOURCE_ID, event.source?.id);
    fields.word(names.ATTR_AUDIT_SOURCE_TYPE, event.source?.type);
  }
  fields.actor(
    event.onBehalfOf ?? here?.onBehalfOf,
    names.ATTR_PROOFLINE_DELEGATION_ON_BEHALF_OF_ID,
    names.ATTR_PROOFLINE_DELEGATION_ON_BEHALF_OF_TYPE,
  );
  fields.word(names.ATTR_PROOFLINE_WORKFLOW_ID, event.workflow ?? here?.workflow);
  fields.word(names.ATTR_PROOFLINE_TASK_ID, event.task ?? here?.task);
  fields.word(ours.ATTR_PROOFLINE_RUN_ID, event.run ?? here?.run);
  fields.word(ours.ATTR_PROOFLINE_TENANT, event.tenant ?? here?.tenant);
  fields.word(names.ATTR_PROOFLINE_REQUEST_ID, here?.requestId);
  fields.word(ours.ATTR_PROOFLINE_STEP_PARENT_ID, here?.stepId);
  fields.word(names.ATTR_PROOFLINE_REASON, event.reason);
  fields.put(names.ATTR_PROOFLINE_CHANGE_OLD, event.change?.old);
  fields.put(names.ATTR_PROOFLINE_CHANGE_NEW, event.change?.new);
  fields.put(names.ATTR_PROOFLINE_LINEAGE_PARENTS, event.parents);
  fields.all(here?.attributes);
  fields.all(event.attributes);
  return {
    eventName: typeof event.event === "string" ? event.event : "",
    attributes: fields.map,
    body: plainValue(event.body),
    time: hrTimeOf(event.time, nowMs),
    severity: typeof event.severity === "number" ? event.severity : 9,
  };
}

/** What the surroundings know, for a record that was not made by {@link lower}: fills in what is not there. */
export function fillFrom(here: Surroundings | undefined, attributes: Map<string, unknown>): void {
  const known = lower({ event: "", action: undefined, outcome: undefined } as never, here, 0).attributes;
  for (const [name, value] of known) if (!attributes.has(name)) attributes.set(name, value);
}

class Fields {
  readonly map = new Map<string, unknown>();

  put(name: string, value: unknown): void {
    if (value === undefined) return;
    const plain = plainValue(value);
    if (plain !== undefined) this.map.set(name, plain);
  }

  /** What is a word by the names' contract: a number becomes one, anything else stays what it is, and the receiver marks it. */
  word(name: string, value: unknown): void {
    if (typeof value === "string") this.map.set(name, value);
    else this.put(name, typeof value === "number" || typeof value === "bigint" ? String(value) : value);
  }

  actor(actor: Actor | undefined, id: string, type: string): void {
    if (actor === undefined) return;
    this.word(id, actor?.id);
    this.word(type, actor?.type);
  }

  all(attributes: Readonly<Record<string, unknown>> | undefined): void {
    if (attributes === undefined || attributes === null || typeof attributes !== "object") return;
    for (const name of Object.keys(attributes)) this.put(name, attributes[name]);
  }
}

/** Nanoseconds are kept; what is no time at all becomes now. */
export function hrTimeOf(time: Date | number | bigint | undefined, nowMs: number): HrTime {
  if (typeof time === "bigint" && time >= 0n && time < 2n ** 64n)
    return [Number(time / 1_000_000_000n), Number(time % 1_000_000_000n)];
  const given = time instanceof Date ? time.getTime() : time;
  const ms = typeof given === "number" && given >= 0 && given < 1.8e13 ? given : nowMs;
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
