// config.ts: what the service runs by, once everything is checked. Times in milliseconds, sizes in bytes, all of it frozen.

import type { Policy } from "@proofline/redaction";
import type { ClientConfig, TokenConfig } from "./auth-kinds.ts";
import type { AuditConfig, PassthroughsConfig, ServeLogConfig } from "./routes.ts";
import type { SignatureKeyConfig } from "./signature-kinds.ts";
import type { SinksConfig } from "./sinks.ts";
import type { Address } from "./units.ts";

/** A checked and frozen configuration. docs/configuration.md says what each key is for. */
export interface Config {
  readonly data: string;
  readonly log: string;
  /** Whether a log that is not there is created. */
  readonly create: boolean;
  /** File of the private key; undefined: `key` in the log's folder. */
  readonly key: string | undefined;
  readonly otlp: {
    readonly http: Address;
    readonly grpc: Address;
    /** Undefined: clear text. */
    readonly tls: TlsConfig | undefined;
    readonly maxRequestBytes: number;
    readonly maxInflightBytes: number;
    readonly maxRecords: number | undefined;
    readonly bodyTimeoutMs: number;
  };
  /** Both lists empty: whoever reaches the listeners may write. */
  readonly auth: { readonly tokens: readonly TokenConfig[]; readonly clients: readonly ClientConfig[] };
  readonly admin: { readonly http: Address | undefined };
  readonly traces: { readonly url: string | undefined };
  /** 0: files are looked at on request only. */
  readonly reload: { readonly intervalMs: number };
  /** 0: none. */
  readonly heartbeat: { readonly intervalMs: number };
  /** Threads that prepare requests; undefined: as many as there are cores, four at most. 0: none. */
  readonly ingest: { readonly workers: number | undefined };
  readonly accept: "all" | "audit";
  readonly checkpoint: { readonly intervalMs: number };
  readonly segments: {
    readonly bytes: number;
    /** Undefined: sealed by size alone. */
    readonly ageMs: number | undefined;
    readonly compress: "none" | "zstd";
    readonly check: boolean;
  };
  readonly window: { readonly records: number };
  readonly disk: { readonly minFreeBytes: number };
  readonly redaction: { readonly policy: Policy; readonly keyFile: string | undefined };
  /** Empty: the signatures of records are left alone. */
  readonly signatures: { readonly keys: readonly SignatureKeyConfig[] };
  readonly sinks: SinksConfig;
  readonly audit: AuditConfig;
  readonly serveLog: ServeLogConfig;
  readonly passthrough: PassthroughsConfig;
  readonly shutdown: { readonly timeoutMs: number };
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug";
  /** Each key that has a value, in canonical JSON: to compare two configs, never to show. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface TlsConfig {
  readonly certFile: string;
  readonly keyFile: string;
  /** Undefined: no client certificate is asked for. */
  readonly clientCaFile: string | undefined;
  readonly clientAuth: "require" | "request";
  readonly minVersion: "1.2" | "1.3";
}
