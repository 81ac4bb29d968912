// schema.ts: the one table of config keys: for each its kind, its default and what it is for. Knows no file and no environment.

import { LedgerError, logFolder } from "@proofline/ledger";
import type { Policy } from "@proofline/redaction";
import { z } from "zod";
import type { Config } from "./config.ts";
import { address, bytes, count, duration, flag, httpUrl, isMap, type Kind, labels, oneOf, path, text } from "./kinds.ts";
import { showValue } from "./problem.ts";

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const HOUR_MS = 3_600_000;

/** A key as its documentation shows it. */
export interface KeyDoc {
  /** Dotted path. */
  readonly key: string;
  /** As one would write it; "" when there is none. */
  readonly default: string;
  readonly about: string;
}

const schema = z.strictObject({
  data: key(path, "./proofline-data", "the folder that holds the logs"),
  log: key(logName, "default", "the log's name, its origin in checkpoints; `/` makes nested folders"),
  create: key(flag, "true", "whether to create the log when its folder is not there"),
  key: optional(path, "file of the log's private key; by default `key` in the log's folder"),
  otlp: section({
    http: key(address, "127.0.0.1:4318", "where OTLP/HTTP listens, with `/healthz`, `/readyz` and `/metrics`"),
    grpc: key(address, "127.0.0.1:4317", "where OTLP/gRPC listens"),
    max_request_bytes: key(bytes(KIB, 1024 * MIB), "64MiB", "largest request, before and after inflating"),
    max_inflight_bytes: key(bytes(KIB), "256MiB", "all requests under way together; more are asked to come again"),
    max_records: optional(count(1), "most records in one request; by default 262144"),
    body_timeout: key(duration(100, HOUR_MS), "60s", "longest time for a request's body to arrive"),
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
  sinks: section({
    loki: z
      .strictObject({
        url: required(httpUrl, "Loki's address; without it nothing is sent"),
        tenant: optional(text, "sent as `X-Scope-OrgID`"),
        labels: optional(labels, "more stream labels; in a variable `name=value,name=value`"),
        batch_bytes: key(bytes(KIB, 64 * MIB), "1MiB", "largest push, before compression"),
        timeout: key(duration(100, HOUR_MS), "10s", "longest wait for Loki's answer"),
        username: optional(text, "user for basic authentication"),
        password_file: optional(path, "file that holds the password for basic authentication"),
      })
      .optional(),
  }),
  shutdown: section({
    timeout: key(duration(0, HOUR_MS), "25s", "longest wait for requests under way when stopping"),
  }),
  log_level: key(oneOf("fatal", "error", "warn", "info", "debug"), "info", "least severe of the service's own log lines"),
});

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
  const loki = sinks.loki && {
    url: sinks.loki.url,
    tenant: sinks.loki.tenant,
    labels: sinks.loki.labels ?? {},
    batchBytes: sinks.loki.batch_bytes,
    timeoutMs: sinks.loki.timeout,
    username: sinks.loki.username,
    passwordFile: sinks.loki.password_file,
  };
  return {
    data: values.data,
    log: values.log,
    create: values.create,
    key: values.key,
    otlp: {
      http: otlp.http,
      grpc: otlp.grpc,
      maxRequestBytes: otlp.max_request_bytes,
      maxInflightBytes: otlp.max_inflight_bytes,
      maxRecords: otlp.max_records,
      bodyTimeoutMs: otlp.body_timeout,
    },
    accept: values.accept,
    checkpoint: { intervalMs: values.checkpoint.interval },
    segments: { bytes: values.segments.bytes },
    window: { records: values.window.records },
    disk: { minFreeBytes: values.disk.min_free_bytes },
    redaction: { policy, keyFile: values.redaction.key_file },
    sinks: { loki },
    shutdown: { timeoutMs: values.shutdown.timeout },
    logLevel: values.log_level,
  };
}

function messageOf(issue: z.core.$ZodIssue, tree: unknown, at: readonly string[]): string {
  if (issue.code === "custom") return issue.message;
  const value = at.reduce<unknown>((node, name) => (isMap(node) ? node[name] : undefined), tree);
  return `${showValue(value)} is not a map of keys`;
}

function key<T>(kind: Kind<T>, fallback: string, about: string) {
  return leaf(kind).prefault(fallback).meta({ default: fallback, about });
}

function optional<T>(kind: Kind<T>, about: string) {
  return leaf(kind).optional().meta({ default: "", about });
}

function required<T>(kind: Kind<T>, about: string) {
  return leaf(kind).meta({ default: "", about });
}

function leaf<T>(kind: Kind<T>) {
  return z.unknown().transform((input, context): T => {
    const refuse = (message: string): T => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    if (input === undefined) return refuse("is missing");
    if (input === null) return refuse("has no value; leave the key out to get the default");
    const parsed = kind(input);
    return "value" in parsed ? parsed.value : refuse(`${parsed.hidden ? "the value" : showValue(input)} ${parsed.expected}`);
  });
}

function section<Shape extends z.ZodRawShape>(shape: Shape) {
  // A section whose keys are all commented out is `null` in YAML.
  return z.preprocess((input) => input ?? {}, z.strictObject(shape));
}

function leaves(node: z.ZodType, prefix: string): KeyDoc[] {
  const meta = node.meta();
  if (meta !== undefined) return [{ key: prefix, default: String(meta.default), about: String(meta.about) }];
  if (node instanceof z.ZodPipe) return leaves(node.out as z.ZodType, prefix);
  if (node instanceof z.ZodOptional) return leaves(node.unwrap() as z.ZodType, prefix);
  if (!(node instanceof z.ZodObject)) return [];
  return Object.entries(node.shape).flatMap(([name, child]) =>
    leaves(child as z.ZodType, prefix === "" ? name : `${prefix}.${name}`),
  );
}

function policySource(input: unknown): ReturnType<Kind<string | Record<string, unknown>>> {
  return isMap(input) || (typeof input === "string" && input !== "")
    ? { value: input }
    : { expected: "is neither a path nor a map" };
}

function logName(input: unknown): ReturnType<Kind<string>> {
  if (typeof input !== "string") return { expected: "is not a text" };
  try {
    logFolder(".", input);
    return { value: input };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const reason = error.message.replace(`log name ${JSON.stringify(input)}: `, "");
    return { expected: `is not a log's name; ${reason}` };
  }
}
