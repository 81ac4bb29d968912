// schema.ts: the one table of config keys: for each its kind, its default, what it is for and whether a running service takes up a new
// value. docs/configuration.md and docs/config.schema.json are made from it. Knows no file and no environment.

import type { Policy } from "@proofline/redaction";
import { z } from "zod";
import { clientList, tokenList } from "./auth-kinds.ts";
import type { Config } from "./config.ts";
import { address, bytes, count, duration, flag, httpUrl, isMap, labels, oneOf, path, text } from "./kinds.ts";
import { type KeyDoc, key, leaves, optional, required, section } from "./leaf.ts";
import { logName, policySource, tlsVersion } from "./own-kinds.ts";
import { showValue } from "./problem.ts";
import { names, toPassthrough } from "./routes.ts";
import { settingsOf } from "./settings.ts";
import { signatureKeyList } from "./signature-kinds.ts";
import { toSinks } from "./sinks.ts";

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const HOUR_MS = 3_600_000;

/** A fourth argument of `key` or third of `optional`. */
const RELOAD = true;

const schema = z.strictObject({
  data: key(path, "./proofline-data", "the folder that holds the logs"),
  log: key(logName, "default", "the log's name, its origin in checkpoints; `/` makes nested folders"),
  create: key(flag, "true", "whether to create the log when its folder is not there"),
  key: optional(path, "file of the log's private key; by default `key` in the log's folder"),
  otlp: section({
    http: key(address, "127.0.0.1:4318", "where OTLP/HTTP listens, with `/healthz`, `/readyz` and `/metrics`"),
    grpc: key(address, "127.0.0.1:4317", "where OTLP/gRPC listens"),
    tls: section({
      cert_file: optional(path, "certificate chain (PEM) of both listeners; with it they speak TLS only", RELOAD),
      key_file: optional(path, "private key (PEM) of the certificate", RELOAD),
      client_ca_file: optional(
        path,
        "authorities (PEM) whose client certificates are accepted; without it none is asked for",
        RELOAD,
      ),
      client_auth: key(
        oneOf("require", "request"),
        "require",
        "whether a client must show a certificate, when `client_ca_file` is set",
      ),
      min_version: key(tlsVersion, "1.2", "lowest version of TLS", RELOAD),
    }),
    max_request_bytes: key(bytes(KIB, 1024 * MIB), "64MiB", "largest request, before and after inflating"),
    max_inflight_bytes: key(bytes(KIB), "64MiB", "all requests under way together; more are asked to come again"),
    max_records: optional(count(1), "most records in one request; by default 65536"),
    body_timeout: key(duration(100, HOUR_MS), "60s", "longest time for a request's body to arrive"),
  }),
  auth: section({
    tokens: optional(
      tokenList,
      "writers that show a bearer token: the name that stands in the line, a file with one token a line, the logs that it may write to (a `*` at the end of a name stands for any rest)",
      RELOAD,
    ),
    clients: optional(
      clientList,
      "writers that show a client certificate: the name, an identity of the certificate (`URI:…`, `DNS:…`, `email:…`, `CN=…`), the logs; without it a verified certificate's first identity is the name",
      RELOAD,
    ),
  }),
  admin: section({
    http: optional(
      address,
      "`/healthz`, `/readyz` and `/metrics` in clear text and without credentials, apart; then `otlp.http` has no `/metrics`",
    ),
  }),
  traces: section({
    url: optional(
      httpUrl,
      "OTLP/HTTP endpoint that the receiver's own spans go to, used as it is: `http://tempo:4318/v1/traces`; without it there are none",
    ),
  }),
  reload: section({
    interval: key(
      duration(0, HOUR_MS),
      "10s",
      "how often the files of tokens and certificates are looked at; `0s`: on SIGHUP only",
    ),
  }),
  heartbeat: section({
    interval: key(
      duration(0, 7 * 24 * HOUR_MS),
      "12h",
      "a log that got no line for so long, at most twice that, gets `proofline.receiver.heartbeat`; `0s`: never",
    ),
  }),
  ingest: section({
    workers: optional(
      count(0),
      "threads that decode and redact requests, beside the one that writes; `0`: it does that as well; by default one a core, four at most",
    ),
  }),
  accept: key(
    oneOf("all", "audit"),
    "all",
    "`audit` answers and ignores records without any `audit.*` attribute, and counts them",
  ),
  checkpoint: section({
    interval: key(duration(10, HOUR_MS), "1s", "how often a checkpoint is signed, when there are new lines"),
  }),
  segments: section({
    bytes: key(bytes(64 * KIB), "64MiB", "size at which a segment is sealed and the next one begun"),
    age: key(duration(0, 366 * 24 * HOUR_MS), "24h", "age of its first line at which it is sealed, too; `0s`: by size alone"),
    compress: key(oneOf("none", "zstd"), "none", "what becomes of sealed segments; the bytes of their lines stay what they were"),
    check: key(
      flag,
      "true",
      "whether the whole log is checked again after a start, beside all else: wrong tiles are written again, wrong lines are told of",
    ),
  }),
  window: section({
    records: key(count(1), "100000", "how many of the newest record ids are known, so that a repeated one is recognised"),
  }),
  disk: section({
    min_free_bytes: key(bytes(0), "64MiB", "free space below which requests are refused"),
  }),
  redaction: section({
    policy: optional(policySource, "a policy file, or the policy itself; by default the built-in one"),
    key_file: optional(path, "file of the key for `token` and `digest`; by default `redaction.key` in the log's folder"),
  }),
  signatures: section({
    keys: optional(
      signatureKeyList,
      "keys that records' own signatures (`audit.integrity.value`) are checked with: a file with a certificate, a public key (PEM) or the base64 of an HMAC secret, and what `audit.integrity.certificate` calls it; the result is a note in the line",
    ),
  }),
  sinks: section({
    loki: z
      .strictObject({
        url: required(httpUrl, "Loki's address; without it nothing is sent"),
        tenant: optional(text, "sent as `X-Scope-OrgID`"),
        labels: optional(labels, "more stream labels; in a variable `name=value,name=value`"),
        class_label: key(
          flag,
          "false",
          "whether each line's event class is the label `class` (`other` without one), so that Loki can keep each class for its own time",
        ),
        batch_bytes: key(bytes(KIB, 64 * MIB), "1MiB", "largest push, before compression"),
        timeout: key(duration(100, HOUR_MS), "10s", "longest wait for Loki's answer"),
        username: optional(text, "user for basic authentication"),
        password_file: optional(path, "file that holds the password for basic authentication"),
        read_back: key(
          oneOf("off", "check", "repair"),
          "check",
          "whether what Loki holds of sealed segments is read back and compared; `repair` sends again what is missing",
        ),
      })
      .optional(),
    otlp: z
      .strictObject({
        url: required(httpUrl, "an OTLP receiver's address, `http://collector:4318` or for gRPC `http://collector:4317`"),
        protocol: key(oneOf("http/protobuf", "grpc"), "http/protobuf", "how to speak to it"),
        line: key(flag, "true", "whether the line itself goes along, as the attribute `proofline.line`"),
        batch_bytes: key(bytes(KIB, 64 * MIB), "1MiB", "largest request, before compression"),
        timeout: key(duration(100, HOUR_MS), "10s", "longest wait for its answer"),
        compression: key(oneOf("gzip", "none"), "gzip", "of requests"),
        token_file: optional(path, "file with a bearer token, read again after an answer that it is wrong"),
        headers_file: optional(path, "file with more headers, `name: value` a line, read again likewise"),
        ca_file: optional(path, "authorities (PEM) in place of the system's"),
      })
      .optional(),
  }),
  audit: section({
    max_wait: key(duration(0, HOUR_MS), "5s", "longest time that a request to `/v1/audit` may wait for a checkpoint"),
    max_records: key(count(1), "8192", "most records in one request to `/v1/audit`"),
  }),
  serve_log: section({
    enabled: key(flag, "false", "whether checkpoint and hash tiles are served, read-only, under `/tlog/<log>/` of `otlp.http`"),
    entries: key(flag, "false", "whether the lines are served there, too, as entry bundles: they are the audit's content"),
    readers: optional(names, "writers of `auth` that may read there; without credentials everyone may"),
    bytes_per_second: key(bytes(KIB), "64MiB", "how fast they are served, to all readers together"),
  }),
  passthrough: section({
    traces: passthroughSection("traces"),
    metrics: passthroughSection("metrics"),
    max_concurrent: key(count(1), "64", "requests of a signal under way to its other endpoint; more are asked to come again"),
  }),
  shutdown: section({
    timeout: key(duration(0, HOUR_MS), "25s", "longest wait for requests under way when stopping"),
  }),
  log_level: key(oneOf("fatal", "error", "warn", "info", "debug"), "info", "least severe of the service's own log lines", RELOAD),
});

