// sinks.ts: what a config says about the places that lines are sent on to.

import type { Problem } from "./problem.ts";

export interface SinksConfig {
  readonly loki: LokiConfig | undefined;
  readonly otlp: OtlpSinkConfig | undefined;
}

export interface LokiConfig {
  /** Without a slash at its end, and without credentials. */
  readonly url: string;
  readonly tenant: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly classLabel: boolean;
  readonly batchBytes: number;
  readonly timeoutMs: number;
  readonly username: string | undefined;
  readonly passwordFile: string | undefined;
  readonly readBack: "off" | "check" | "repair";
}

export interface OtlpSinkConfig {
  /** Without a slash at its end, and without credentials. */
  readonly url: string;
  readonly protocol: "http/protobuf" | "grpc";
  readonly line: boolean;
  readonly batchBytes: number;
  readonly timeoutMs: number;
  readonly gzip: boolean;
  readonly tokenFile: string | undefined;
  readonly headersFile: string | undefined;
  readonly caFile: string | undefined;
}

/** The keys of these sections, as the file spells them. */
export interface SinksValues {
  readonly loki?:
    | {
        readonly url: string;
        readonly tenant?: string | undefined;
        readonly labels?: Readonly<Record<string, string>> | undefined;
        readonly class_label: boolean;
        readonly batch_bytes: number;
        readonly timeout: number;
        readonly username?: string | undefined;
        readonly password_file?: string | undefined;
        readonly read_back: LokiConfig["readBack"];
      }
    | undefined;
  readonly otlp?:
    | {
        readonly url: string;
        readonly protocol: OtlpSinkConfig["protocol"];
        readonly line: boolean;
        readonly batch_bytes: number;
        readonly timeout: number;
        readonly compression: "gzip" | "none";
        readonly token_file?: string | undefined;
        readonly headers_file?: string | undefined;
        readonly ca_file?: string | undefined;
      }
    | undefined;
}

export function toSinks({ loki, otlp }: SinksValues): SinksConfig {
  return {
    loki: loki && {
      url: loki.url,
      tenant: loki.tenant,
      labels: loki.labels ?? {},
      classLabel: loki.class_label,
      batchBytes: loki.batch_bytes,
      timeoutMs: loki.timeout,
      username: loki.username,
      passwordFile: loki.password_file,
      readBack: loki.read_back,
    },
    otlp: otlp && {
      url: otlp.url,
      protocol: otlp.protocol,
      line: otlp.line,
      batchBytes: otlp.batch_bytes,
      timeoutMs: otlp.timeout,
      gzip: otlp.compression === "gzip",
      tokenFile: otlp.token_file,
      headersFile: otlp.headers_file,
      caFile: otlp.ca_file,
    },
  };
}

/** What no single key of these can tell. */
export function sinkContradictions({ loki, otlp }: SinksConfig): Omit<Problem, "where">[] {
  const found: Omit<Problem, "where">[] = [];
  if (loki !== undefined && (loki.username === undefined) !== (loki.passwordFile === undefined)) {
    const key = loki.username === undefined ? "sinks.loki.username" : "sinks.loki.password_file";
    found.push({ key, message: "is missing; username and password_file go together" });
  }
  if (otlp?.caFile !== undefined && otlp.url.startsWith("http:"))
    found.push({ key: "sinks.otlp.ca_file", message: "is set, but sinks.otlp.url is http:; expected https:" });
  return found;
}
