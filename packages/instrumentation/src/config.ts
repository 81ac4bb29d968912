// config.ts: options and environment to one settled configuration. The only file that reads process.env. A bad value stops the
// start with its name, its value (unless it is a secret) and what was expected.

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { defaultPolicy, type Policy, parsePolicy } from "@proofline/redaction";
import { AuditError } from "./errors.ts";

export type OnFull = "block" | "throw" | "drop";
export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything has a default; options win over the environment. */
export interface DeliveryOptions {
  /** Where `/v1/logs` is appended. Env: PROOFLINE_ENDPOINT, else OTEL_EXPORTER_OTLP_ENDPOINT. Default: http://127.0.0.1:4318 */
  readonly endpoint?: string | undefined;
  /** The whole address. Env: OTEL_EXPORTER_OTLP_LOGS_ENDPOINT (unless PROOFLINE_ENDPOINT is there). */
  readonly url?: string | undefined;
  /** Env: OTEL_EXPORTER_OTLP_HEADERS and OTEL_EXPORTER_OTLP_LOGS_HEADERS. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** For one request. Default: 10,000. Env: OTEL_EXPORTER_OTLP_LOGS_TIMEOUT, OTEL_EXPORTER_OTLP_TIMEOUT. */
  readonly timeoutMs?: number | undefined;
  /** Env: OTEL_EXPORTER_OTLP_LOGS_COMPRESSION, OTEL_EXPORTER_OTLP_COMPRESSION. Default: none. */
  readonly compression?: "none" | "gzip" | undefined;
  /** A folder for one destination; processes share it. Env: PROOFLINE_SPOOL. Default: a folder of the user's, by service name. */
  readonly spoolFolder?: string | undefined;
  /** Unacknowledged bytes. Default: 1 GiB. Env: PROOFLINE_SPOOL_MAX_BYTES. */
  readonly spoolMaxBytes?: number | undefined;
  /**
   * What `record` does when the spool is full: `throw` SPOOL_FULL; `block` the event loop until the receiver has taken enough, at most
   * `blockTimeoutMs`, then throw; or `drop`, count, and report the gap as an event when there is room (also when the disk refuses the
   * write). `commit` waits for room in any case. Default: throw. Env: PROOFLINE_SPOOL_FULL.
   */
  readonly onFull?: OnFull | undefined;
  /** Default: 30,000. Env: PROOFLINE_SPOOL_BLOCK_TIMEOUT_MS. */
  readonly blockTimeoutMs?: number | undefined;
  /** Default: 512 records, 1 MiB. */
  readonly maxBatchRecords?: number | undefined;
  readonly maxBatchBytes?: number | undefined;
  /** A policy, or the path of a JSON file with one. Env: PROOFLINE_POLICY. Default: the built-in one. */
  readonly policy?: Policy | string | undefined;
  /** 32 to 64 bytes; the receiver's own, so that both make the same tokens. Env: PROOFLINE_REDACTION_KEY_FILE (raw, hex or base64). */
  readonly redactionKey?: Uint8Array | undefined;
  /** Env: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES. */
  readonly serviceName?: string | undefined;
}

export interface Config {
  readonly url: string;
  /** Of the same receiver's `/v1/audit`; undefined when the address does not end in `/v1/logs`. */
  readonly auditUrl: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly compression: "none" | "gzip";
  readonly tls: { readonly ca?: Buffer; readonly key?: Buffer; readonly cert?: Buffer };
  readonly spoolFolder: string;
  readonly spoolMaxBytes: number;
  readonly segmentBytes: number;
  readonly onFull: OnFull;
  readonly blockTimeoutMs: number;
  readonly maxBatchRecords: number;
  readonly maxBatchBytes: number;
  readonly policy: Policy;
  readonly redactionKey: Uint8Array | undefined;
  readonly resource: Readonly<Record<string, unknown>>;
}

const SEGMENT_BYTES = 8 * 1024 * 1024;

export function resolveConfig(options: DeliveryOptions, env: Environment = process.env): Config {
  const spoolMaxBytes = whole(
    "PROOFLINE_SPOOL_MAX_BYTES",
    options.spoolMaxBytes ?? env.PROOFLINE_SPOOL_MAX_BYTES ?? 1 << 30,
    4096,
  );
  const url = logsUrl(options, env);
  return {
    url,
    auditUrl: /\/v1\/logs$/.test(url) ? url.replace(/logs$/, "audit") : undefined,
    headers: {
      ...headersOf(env.OTEL_EXPORTER_OTLP_HEADERS),
      ...headersOf(env.OTEL_EXPORTER_OTLP_LOGS_HEADERS),
      ...options.headers,
    },
    timeoutMs: whole(
      "OTEL_EXPORTER_OTLP_TIMEOUT",
      options.timeoutMs ?? env.OTEL_EXPORTER_OTLP_LOGS_TIMEOUT ?? env.OTEL_EXPORTER_OTLP_TIMEOUT ?? 10_000,
      1,
    ),
    compression: oneOf(
      "OTEL_EXPORTER_OTLP_COMPRESSION",
      options.compression ?? env.OTEL_EXPORTER_OTLP_LOGS_COMPRESSION ?? env.OTEL_EXPORTER_OTLP_COMPRESSION ?? "none",
      ["none", "gzip"],
    ),
    tls: tlsOf(env),
    spoolFolder: resolve(options.spoolFolder ?? env.PROOFLINE_SPOOL ?? defaultFolder(options, env)),
    spoolMaxBytes,
    segmentBytes: Math.min(SEGMENT_BYTES, Math.ceil(spoolMaxBytes / 4)),
    onFull: oneOf("PROOFLINE_SPOOL_FULL", options.onFull ?? env.PROOFLINE_SPOOL_FULL ?? "throw", ["block", "throw", "drop"]),
    blockTimeoutMs: whole(
      "PROOFLINE_SPOOL_BLOCK_TIMEOUT_MS",
      options.blockTimeoutMs ?? env.PROOFLINE_SPOOL_BLOCK_TIMEOUT_MS ?? 30_000,
      1,
    ),
    maxBatchRecords: whole("maxBatchRecords", options.maxBatchRecords ?? 512, 1),
    maxBatchBytes: whole("maxBatchBytes", options.maxBatchBytes ?? 1 << 20, 1),
    policy: policyOf(options.policy ?? env.PROOFLINE_POLICY),
    redactionKey: options.redactionKey ?? keyOf(env.PROOFLINE_REDACTION_KEY_FILE),
    resource: options.serviceName === undefined ? {} : { "service.name": options.serviceName },
  };
}

