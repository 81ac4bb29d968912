// derived-recorder.ts: one event from what a span, or a library's own channel, says of a call. Both speak the same attribute names here.

import { type Context, context } from "@opentelemetry/api";
import {
  ATTR_PROOFLINE_DERIVATION_SCOPE,
  ATTR_PROOFLINE_DERIVATION_SPAN,
  ATTR_PROOFLINE_STEP_DURATION_NS,
  ATTR_PROOFLINE_STEP_PHASE,
} from "@proofline/event";
import type { Audit } from "../audit.ts";
import type { Actor, AuditEvent } from "../emit/audit-event.ts";
import { runIn, type Surroundings } from "../emit/context.ts";
import { ATTR_ERROR_TYPE } from "../emit/names.ts";
import { factsOf } from "./facts.ts";
import { type Derived, type DerivedKind, type SpanFacts, text } from "./mapping.ts";

export interface SpanAuditOptions {
  readonly audit: Audit;
  /** Which kinds of spans become events. Default: all. */
  readonly kinds?: readonly DerivedKind[] | undefined;
  /** Who acts when neither the audit context nor the call says so. */
  readonly actor?: Actor | undefined;
}

export interface DerivedCall {
  readonly derived: Derived;
  readonly facts: SpanFacts;
  /** Where the call was made. */
  readonly here: Surroundings | undefined;
  /** Whose active span the event belongs to. */
  readonly otel: Context;
  readonly phase: "start" | "end";
  /** Type of the error when the call failed. */
  readonly failure?: string | undefined;
  /** Whether nobody knows how it ended. */
  readonly unknown?: boolean | undefined;
  readonly durationNs?: number | undefined;
}

/** @throws {AuditError} as `audit.record` */
export function recordDerived({ audit, actor }: SpanAuditOptions, call: DerivedCall): void {
  const { derived, facts, here, otel, phase, failure, unknown, durationNs } = call;
  const event: AuditEvent = {
    event: phase === "start" ? `${derived.event}.started` : derived.event,
    action: derived.action,
    outcome: phase === "start" || unknown ? "unknown" : failure === undefined ? "success" : "failure",
    actor: here?.actor ?? agentOf(derived, facts.attributes) ?? actor,
    target: derived.target,
    attributes: {
      ...factsOf(facts.attributes, { measure: (value) => audit.measure(value), content: audit.keepsContent }),
      ...(failure !== undefined && { [ATTR_ERROR_TYPE]: failure }),
      [ATTR_PROOFLINE_STEP_PHASE]: derived.sideEffects ? phase : undefined,
      [ATTR_PROOFLINE_STEP_DURATION_NS]: durationNs === undefined ? undefined : Math.round(durationNs),
      [ATTR_PROOFLINE_DERIVATION_SCOPE]: facts.scope,
      [ATTR_PROOFLINE_DERIVATION_SPAN]: facts.name,
    },
  };
  const record = (): void => audit.record(event);
  context.with(otel, () => (here === undefined ? record() : runIn(here, record)));
}

/** An agent that says its name acts itself. */
function agentOf(derived: Derived, attributes: SpanFacts["attributes"]): Actor | undefined {
  const name = text(attributes, "gen_ai.agent.name", "gen_ai.agent.id", "agent.name");
  return name === undefined || derived.kind === "database" ? undefined : { id: name, type: "agent" };
}
