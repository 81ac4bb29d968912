// chart.ts: what in the chart is made from something else: the table of values in its README, and the receiver's configuration in
// its schema. `update-chart.ts` writes them, and a test keeps them equal.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, isScalar, type Node, parseDocument, type YAMLMap } from "yaml";

export const ROOT: string = join(import.meta.dirname, "..", "..");
export const CHART: string = join(ROOT, "helm", "proofline");
const TABLE_BEGIN = "<!-- values: begin -->\n";
const TABLE_END = "<!-- values: end -->\n";

export interface Json {
  [key: string]: Json | undefined;
}

/** What the chart sets itself, and a value `config` may not. */
const CHARTS_OWN = [
  "data",
  "log",
  "create",
  "key",
  "otlp.http",
  "otlp.grpc",
  "otlp.tls",
  "auth",
  "admin",
  "shutdown",
  "redaction.key_file",
  "sinks.loki.username",
  "sinks.loki.password_file",
] as const;

export function readText(...parts: string[]): string {
  return readFileSync(join(ROOT, ...parts), "utf8");
}

/** The schema of the values, with the receiver's own as what `config` may be, less what the chart sets. */
export function withReceiver(schema: Json, receiver: Json): Json {
  const own = structuredClone(receiver);
  for (const key of ["$schema", "title"]) delete own[key];
  for (const path of CHARTS_OWN) {
    const parts = path.split(".");
    const last = parts.pop()!;
    const parent = parts.reduce((node: Json, part) => node.properties![part]!, own);
    if (parent.properties?.[last] === undefined) throw new Error(`the receiver's schema has no key ${path}`);
    delete parent.properties[last];
  }
  delete own.properties!.sinks!.properties!.loki!.required; // the chart may know the address
  return { ...schema, definitions: { ...schema.definitions, receiver: own } };
}

/** The README with the table of values made anew. */
export function withTable(readme: string, values: string): string {
  const begin = readme.indexOf(TABLE_BEGIN);
  const end = readme.indexOf(TABLE_END);
  if (begin < 0 || end < begin) throw new Error("the README has no place for the table of values");
  return readme.slice(0, begin + TABLE_BEGIN.length) + table(values) + readme.slice(end);
}

function table(values: string): string {
  const rows = valueRows(values).map(({ key, value, what }) => `| \`${key}\` | \`${value}\` | ${what} |\n`);
  return ["| value | default | what it is for |\n|---|---|---|\n", ...rows].join("");
}

export interface ValueRow {
  readonly key: string;
  /** As JSON. */
  readonly value: string;
  readonly what: string;
}

/** Every value that has a comment above it, and so is a leaf. @throws {Error} for a leaf that has none */
export function valueRows(values: string): ValueRow[] {
  const document = parseDocument(values);
  if (document.errors.length > 0 || !isMap(document.contents)) throw new Error("values.yaml is not a map");
  return rowsOf(document.contents, "", document.commentBefore ?? "");
}

function rowsOf(map: YAMLMap, prefix: string, before: string): ValueRow[] {
  return map.items.flatMap(({ key, value }, index) => {
    if (!isScalar(key)) throw new Error(`a key under ${prefix} is not a text`);
    const path = prefix === "" ? String(key.value) : `${prefix}.${String(key.value)}`;
    // A map's first comment stands before the map; the first of all may follow the file's heading.
    const comment = key.commentBefore ?? (index === 0 ? (map.commentBefore ?? before) : "");
    const what = comment
      .split(/\n\s*\n/)
      .at(-1)!
      .trim();
    if (what !== "")
      return [{ key: path, value: JSON.stringify((value as Node).toJSON()), what: what.replaceAll(/\s*\n\s*/g, " ") }];
    if (isMap(value) && value.items.length > 0) return rowsOf(value, path, "");
    throw new Error(`values.yaml: nothing says what ${path} is for`);
  });
}

/** Files of the chart that are copies: a chart can hold no link out of its folder. From the first to the second, from the root. */
export const COPIES: readonly (readonly [string, string])[] = [
  ["deploy/fluent-bit/fluent-bit.yaml", "helm/proofline/files/fluent-bit.yaml"],
  ["deploy/loki/single-binary.yaml", "helm/proofline/files/loki.yaml"],
];
