// observed-call.ts: a call that a library tells of by itself, without spans: its start and its end as events. The attributes are the conventions', so that the
// one table of mappings is used for these calls, too.

import { context, SpanKind, trace } from "@opentelemetry/api";
import { runIn, type Surroundings, surroundings } from "../emit/context.ts";
import { recordDerived, type SpanAuditOptions } from "../spans/derived-recorder.ts";
import { type LiveCall, liveCall, spokenFor } from "../spans/live.ts";
import { derive, type SpanFacts } from "../spans/mapping.ts";
import { isPartOf } from "../spans/nesting.ts";
import { currentCalls } from "./current-calls.ts";

export interface CallFacts {
  /** As a span of it would be called: `chat mock-1`. */
  readonly name: string;
  /** The library. */
  readonly scope: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Whether requests made within it only carry it. */
  readonly carrier?: boolean | undefined;
}

/** How a call ended: `failure` is the error's type; `unknown` is for one whose end nobody waited for. */
export interface CallEnd {
  readonly failure?: string | undefined;
  readonly unknown?: boolean | undefined;
}

export class ObservedCall implements LiveCall {
  readonly #options: SpanAuditOptions;
  readonly #call: CallFacts;
  readonly #here: Surroundings | undefined;
  readonly #otel = context.active();
  readonly #startedNs = process.hrtime.bigint();
  /** The call that this one is part of, and that tells of both. */
  readonly #outer: LiveCall | undefined;
  /** Calls of the same model around this one: what happens last is said first, and this one knows more. */
  readonly #twins: readonly LiveCall[];
  readonly #spanId: string | undefined;
  readonly kind: string;
  readonly target: string | undefined;
  readonly carrier: boolean | undefined;
  #claimed = false;
  #ended = false;

  /** Records the start of a call with side effects. Never throws. */
  constructor(options: SpanAuditOptions, call: CallFacts, here: Surroundings | undefined = surroundings()) {
    this.#options = options;
    this.#call = call;
    this.#here = here;
    const derived = derive(factsOf(call, {}));
    this.kind = derived?.kind ?? "";
    this.target = derived?.target?.id;
    this.carrier = call.carrier;
    this.#spanId = trace.getSpanContext(this.#otel)?.spanId;
    const around = [here?.call, liveCall(this.#spanId), ...currentCalls()].filter((found) => found !== undefined);
    const holding = around.filter((found) => isPartOf(this, found));
    this.#twins = this.kind === "inference" ? holding : [];
    this.#outer = this.kind === "inference" ? undefined : holding[0];
    if (this.#outer === undefined) this.#record("start", {});
  }

  /** Whether an explicit event within it has said what its end would say. */
  get claimed(): boolean {
    return this.#claimed;
  }

  set claimed(value: boolean) {
    this.#claimed = value;
    if (this.#outer !== undefined) this.#outer.claimed = value;
  }

  /** Whether its end has been said, by it or for it. */
  get over(): boolean {
    return this.#ended;
  }

  /** Runs what the call does, so that what happens within it is known to be. */
  run<T>(fn: () => T): T {
    return runIn({ ...this.#here, call: this }, fn);
  }

  /** Records the end, once. Never throws. */
  end(attributes: Readonly<Record<string, unknown>>, end: CallEnd = {}): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#claimed || this.#outer !== undefined) return;
    if (this.#twins.some((twin) => twin.over === true)) return;
    for (const twin of this.#twins) twin.claimed = true;
    if (this.kind === "inference" && this.#spanId !== undefined) spokenFor(this.#spanId);
    this.#record("end", attributes, end);
  }

  #record(phase: "start" | "end", more: Readonly<Record<string, unknown>>, { failure, unknown }: CallEnd = {}): void {
    const facts = factsOf(this.#call, more);
    const derived = derive(facts);
    if (derived === undefined || (phase === "start" && !derived.sideEffects)) return;
    if (this.#options.kinds?.includes(derived.kind) === false) return;
    const durationNs = phase === "end" ? Number(process.hrtime.bigint() - this.#startedNs) : undefined;
    const [here, otel] = [this.#here, this.#otel];
    try {
      recordDerived(this.#options, { derived, facts, here, otel, phase, failure, unknown, durationNs });
    } catch {
      // AuditError: see stats().thrown. The library's call goes on.
    }
  }
}

function factsOf({ name, scope, attributes }: CallFacts, more: Readonly<Record<string, unknown>>): SpanFacts {
  return { name, scope, kind: SpanKind.INTERNAL, attributes: { ...attributes, ...more } };
}

/** As OpenTelemetry names the type of what was thrown. */
export function errorType(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown;
  // Many libraries' error classes leave `name` as it was.
  return thrown.name === "Error" || thrown.name === "" ? thrown.constructor.name : thrown.name;
}
