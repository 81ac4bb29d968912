// lower.ts: an audit event, with its surroundings, as the log record that OpenTelemetry's Logs API takes. Pure; knows no
// provider, no clock and no disk. Anything odd at run time is kept as far as it can be said: what is missing, the receiver marks.

import type { HrTime } from "@opentelemetry/api";
import * as names from "@proofline/event";
import type { Actor, AuditEvent } from "./audit-event.ts";
import type { Surroundings } from "./context.ts";
import * as ours from "./names.ts";
import { plainValue } from "./plain-value.ts";

/** Version of the set of attributes that these events carry. */
export const SCHEMA_VERSION = "1";

/** The record before it has an id, a number and a trace. */
export interface Lowered {
  readonly eventName: string;
  /** Attributes that pass through OpenTelemetry's SDK unharmed. */
  readonly attributes: Record<string, unknown>;
  /** Attributes that would not; set again after the SDK. */
  readonly fragile: Map<string, unknown>;
  readonly body: unknown;
  readonly bodyIsFragile: boolean;
  readonly time: HrTime;
  readonly severity: number;
}

/** @param nowMs used when the event has no time of its own, or none that can be read */
export function lower(event: AuditEvent, here: Surroundings | undefined, nowMs: number): Lowered {
  const fields = new Attributes();
  fields.put(names.ATTR_AUDIT_SCHEMA_VERSION, SCHEMA_VERSION);
  fields.word(names.ATTR_AUDIT_RECORD_ID, event.id);
  fields.actor(event.actor ?? here?.actor, names.ATTR_AUDIT_ACTOR_ID, names.ATTR_AUDIT_ACTOR_TYPE);
  fields.word(names.ATTR_AUDIT_ACTION, event.action);
  fields.word(names.ATTR_AUDIT_OUTCOME, event.outcome);
  fields.word(names.ATTR_AUDIT_TARGET_ID, event.target?.id);
  fields.word(names.ATTR_AUDIT_TARGET_TYPE, event.target?.type);
  fields.word(names.ATTR_AUDIT_SOURCE_ID, event.source?.id);
  fields.word(names.ATTR_AUDIT_SOURCE_TYPE, event.source?.type);
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
  const body = plainValue(event.body);
  return {
    eventName: typeof event.event === "string" ? event.event : "",
    attributes: fields.sturdy,
    fragile: fields.fragile,
    body: body.value,
    bodyIsFragile: body.fragile,
    time: hrTime(event.time, nowMs),
    severity: typeof event.severity === "number" ? event.severity : 9,
  };
}

class Attributes {
  readonly sturdy: Record<string, unknown> = {};
  readonly fragile = new Map<string, unknown>();

  put(name: string, value: unknown): void {
    if (value === undefined) return;
    const plain = plainValue(value);
    if (plain.value === undefined) return;
    // The SDK refuses the empty name, and a plain object cannot hold `__proto__`.
    if (plain.fragile || name === "" || name === "__proto__") this.fragile.set(name, plain.value);
    else this.sturdy[name] = plain.value;
  }

  /** What is a word by the names' contract: a number becomes one, anything else stays what it is, and the receiver marks it. */
  word(name: string, value: unknown): void {
    this.put(name, typeof value === "number" || typeof value === "bigint" ? String(value) : value);
  }

  actor(actor: Actor | undefined, id: string, type: string): void {
    this.word(id, actor?.id);
    this.word(type, actor?.type);
  }

  all(attributes: Readonly<Record<string, unknown>> | undefined): void {
    if (attributes === undefined || attributes === null || typeof attributes !== "object") return;
    for (const name of Object.keys(attributes)) this.put(name, attributes[name]);
  }
}

/** Nanoseconds are kept; what is no time at all becomes now. */
function hrTime(time: Date | number | bigint | undefined, nowMs: number): HrTime {
  if (typeof time === "bigint" && time >= 0n && time < 2n ** 64n)
    return [Number(time / 1_000_000_000n), Number(time % 1_000_000_000n)];
  const given = time instanceof Date ? time.getTime() : time;
  const ms = typeof given === "number" && given >= 0 && given < 1.8e13 ? given : nowMs;
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
