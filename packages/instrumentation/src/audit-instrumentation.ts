// audit-instrumentation.ts: what the register hook does, for an application that sets up OpenTelemetry by code. Starts no SDK, and instruments no clients unless
// it is told to: the application instruments what it wants to, and events are derived from those spans.

import type { MeterProvider, TracerProvider } from "@opentelemetry/api";
import { ProxyTracerProvider } from "@opentelemetry/api";
import type { Instrumentation, InstrumentationConfig } from "@opentelemetry/instrumentation";
import { activate, deactivate } from "./active.ts";
import { AiInstrumentation, PATCHED_AI } from "./ai/ai-instrumentation.ts";
import { watchAiSdk } from "./ai/ai-sdk.ts";
import type { Audit } from "./audit.ts";
import { audit as defaultAudit } from "./default-audit.ts";
import { FrameworkInstrumentation, PATCHED_FRAMEWORKS } from "./http/framework-instrumentation.ts";
import { auditIncoming, type IncomingOptions } from "./http/incoming.ts";
import { hookModules } from "./module-hooks.ts";
import { addTo, removeFrom, whenRegistered } from "./spans/attach.ts";
import { clientInstrumentations, PATCHED_CLIENTS, patchBuiltins } from "./spans/instrumentations.ts";
import type { DerivedKind } from "./spans/mapping.ts";
import { AuditSpanProcessor } from "./spans/span-processor.ts";
import { realWorld } from "./world.ts";

export interface AuditInstrumentationOptions extends InstrumentationConfig {
  /** Default: the process's `audit`. */
  readonly audit?: Audit;
  /** Of incoming requests; false: they leave no events. */
  readonly http?: Omit<IncomingOptions, "audit"> | false;
  /** Which calls become events: of models, tools, databases and so on. Default: all. Empty: none. */
  readonly kinds?: readonly DerivedKind[];
  /** Whether outgoing HTTP, pg, mysql2, mongodb, redis and AWS are instrumented, too. Default: false. */
  readonly clients?: boolean;
}

/**
 * `new NodeSDK({ instrumentations: [new AuditInstrumentation()] })`, before the application's packages are loaded. Where the register hook has been loaded, or
 * another one of these is enabled, it does nothing.
 */
export class AuditInstrumentation implements Instrumentation<AuditInstrumentationOptions> {
  readonly instrumentationName = "@proofline/instrumentation";
  readonly instrumentationVersion = "0.1.0";
  #options: AuditInstrumentationOptions;
  readonly #audit: Audit;
  readonly #processor: AuditSpanProcessor;
  readonly #clients: readonly Instrumentation[];
  /** Made once: patches are put back, not put on top of each other. */
  readonly #frameworks = new FrameworkInstrumentation();
  readonly #ai: AiInstrumentation;
  readonly #providers = new Set<unknown>();
  #on = false;
  #undo: readonly (() => void)[] = [];

  /** @throws {AuditError} INVALID_OPTION */
  constructor(options: AuditInstrumentationOptions = {}) {
    this.#options = options;
    this.#audit = options.audit ?? defaultAudit;
    const kinds = options.kinds;
    this.#processor = new AuditSpanProcessor({ audit: this.#audit, kinds });
    this.#ai = new AiInstrumentation({ audit: this.#audit, kinds });
    this.#clients = options.clients ? clientInstrumentations((value) => this.#audit.measure(value)) : [];
    for (const client of this.#clients) client.disable();
    if (options.enabled !== false) this.enable();
  }

  enable(): void {
    if (this.#on || !activate()) return;
    this.#on = true;
    const { kinds, http = {} } = this.#options;
    const derives = kinds?.length !== 0;
    this.#audit.start();
    hookModules([...PATCHED_FRAMEWORKS, ...PATCHED_AI, ...(this.#clients.length > 0 ? PATCHED_CLIENTS : [])]);
    const patches = [...(http === false ? [] : [this.#frameworks]), ...(derives ? [this.#ai] : []), ...this.#clients];
    for (const patch of patches) patch.enable();
    if (this.#clients.length > 0) patchBuiltins();
    this.#undo = [
      () => {
        for (const patch of patches) patch.disable();
      },
      ...(http === false ? [] : [auditIncoming({ ...http, audit: this.#audit })]),
      ...(derives ? [watchAiSdk({ audit: this.#audit, kinds }), whenRegistered((provider) => this.#attach(provider))] : []),
    ];
    for (const provider of this.#providers) this.#attach(provider);
  }

  /** What is in flight is still recorded. */
  disable(): void {
    if (!this.#on) return;
    for (const undo of this.#undo) undo();
    for (const provider of this.#providers) removeFrom(provider, this.#processor);
    this.#on = false;
    deactivate();
  }

  /** sdk-node gives the API's stand-in before its own exists; that one is seen when it is registered. */
  setTracerProvider(provider: TracerProvider): void {
    for (const client of this.#clients) client.setTracerProvider(provider);
    if (!(provider instanceof ProxyTracerProvider)) this.#attach(provider);
  }

  setMeterProvider(provider: MeterProvider): void {
    for (const client of this.#clients) client.setMeterProvider(provider);
  }

  /** Only `http` is taken, when it is enabled the next time. */
  setConfig({ http }: AuditInstrumentationOptions): void {
    this.#options = { ...this.#options, ...(http !== undefined && { http }) };
  }

  getConfig(): AuditInstrumentationOptions {
    return { ...this.#options, enabled: this.#on };
  }

  #attach(provider: unknown): void {
    this.#providers.add(provider);
    if (!this.#on || this.#options.kinds?.length === 0) return;
    if (!addTo(provider, this.#processor))
      realWorld.notices.say("the tracer provider takes no span processor from outside: its spans leave no events");
  }
}
