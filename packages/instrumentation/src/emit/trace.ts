// trace.ts: the ids that join events when no span is active. With them an event always belongs to a trace, exporter or not.

import { randomFillSync } from "node:crypto";
import { type Context, isSpanContextValid, type SpanContext, trace } from "@opentelemetry/api";

/** A trace of our own: random ids, not sampled, so that nobody expects spans of it. */
export function newTrace(): SpanContext {
  const bytes = randomFillSync(Buffer.alloc(24));
  return { traceId: bytes.toString("hex", 0, 16), spanId: bytes.toString("hex", 16), traceFlags: 0 };
}

/** The active span's ids, else those of the surroundings. */
export function traceHere(
  active: Context,
  here: { readonly trace?: SpanContext | undefined } | undefined,
): SpanContext | undefined {
  const span = trace.getSpanContext(active);
  return span !== undefined && isSpanContextValid(span) ? span : here?.trace;
}
