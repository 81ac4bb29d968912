// routes.ts: builds the routes beside /v1/logs from the configuration: /v1/audit, the log's own files, traces and metrics. The listeners
// get them ready-made and know none of them.

import { Layout, type Ledger } from "@proofline/ledger";
import type { Redactor } from "@proofline/redaction";
import { createAuditIntake } from "../audit/intake.ts";
import { addAudit } from "../audit/route.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Config } from "../config/config.ts";
import type { PassthroughConfig } from "../config/routes.ts";
import type { DecodeLimits } from "../decode/decoded.ts";
import type { Method } from "../grpc/call.ts";
import type { AddRoutes } from "../http/listener.ts";
import { signalMethod } from "../passthrough/grpc-method.ts";
import { addSignal } from "../passthrough/http-route.ts";
import { Signal, type SignalName, type SignalRule } from "../passthrough/signal.ts";
import { Upstream } from "../passthrough/upstream.ts";
import type { Gate } from "../pipeline/gate.ts";
import { ReadPace } from "../serve-log/pace.ts";
import { PublishedTiles } from "../serve-log/published-tiles.ts";
import { addLogFiles } from "../serve-log/route.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { StartError } from "./errors.ts";
import { readSecret } from "./secret-files.ts";
import type { World } from "./world.ts";

export interface Routes {
  readonly http: AddRoutes;
  /** By path. */
  readonly grpc: ReadonlyMap<string, Method>;
  /** From now on another policy is in force. */
  replaceRedactor(redactor: Redactor): void;
  /** Ends connections to other endpoints. */
  close(): Promise<void>;
}

export interface RouteParts {
  readonly ledger: Ledger;
  readonly gate: Gate;
  readonly redactor: Redactor;
  readonly seal: (bytes: Uint8Array) => Uint8Array;
  readonly nextId: () => string;
  readonly limits: DecodeLimits;
  readonly metrics: Metrics;
  readonly world: World;
  readonly authenticator: Authenticator;
}

/** @throws {StartError} BAD_KEY_FILE */
export async function createRoutes(config: Config, parts: RouteParts): Promise<Routes> {
  const { ledger, metrics, world, limits } = parts;
  const layout = new Layout(config.data, config.log);
  const tiles = new PublishedTiles({ disk: world.disk, layout, checkpointSize: () => ledger.checkpoint.size });
  const maxRecords = Math.min(limits.maxRecords, config.audit.maxRecords);
  const intake = createAuditIntake({ ...parts, limits: { ...limits, maxRecords }, elapsedMs: world.elapsedMs });
  const { enabled, entries, readers, bytesPerSecond } = config.serveLog;
  const pace = new ReadPace({ bytesPerSecond, elapsedMs: world.elapsedMs, sleep });
  const signals = await Promise.all(
    (["traces", "metrics"] as const).map(async (name) => new Signal({ name, rule: await ruleOf(name, config, world), metrics })),
  );
  return {
    http: (app, o) => {
      addAudit(app, o, { ledger, tiles, intake, maxWaitMs: config.audit.maxWaitMs });
      if (enabled)
        addLogFiles(app, o, { ledger, tiles, pace, entries, readers, credentialsNeeded: () => parts.authenticator.isOn });
      for (const signal of signals) addSignal(app, o, signal);
    },
    grpc: new Map(signals.map(signalMethod)),
    replaceRedactor: (redactor) => intake.replaceRedactor(redactor),
    close: async () => {
      for (const signal of signals) await signal.close();
    },
  };
}

async function ruleOf(name: SignalName, config: Config, world: World): Promise<SignalRule> {
  const { maxConcurrent } = config.passthrough;
  const signal: PassthroughConfig = config.passthrough[name];
  const { mode, url, timeoutMs } = signal;
  if (mode !== "forward" || url === undefined) return { mode: mode === "discard" ? "discard" : "refuse" };
  const authorization = await authorizationOf(name, signal);
  return { mode, upstream: new Upstream({ url, authorization, timeoutMs, maxConcurrent, dispatcher: world.dispatcher }) };
}

async function authorizationOf(name: SignalName, { authorizationFile }: PassthroughConfig): Promise<string | undefined> {
  if (authorizationFile === undefined) return undefined;
  const key = `passthrough.${name}.authorization_file`;
  const value = await readSecret(authorizationFile, key);
  if (value === undefined) throw new StartError("BAD_KEY_FILE", `${key}: there is no file ${authorizationFile}`);
  return value;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