function passthroughSection(signal: string) {
  return section({
    mode: key(
      oneOf("refuse", "discard", "forward"),
      "refuse",
      `what becomes of ${signal}: 404, success and nothing else, or passed on`,
    ),
    url: optional(
      httpUrl,
      `OTLP/HTTP endpoint that ${signal} are passed on to, used as it is: \`http://tempo:4318/v1/${signal}\``,
    ),
    authorization_file: optional(path, "file that holds the value of the `Authorization` header for it"),
    timeout: key(duration(100, HOUR_MS), "10s", "longest wait for its answer"),
  });
}

/** A finding, before it is known where the value came from. `unknown`: there is no such key. */
export interface Finding {
  readonly path: readonly string[];
  readonly message: string;
  readonly unknown: boolean;
}

/** What a config says about redaction before its policy has been read. */
export type PolicySource = string | Readonly<Record<string, unknown>> | undefined;

export type Checked =
  | { readonly findings: readonly Finding[] }
  | { readonly policy: PolicySource; config(policy: Policy): Config };

/** Checks a tree of values against the table; all findings at once. The policy is not read here: that takes a disk. */
export function checkTree(tree: unknown): Checked {
  const result = schema.safeParse(tree);
  if (result.success) return { policy: result.data.redaction.policy, config: (policy) => toConfig(result.data, policy) };
  const findings: Finding[] = [];
  for (const issue of result.error.issues) {
    const at = issue.path.map(String);
    if (issue.code === "unrecognized_keys") {
      for (const name of issue.keys) findings.push({ path: [...at, name], message: "is not a key", unknown: true });
    } else findings.push({ path: at, message: messageOf(issue, tree, at), unknown: false });
  }
  return { findings };
}