function logsUrl(options: DeliveryOptions, env: Environment): string {
  const own = options.endpoint ?? (options.url === undefined ? env.PROOFLINE_ENDPOINT : undefined);
  const whole = options.url ?? (own === undefined ? env.OTEL_EXPORTER_OTLP_LOGS_ENDPOINT : undefined);
  if (whole !== undefined && whole !== "") return httpUrl("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", whole).href;
  const base = httpUrl("PROOFLINE_ENDPOINT", own || env.OTEL_EXPORTER_OTLP_ENDPOINT || "http://127.0.0.1:4318");
  base.pathname = `${base.pathname.replace(/\/+$/, "")}/v1/logs`;
  return base.href;
}

function httpUrl(name: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  const hint = /^[\w.-]+:\d+/.test(value) ? `; did you mean "http://${value}"?` : "";
  throw new AuditError("INVALID_OPTION", `${name}: "${value}" is not an http or https address${hint}`);
}

/** `key=value,key2=value2`, percent-encoded, as the OTLP exporters read it. The values may be secrets: never shown. */
function headersOf(text: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of (text ?? "").split(",")) {
    const at = pair.indexOf("=");
    if (at <= 0) continue;
    try {
      headers[decodeURIComponent(pair.slice(0, at).trim()).toLowerCase()] = decodeURIComponent(pair.slice(at + 1).trim());
    } catch {
      throw new AuditError(
        "INVALID_OPTION",
        `OTEL_EXPORTER_OTLP_HEADERS: the value of ${pair.slice(0, at).trim()} is not percent-encoded`,
      );
    }
  }
  return headers;
}

function tlsOf(env: Environment): Config["tls"] {
  const read = (name: string): Buffer | undefined => {
    const path = env[`OTEL_EXPORTER_OTLP_LOGS_${name}`] ?? env[`OTEL_EXPORTER_OTLP_${name}`];
    return path === undefined || path === "" ? undefined : readNamed(`OTEL_EXPORTER_OTLP_${name}`, path);
  };
  const [ca, key, cert] = [read("CERTIFICATE"), read("CLIENT_KEY"), read("CLIENT_CERTIFICATE")];
  return { ...(ca && { ca }), ...(key && { key }), ...(cert && { cert }) };
}

/** One folder for one service, because what lies in it is delivered by whichever process of that service runs. */
function defaultFolder(options: DeliveryOptions, env: Environment): string {
  const fromAttributes = /(?:^|,)\s*service\.name\s*=\s*([^,]+)/.exec(env.OTEL_RESOURCE_ATTRIBUTES ?? "")?.[1];
  const service = options.serviceName ?? env.OTEL_SERVICE_NAME ?? fromAttributes ?? "unknown_service";
  const name = service.replace(/[^A-Za-z0-9_.-]/g, "_").replace(/^\.+/, "_");
  const home = homedir();
  const state = env.XDG_STATE_HOME || (home === "" || home === "/" ? "" : join(home, ".local", "state"));
  return state === "" ? join(".proofline-spool", name) : join(state, "proofline", "spool", name);
}

function policyOf(source: Policy | string | undefined): Policy {
  if (source === undefined || source === "") return defaultPolicy;
  if (typeof source !== "string") return parsePolicy(source);
  const text = readNamed("PROOFLINE_POLICY", source).toString("utf8");
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (cause) {
    throw new AuditError("INVALID_OPTION", `PROOFLINE_POLICY: ${source} is not JSON: ${(cause as Error).message}`, { cause });
  }
  return parsePolicy(input);
}

function keyOf(path: string | undefined): Uint8Array | undefined {
  if (path === undefined || path === "") return undefined;
  const bytes = readNamed("PROOFLINE_REDACTION_KEY_FILE", path);
  const text = bytes.toString("latin1").trim();
  const key = /^(?:[0-9a-fA-F]{2}){32,64}$/.test(text)
    ? Buffer.from(text, "hex")
    : /^[A-Za-z0-9+/_-]{43,86}={0,2}$/.test(text)
      ? Buffer.from(text, "base64")
      : bytes;
  if (key.length >= 32 && key.length <= 64) return key;
  throw new AuditError(
    "INVALID_OPTION",
    `PROOFLINE_REDACTION_KEY_FILE: ${path} holds ${key.length} bytes; expected are 32 to 64`,
  );
}

function readNamed(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new AuditError("INVALID_OPTION", `${name}: cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

function whole(name: string, value: number | string, least: number): number {
  const number = typeof value === "string" && value.trim() === "" ? Number.NaN : Number(value);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new AuditError("INVALID_OPTION", `${name}: "${value}" is not a whole number from ${least} on`);
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === value);
  if (found !== undefined) return found;
  throw new AuditError("INVALID_OPTION", `${name}: "${value}" is not one of ${allowed.join(", ")}`);
}
