// span-processor.ts: audit events from spans that others make. It reads and records, and never changes, delays or fails a span.

import { ROOT_CONTEXT, SpanStatusCode, trace } from "@opentelemetry/api";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";
import { type Surroundings, surroundings } from "../emit/context.ts";
import { guarded } from "../guarded.ts";
import { recordDerived, type SpanAuditOptions } from "./derived-recorder.ts";
import { begin, end, isSpokenFor, liveCall } from "./live.ts";
import { type Derived, type DerivedKind, derive, type SpanFacts, text } from "./mapping.ts";
import { isPartOf, type NestedCall } from "./nesting.ts";
import { isHeardElsewhere } from "./scopes.ts";

interface Started {
  readonly derived: Derived;
  readonly here: Surroundings | undefined;
}

/**
 * For `sdk-node`'s `spanProcessors`, first of them: others may rewrite attributes when a span ends. Only recorded spans come here: with a sampler that
 * drops spans, what they would say is not audited.
 */
export class AuditSpanProcessor implements SpanProcessor {
  readonly #options: SpanAuditOptions;
  readonly #kinds: ReadonlySet<DerivedKind> | undefined;
  readonly #started = new WeakMap<object, Started>();

  constructor(options: SpanAuditOptions) {
    this.#options = options;
    this.#kinds = options.kinds && new Set(options.kinds);
  }

  onStart(span: ReadableSpan): void {
    guarded(() => {
      const derived = this.#derive(span);
      if (derived === undefined) return;
      const here = surroundings();
      this.#started.set(span, { derived, here });
      const part = this.#isPartOf(span, derived, here);
      begin(span.spanContext(), nested(derived));
      if (derived.sideEffects && !part) this.#record(span, derived, here, "start");
    })();
  }

  onEnd(span: ReadableSpan): void {
    guarded(() => {
      const started = this.#started.get(span);
      const claimed = end(span.spanContext());
      const spoken = isSpokenFor(span.spanContext().spanId);
      // Many attributes come late: what a span means is asked again.
      const derived = this.#derive(span) ?? started?.derived;
      if (derived === undefined || claimed || (spoken && derived.kind === "inference")) return;
      const here = started?.here ?? surroundings();
      if (!this.#isPartOf(span, derived, here)) this.#record(span, derived, here, "end");
    })();
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  #derive(span: ReadableSpan): Derived | undefined {
    if (isHeardElsewhere(span.instrumentationScope.name)) return undefined;
    const derived = derive(factsFor(span));
    return derived !== undefined && (this.#kinds?.has(derived.kind) ?? true) ? derived : undefined;
  }

  /** A cloud's or a model's call is made over HTTP, a tool's call over MCP: one event, the outer one. */
  #isPartOf(span: ReadableSpan, derived: Derived, here: Surroundings | undefined): boolean {
    const call = nested(derived);
    return isPartOf(call, liveCall(span.parentSpanContext?.spanId)) || isPartOf(call, here?.call);
  }

  #record(span: ReadableSpan, derived: Derived, here: Surroundings | undefined, phase: "start" | "end"): void {
    const { attributes, status, duration } = span;
    const failed = status.code === SpanStatusCode.ERROR || text(attributes, "error.type") !== undefined;
    recordDerived(this.#options, {
      ...{ derived, here, phase, facts: factsFor(span) },
      otel: trace.setSpanContext(ROOT_CONTEXT, span.spanContext()),
      failure: failed && phase === "end" ? (text(attributes, "error.type") ?? exceptionType(span) ?? "_OTHER") : undefined,
      durationNs: phase === "end" ? duration[0] * 1e9 + duration[1] : undefined,
    });
  }
}

function nested({ kind, target }: Derived): NestedCall {
  return { kind, target: target?.id };
}

function factsFor(span: ReadableSpan): SpanFacts {
  return { name: span.name, kind: span.kind, scope: span.instrumentationScope.name, attributes: span.attributes };
}

function exceptionType(span: ReadableSpan): string | undefined {
  const type = span.events.find(({ name }) => name === "exception")?.attributes?.["exception.type"];
  return typeof type === "string" ? type : undefined;
}