/** Every key, in the order of the table. */
export function keyTable(): readonly KeyDoc[] {
  return leaves(schema, "");
}

function toConfig(values: z.output<typeof schema>, policy: Policy): Config {
  const { otlp, sinks } = values;
  const { cert_file: certFile, key_file: keyFile, ...tls } = otlp.tls;
  return {
    data: values.data,
    log: values.log,
    create: values.create,
    key: values.key,
    otlp: {
      http: otlp.http,
      grpc: otlp.grpc,
      tls:
        certFile === undefined || keyFile === undefined
          ? undefined
          : { certFile, keyFile, clientCaFile: tls.client_ca_file, clientAuth: tls.client_auth, minVersion: tls.min_version },
      maxRequestBytes: otlp.max_request_bytes,
      maxInflightBytes: otlp.max_inflight_bytes,
      maxRecords: otlp.max_records,
      bodyTimeoutMs: otlp.body_timeout,
    },
    auth: { tokens: values.auth.tokens ?? [], clients: values.auth.clients ?? [] },
    admin: { http: values.admin.http },
    traces: { url: values.traces.url },
    reload: { intervalMs: values.reload.interval },
    heartbeat: { intervalMs: values.heartbeat.interval },
    ingest: { workers: values.ingest.workers },
    accept: values.accept,
    checkpoint: { intervalMs: values.checkpoint.interval },
    segments: {
      bytes: values.segments.bytes,
      ageMs: values.segments.age === 0 ? undefined : values.segments.age,
      compress: values.segments.compress,
      check: values.segments.check,
    },
    window: { records: values.window.records },
    disk: { minFreeBytes: values.disk.min_free_bytes },
    redaction: { policy, keyFile: values.redaction.key_file },
    signatures: { keys: values.signatures.keys ?? [] },
    sinks: toSinks(sinks),
    audit: { maxWaitMs: values.audit.max_wait, maxRecords: values.audit.max_records },
    serveLog: {
      enabled: values.serve_log.enabled,
      entries: values.serve_log.entries,
      readers: values.serve_log.readers ?? [],
      bytesPerSecond: values.serve_log.bytes_per_second,
    },
    passthrough: {
      traces: toPassthrough(values.passthrough.traces),
      metrics: toPassthrough(values.passthrough.metrics),
      maxConcurrent: values.passthrough.max_concurrent,
    },
    shutdown: { timeoutMs: values.shutdown.timeout },
    logLevel: values.log_level,
    settings: settingsOf(values, keyTable()),
  };
}

function messageOf(issue: z.core.$ZodIssue, tree: unknown, at: readonly string[]): string {
  if (issue.code === "custom") return issue.message;
  const value = at.reduce<unknown>((node, name) => (isMap(node) ? node[name] : undefined), tree);
  return `${showValue(value)} is not a map of keys`;
}
