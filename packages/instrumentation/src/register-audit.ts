// register-audit.ts: what --import does: the request channel, the SDK or the application's own, events from spans, the deliveries of dead processes;
// and one line that says so.

import type { Instrumentation } from "@opentelemetry/instrumentation";
import { activate } from "./active.ts";
import { AiInstrumentation, PATCHED_AI } from "./ai/ai-instrumentation.ts";
import { watchAiSdk } from "./ai/ai-sdk.ts";
import { audit } from "./default-audit.ts";
import { propagateByDefault } from "./emit/context.ts";
import { beforeExit } from "./exit.ts";
import { FrameworkInstrumentation, PATCHED_FRAMEWORKS } from "./http/framework-instrumentation.ts";
import { auditIncoming, MUTATIONS } from "./http/incoming.ts";
import { incomingSettings, propagatesContext } from "./http/settings.ts";
import { foundPackages, sayPackages } from "./known-packages.ts";
import { hookModules } from "./module-hooks.ts";
import { startSdk } from "./otel-sdk.ts";
import { addTo, isRegistered, whenRegistered } from "./spans/attach.ts";
import { clientInstrumentations, PATCHED_CLIENTS, patchBuiltins } from "./spans/instrumentations.ts";
import type { DerivedKind } from "./spans/mapping.ts";
import { derivedKinds } from "./spans/settings.ts";
import { AuditSpanProcessor } from "./spans/span-processor.ts";
import { realWorld } from "./world.ts";

/**
 * Twice is fine: `--import` twice, or in NODE_OPTIONS and by hand.
 * @throws {AuditError} INVALID_OPTION: a service whose audit trail is set up wrongly does not start, rather than run unaudited
 */
export function registerAudit(): void {
  if (!activate()) return;
  const { notices, env } = realWorld;
  const incoming = incomingSettings(env);
  const kinds = derivedKinds(env);
  const propagates = propagatesContext(env);
  propagateByDefault(propagates);
  audit.start();
  hookModules([...PATCHED_FRAMEWORKS, ...PATCHED_CLIENTS, ...PATCHED_AI]);
  new FrameworkInstrumentation().enable();
  auditIncoming({ audit, ...incoming });
  const tracing = startTracing(kinds, propagates);
  const unkeyed = audit.measure("")?.digest === undefined ? "; no redaction key, so what would be a token is masked" : "";
  const methods = (incoming.methods ?? MUTATIONS).join(", ");
  const packages = sayPackages(foundPackages(process.argv[1]));
  const derived = kinds.length === 0 ? "" : ` and spans of ${kinds.join(", ")}`;
  notices.say(
    `auditing incoming HTTP ${methods} (http.request)${derived} to ${audit.destination}; ${tracing}; ${packages}${unkeyed}`,
  );
}

/** @returns what was done, for the line at start */
function startTracing(kinds: readonly DerivedKind[], propagates: boolean): string {
  const { notices, env } = realWorld;
  const processor = new AuditSpanProcessor({ audit, kinds });
  if (kinds.length > 0) {
    watchAiSdk({ audit, kinds });
    new AiInstrumentation({ audit, kinds }).enable();
  }
  if (isRegistered()) {
    whenRegistered((provider) => {
      if (!addTo(provider, processor)) notices.say(UNREACHABLE);
    });
    return "OpenTelemetry is the application's own";
  }
  // The clients' instrumentations also write the headers.
  const instrumentations = kinds.length === 0 && !propagates ? [] : clientInstrumentations((value) => audit.measure(value));
  const sdk = startSdk(env, { processor, instrumentations });
  if (instrumentations.length > 0) patchBuiltins();
  whenRegistered((provider) => {
    if (!addTo(provider, processor)) notices.say(UNREACHABLE);
    stepBack(instrumentations);
  });
  let open = true;
  const leave = (): Promise<void> => {
    open = false;
    return sdk.shutdown().catch(() => undefined);
  };
  beforeExit({ exitTimeoutMs: 2000, isOpen: () => open, leave, leaveNow: () => undefined });
  return sdk.says;
}

const UNREACHABLE =
  "the application's tracer provider takes no span processor from outside: put new AuditSpanProcessor({ audit }) into its spanProcessors, or its spans leave no events";

/** The application instruments what it wants to: two patches of one client would be two spans a call in its traces. */
function stepBack(instrumentations: readonly Instrumentation[]): void {
  for (const instrumentation of instrumentations) instrumentation.disable();
}
