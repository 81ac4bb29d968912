// live.ts: the spans that an event will be derived from when they end, so that an explicit event about the same thing can claim it first.

import type { SpanContext } from "@opentelemetry/api";
import { ATTR_PROOFLINE_APPROVAL_ID, ATTR_PROOFLINE_DERIVATION_SPAN } from "@proofline/event";
import type { NestedCall } from "./nesting.ts";

/** A call that will have an event at its end, unless something else has said it by then. */
export interface LiveCall extends NestedCall {
  claimed: boolean;
  /** Whether it has ended. */
  readonly over?: boolean | undefined;
}

class LiveSpan implements LiveCall {
  readonly kind: string;
  readonly target: string | undefined;
  claimed = false;
  over = false;

  constructor({ kind, target }: NestedCall) {
    this.kind = kind;
    this.target = target;
  }
}

/** By span id; entries go when their span ends. */
const live = new Map<string, LiveSpan>();
/** A span that never ends must not stay for ever: beyond this the oldest is forgotten, and only its claim is lost. */
const MAX_LIVE = 10_000;

export function begin(span: SpanContext, call: NestedCall): void {
  if (live.size >= MAX_LIVE) for (const oldest of live.keys()) if (live.delete(oldest)) break;
  live.set(span.spanId, new LiveSpan(call));
}

/** @returns whether another event has said it already */
export function end(span: SpanContext): boolean {
  const found = live.get(span.spanId);
  if (found !== undefined) found.over = true;
  live.delete(span.spanId);
  return found?.claimed === true;
}

/** Spans within which a library's own word on the same inference has been recorded; they may say only at their end that they are one. */
const spoken = new Set<string>();

export function spokenFor(spanId: string): void {
  if (spoken.size >= MAX_LIVE) for (const oldest of spoken) if (spoken.delete(oldest)) break;
  spoken.add(spanId);
}

/** Once: the answer is forgotten. */
export function isSpokenFor(spanId: string): boolean {
  return spoken.delete(spanId);
}

/** What the span with this id is about, while it is open. */
export function liveCall(spanId: string | undefined): LiveCall | undefined {
  return spanId === undefined ? undefined : live.get(spanId);
}

/** Names whose presence says that an explicit event is about the call itself, not only made within it. */
const ABOUT_THE_CALL = [
  "proofline.step.id",
  "gen_ai.operation.name",
  "gen_ai.tool.name",
  "gen_ai.tool.call.id",
  "mcp.method.name",
  "db.operation.name",
];

/** Called for every explicit event; costs one look-up when no call is live. @param around a call that a library tells of by itself */
export function claim(
  span: SpanContext | undefined,
  around: { claimed: boolean } | undefined,
  attributes: ReadonlyMap<string, unknown>,
): void {
  if (live.size === 0 && around === undefined) return;
  // An approval is about a call that is still to come.
  if (attributes.has(ATTR_PROOFLINE_DERIVATION_SPAN) || attributes.has(ATTR_PROOFLINE_APPROVAL_ID)) return;
  if (!ABOUT_THE_CALL.some((name) => attributes.has(name))) return;
  const found = span === undefined ? undefined : live.get(span.spanId);
  if (found !== undefined) found.claimed = true;
  if (around !== undefined) around.claimed = true;
}
