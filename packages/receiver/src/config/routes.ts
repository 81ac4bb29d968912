// routes.ts: what a config says about the routes beside OTLP logs: /v1/audit, the log's own files, and the signals that are not kept.

import { type Kind, kind, type Parsed } from "./kinds.ts";

export interface AuditConfig {
  /** Longest wait for a checkpoint. */
  readonly maxWaitMs: number;
  /** Most records in one request. */
  readonly maxRecords: number;
}

export interface ServeLogConfig {
  readonly enabled: boolean;
  /** Whether the lines are served, too. */
  readonly entries: boolean;
  /** Writers that may read, where credentials are asked for. */
  readonly readers: readonly string[];
  readonly bytesPerSecond: number;
}

export interface PassthroughConfig {
  readonly mode: "refuse" | "discard" | "forward";
  /** There when the mode is forward. */
  readonly url: string | undefined;
  /** Holds the value of the Authorization header. */
  readonly authorizationFile: string | undefined;
  readonly timeoutMs: number;
}

export interface PassthroughsConfig {
  readonly traces: PassthroughConfig;
  readonly metrics: PassthroughConfig;
  /** Requests under way at a time, of each signal. */
  readonly maxConcurrent: number;
}

/** A list of names in the file, `a,b` in a variable. */
export const names: Kind<readonly string[]> = kind(
  "list of names",
  { type: "array", items: { type: "string", minLength: 1 } },
  (input): Parsed<readonly string[]> => {
    const list = typeof input === "string" ? input.split(",").map((name) => name.trim()) : input;
    if (!Array.isArray(list)) return { expected: "is not a list of names" };
    const wrong = list.findIndex((name) => typeof name !== "string" || name === "");
    return wrong < 0 ? { value: list as string[] } : { expected: `has no text as name ${wrong + 1}` };
  },
);

/** What no single key of these can tell. */
export function routeContradictions(config: {
  readonly serveLog: ServeLogConfig;
  readonly passthrough: PassthroughsConfig;
}): { readonly key: string; readonly message: string }[] {
  const found: { key: string; message: string }[] = [];
  if (config.serveLog.entries && !config.serveLog.enabled)
    found.push({ key: "serve_log.entries", message: "is true, but serve_log.enabled is not" });
  for (const signal of ["traces", "metrics"] as const) {
    const { mode, url } = config.passthrough[signal];
    const key = `passthrough.${signal}`;
    if (mode === "forward" && url === undefined) found.push({ key: `${key}.url`, message: `is missing; ${key}.mode is forward` });
    if (mode !== "forward" && url !== undefined)
      found.push({ key: `${key}.mode`, message: `is ${mode}, but there is a url; expected forward` });
  }
  return found;
}

/** The values of one signal's section. */
export function toPassthrough(values: {
  readonly mode: PassthroughConfig["mode"];
  readonly url?: string | undefined;
  readonly authorization_file?: string | undefined;
  readonly timeout: number;
}): PassthroughConfig {
  return { mode: values.mode, url: values.url, authorizationFile: values.authorization_file, timeoutMs: values.timeout };
}
