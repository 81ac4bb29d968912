// attach.ts: adds our span processor to whatever tracer provider an application registers, before or after us, and takes nothing away from it.
// OpenTelemetry's SDKs have no public way to add a processor later, so this reaches for the list that they keep; where there is none it says so.

import { ProxyTracerProvider, trace } from "@opentelemetry/api";
import type { SpanProcessor } from "@opentelemetry/sdk-trace";

/** All copies of the API in a process share this object. */
const SHARED = Symbol.for("opentelemetry.js.api.1");

interface Shared {
  trace?: unknown;
}

/** @returns whether the provider has a list of processors that ours could be put into; true when it is in it already */
export function addTo(provider: unknown, processor: SpanProcessor): boolean {
  const list = processorsOf(provider);
  if (list === undefined) return false;
  // First: others may rewrite attributes when a span ends.
  if (!list.includes(processor)) list.unshift(processor);
  return true;
}

/** Takes it out again. */
export function removeFrom(provider: unknown, processor: SpanProcessor): void {
  const list = processorsOf(provider);
  const at = list?.indexOf(processor) ?? -1;
  if (at >= 0) list!.splice(at, 1);
}

function processorsOf(provider: unknown): unknown[] | undefined {
  const { _activeSpanProcessor: active } = (provider ?? {}) as { _activeSpanProcessor?: { _spanProcessors?: unknown } };
  const list = active?._spanProcessors;
  return Array.isArray(list) ? list : undefined;
}

/**
 * Calls `found` with the application's tracer provider: at once when it is registered, and with each one that is registered later.
 * @returns stops it
 */
export function whenRegistered(found: (provider: unknown) => void): () => void {
  const present = trace.getTracerProvider();
  if (isRegistered()) found(present instanceof ProxyTracerProvider ? present.getDelegate() : present);
  const shared = sharedObject();
  let current: unknown = shared.trace;
  Object.defineProperty(shared, "trace", {
    configurable: true,
    enumerable: true,
    get: () => current,
    set(proxy: unknown) {
      current = proxy;
      watch(proxy, found);
    },
  });
  return () => {
    if (Object.getOwnPropertyDescriptor(shared, "trace")?.get === undefined) return;
    Object.defineProperty(shared, "trace", { configurable: true, enumerable: true, writable: true, value: current });
  };
}

/** Whether an application has registered a tracer provider. */
export function isRegistered(): boolean {
  return existing()?.trace !== undefined;
}

function existing(): Shared | undefined {
  return (globalThis as Record<symbol, unknown>)[SHARED] as Shared | undefined;
}

/** The API makes it at the first registration, with its version in it; a made-up one would be refused later. */
function sharedObject(): Shared {
  if (existing() === undefined) {
    trace.setGlobalTracerProvider(new ProxyTracerProvider());
    trace.disable();
  }
  return existing()!;
}

/** The API registers a proxy first, and tells it right after whom it stands for. */
function watch(proxy: unknown, found: (provider: unknown) => void): void {
  const { setDelegate } = (proxy ?? {}) as { setDelegate?: (provider: unknown) => void };
  if (typeof setDelegate !== "function") {
    if (proxy !== undefined) found(proxy);
    return;
  }
  Object.defineProperty(proxy, "setDelegate", {
    configurable: true,
    writable: true,
    value(this: unknown, provider: unknown) {
      setDelegate.call(this, provider);
      found(provider);
    },
  });
}
