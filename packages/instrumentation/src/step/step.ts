// step.ts: one run of an audited function: what is recorded when it starts, ends or fails. Knows nothing of how the function is
// called; see wrap.ts.

import { context } from "@opentelemetry/api";
import {
  ATTR_PROOFLINE_INPUT_BYTES,
  ATTR_PROOFLINE_INPUT_DIGEST,
  ATTR_PROOFLINE_OUTPUT_BYTES,
  ATTR_PROOFLINE_OUTPUT_DIGEST,
  ATTR_PROOFLINE_STEP_DURATION_NS,
  ATTR_PROOFLINE_STEP_ID,
  ATTR_PROOFLINE_STEP_PHASE,
} from "@proofline/event";
import type { Audit } from "../audit.ts";
import type { Action, Actor, Target } from "../emit/audit-event.ts";
import { runIn, type Surroundings, traced, within } from "../emit/context.ts";
import { ATTR_ERROR_MESSAGE, ATTR_ERROR_TYPE, ATTR_PROOFLINE_STEP_STOPPED, ATTR_PROOFLINE_STEP_YIELDED } from "../emit/names.ts";
import { realWorld } from "../world.ts";

export interface StepOptions<Args extends readonly unknown[] = readonly never[]> {
  /** Of the record at the end; the one at the start is `<event>.started`. */
  readonly event: string;
  /** Default: EXECUTE. */
  readonly action?: Action;
  readonly actor?: Actor;
  readonly target?: Target | ((...args: Args) => Target | undefined);
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** Whether to record the start. Default: true. Without it a crash in the middle leaves no trace of the attempt. */
  readonly start?: boolean;
  /** Whether a failure's record has the error's message, which may hold personal data. Default: false. */
  readonly errorMessage?: boolean;
  /** Default: the process's `audit`. */
  readonly audit?: Audit;
}

export interface Ending {
  readonly output?: unknown;
  readonly error?: { readonly thrown: unknown };
  /** Of a generator. */
  readonly yielded?: number;
  readonly stopped?: boolean;
}

export class Step {
  readonly #audit: Audit;
  readonly #options: StepOptions;
  readonly #args: readonly unknown[];
  readonly #id: string;
  readonly #outer: Surroundings;
  readonly #inner: Surroundings;
  readonly #otel = context.active();
  readonly #startedNs = process.hrtime.bigint();

  /** @throws {AuditError} when the start cannot be recorded: then the function is not run. What is not auditable is not done. */
  constructor(audit: Audit, options: StepOptions, args: readonly unknown[]) {
    this.#audit = audit;
    this.#options = options;
    this.#args = args;
    this.#id = realWorld.newId();
    this.#outer = within(traced({}));
    this.#inner = { ...this.#outer, stepId: this.#id };
    if (options.start !== false) this.#record(`${options.event}.started`, "unknown", "start", {});
  }

  /** Runs a part of the function: what it records belongs to this step. */
  run<T>(fn: () => T): T {
    return runIn(this.#inner, fn);
  }

  /** Never throws: the work is done, and its result must reach the caller. What cannot be recorded is counted and said. */
  end(ending: Ending): void {
    const { error, yielded, stopped } = ending;
    try {
      this.#record(this.#options.event, error === undefined ? "success" : "failure", "end", {
        [ATTR_PROOFLINE_STEP_DURATION_NS]: process.hrtime.bigint() - this.#startedNs,
        ...this.#measured(ending.output, ATTR_PROOFLINE_OUTPUT_BYTES, ATTR_PROOFLINE_OUTPUT_DIGEST),
        [ATTR_PROOFLINE_STEP_YIELDED]: yielded,
        [ATTR_PROOFLINE_STEP_STOPPED]: stopped ? true : undefined,
        ...(error !== undefined && this.#errorFields(error.thrown)),
      });
    } catch {
      // Counted in stats().thrown and said on stderr by the audit instance.
    }
  }

  #record(
    event: string,
    outcome: "success" | "failure" | "unknown",
    phase: "start" | "end",
    more: Record<string, unknown>,
  ): void {
    const { action = "EXECUTE", actor, attributes } = this.#options;
    const record = {
      event,
      action,
      outcome,
      actor,
      target: this.#target(),
      attributes: {
        ...attributes,
        [ATTR_PROOFLINE_STEP_ID]: this.#id,
        [ATTR_PROOFLINE_STEP_PHASE]: phase,
        ...this.#measured(this.#args, ATTR_PROOFLINE_INPUT_BYTES, ATTR_PROOFLINE_INPUT_DIGEST),
        ...more,
      },
    };
    // An actor that was set inside the step (by authentication, say) is the actor of its end, too.
    const here = { ...this.#outer, actor: this.#inner.actor ?? this.#outer.actor };
    context.with(this.#otel, () => runIn(here, () => this.#audit.record(record)));
  }

  #target(): Target | undefined {
    const { target } = this.#options;
    if (typeof target !== "function") return target;
    try {
      return (target as (...args: readonly unknown[]) => Target | undefined)(...this.#args);
    } catch {
      return undefined; // the receiver can do without; the function's own failure is what counts
    }
  }

  #measured(value: unknown, bytes: string, digest: string): Record<string, unknown> {
    const found = this.#audit.measure(value);
    return found === undefined ? {} : { [bytes]: found.bytes, [digest]: found.digest };
  }

  #errorFields(thrown: unknown): Record<string, unknown> {
    const type = thrown instanceof Error ? thrown.name || thrown.constructor.name : typeof thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { [ATTR_ERROR_TYPE]: type, ...(this.#options.errorMessage && { [ATTR_ERROR_MESSAGE]: message }) };
  }
}
