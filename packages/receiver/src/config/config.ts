// config.ts: what the service runs by, once everything is checked. Times in milliseconds, sizes in bytes, all of it frozen.

import type { Policy } from "@proofline/redaction";
import type { Address } from "./units.ts";

/** A checked and frozen configuration. The README's table says what each key is for. */
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
    readonly maxRequestBytes: number;
    readonly maxInflightBytes: number;
    readonly maxRecords: number | undefined;
    readonly bodyTimeoutMs: number;
  };
  readonly accept: "all" | "audit";
  readonly checkpoint: { readonly intervalMs: number };
  readonly segments: { readonly bytes: number };
  readonly window: { readonly records: number };
  readonly disk: { readonly minFreeBytes: number };
  readonly redaction: { readonly policy: Policy; readonly keyFile: string | undefined };
  readonly sinks: { readonly loki: LokiConfig | undefined };
  readonly shutdown: { readonly timeoutMs: number };
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug";
}

export interface LokiConfig {
  /** Without a slash at its end, and without credentials. */
  readonly url: string;
  readonly tenant: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly batchBytes: number;
  readonly timeoutMs: number;
  readonly username: string | undefined;
  readonly passwordFile: string | undefined;
}
