// context.ts: what is known about who acts, and in which workflow, wherever the code runs. Knows no event and no HTTP.

import { AsyncLocalStorage } from "node:async_hooks";
import { context, type SpanContext } from "@opentelemetry/api";
import type { LiveCall } from "../spans/live.ts";
import type { Actor } from "./audit-event.ts";
import { withBaggage } from "./baggage.ts";
import { newTrace, traceHere } from "./trace.ts";

/** What every event inside takes over unless it says otherwise. */
export interface AuditContext {
  readonly actor?: Actor | undefined;
  readonly onBehalfOf?: Actor | undefined;
  readonly workflow?: string | undefined;
  readonly task?: string | undefined;
  readonly run?: string | undefined;
  readonly tenant?: string | undefined;
  /** Added to every event inside; an event's own attribute of the same name wins. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** The context as it is kept: `setAuditActor` writes to it. */
export interface Surroundings extends AuditContext {
  actor?: Actor | undefined;
  /** Of the incoming request. */
  readonly requestId?: string | undefined;
  /** Of the audited step that is running. */
  readonly stepId?: string | undefined;
  /** The call of a model or tool that a library tells of by itself, and in which this runs. */
  readonly call?: LiveCall | undefined;
  /** Joins the events when no span is active: from the incoming `traceparent`, or made up at the outermost context. */
  readonly trace?: SpanContext | undefined;
  /** The request's own surroundings, so that an actor set deep inside is known to the request's event too. */
  readonly request?: Surroundings | undefined;
}

const storage = new AsyncLocalStorage<Surroundings>();

/** A function that runs its argument outside of every request and span. Taken when the module loads, at the root. */
export const atRoot: <T>(fn: () => T) => T = AsyncLocalStorage.snapshot();

/**
 * Runs `fn`; every event in it, also later in its promises and callbacks, takes over `ctx`. Nests: an inner context adds to the
 * outer one, and wins.
 * @param options.propagate whether actor, workflow, task, run and tenant also go to the services that are called, in W3C baggage: OpenTelemetry's
 *   propagator must be set up for it (the register hook's is), and whoever is called can read it. Default: PROOFLINE_PROPAGATE_CONTEXT
 */
export function withAuditContext<T>(ctx: AuditContext, fn: () => T, options: { readonly propagate?: boolean } = {}): T {
  const run = (): T => runIn(within(traced(ctx)), fn);
  return (options.propagate ?? propagated) ? context.with(withBaggage(context.active(), ctx), run) : run();
}

let propagated = false;

/** What `propagate` is when a call does not say it. Default: false. */
export function propagateByDefault(yes: boolean): void {
  propagated = yes;
}

/**
 * Says who acts from here on, in the innermost context: after authentication, in a middleware. Reaches everything that the
 * context's code still does, and the event of the request itself. Outside of any context it holds for the rest of the current
 * asynchronous execution.
 */
export function setAuditActor(actor: Actor): void {
  const here = storage.getStore();
  if (here === undefined) {
    storage.enterWith({ actor });
    return;
  }
  here.actor = actor;
  if (here.request !== undefined) here.request.actor ??= actor;
}

/** The context here, or undefined. For reading. */
export function auditContext(): AuditContext | undefined {
  return storage.getStore();
}

export function surroundings(): Surroundings | undefined {
  return storage.getStore();
}

/** The surroundings here with `more` on top. */
export function within(more: Partial<Surroundings>): Surroundings {
  const outer = storage.getStore();
  const attributes = { ...outer?.attributes, ...more.attributes };
  const inner: Surroundings = { ...outer, ...withoutUndefined(more) };
  return Object.keys(attributes).length === 0 ? inner : { ...inner, attributes };
}

/** `more` with a trace of its own when nothing here gives one, so that the events inside belong together. */
export function traced(more: Partial<Surroundings>): Partial<Surroundings> {
  return traceHere(context.active(), storage.getStore()) === undefined ? { ...more, trace: newTrace() } : more;
}

/** Lets a library's channel carry the surroundings into what it starts. */
export function bindSurroundings<M extends object>(
  channel: {
    bindStore(store: AsyncLocalStorage<Surroundings>, transform: (message: M) => Surroundings): void;
    unbindStore(store: AsyncLocalStorage<Surroundings>): unknown;
  },
  transform: (message: M, here: Surroundings | undefined) => Surroundings | undefined,
): () => void {
  // An empty store stands for none: a channel cannot bind nothing.
  channel.bindStore(storage, (message) => transform(message, storage.getStore()) ?? storage.getStore() ?? {});
  return () => void channel.unbindStore(storage);
}

export function runIn<T>(here: Surroundings, fn: () => T): T {
  return storage.run(here, fn);
}

/** For the one caller that cannot wrap what follows: the request channel. */
export function enter(here: Surroundings): void {
  storage.enterWith(here);
}

function withoutUndefined(more: Partial<Surroundings>): Partial<Surroundings> {
  return Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined));
}
