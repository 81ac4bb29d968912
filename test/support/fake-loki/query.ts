// query.ts: the part of LogQL and of query_range that tests use: a selector, line filters, label filters, paging.
// Anything else is refused as a parse error, never ignored: a query that the fake does not understand must not look empty.

import type { Labels } from "./rules.ts";

export interface StoredEntry {
  readonly labels: Labels;
  readonly ts: bigint;
  readonly line: string;
  readonly metadata: Labels;
}

export type Predicate = (entry: StoredEntry) => boolean;
export class QueryError extends Error {}

const STRING = String.raw`("(?:[^"\\]|\\.)*"|${"`"}[^${"`"}]*${"`"})`;
const MATCHER = new RegExp(String.raw`^\s*([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*${STRING}\s*`);
const LINE_FILTER = new RegExp(String.raw`^\s*(\|=|!=|\|~|!~)\s*${STRING}\s*`);
const LABEL_FILTER = new RegExp(String.raw`^\s*\|\s*([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*${STRING}\s*`);

function unquote(text: string): string {
  return text.startsWith("`") ? text.slice(1, -1) : (JSON.parse(text) as string);
}

function compare(operator: string, operand: string): (value: string) => boolean {
  const pattern = operator.endsWith("~") ? new RegExp(`^(?:${operand})$`, "su") : undefined;
  const equal = (value: string): boolean => (pattern === undefined ? value === operand : pattern.test(value));
  return operator.startsWith("!") ? (value) => !equal(value) : equal;
}

/** Parses `{a="b", c=~"d.*"} |= "text" | name="value"`. Throws QueryError with Loki's kind of text. */
export function parseQuery(query: string): Predicate {
  const trimmed = query.trim();
  if (trimmed === "") throw new QueryError("parse error : syntax error: unexpected $end");
  if (!trimmed.startsWith("{")) throw new QueryError(`parse error at line 1, col 1: syntax error: unexpected IDENTIFIER`);
  const all: Predicate[] = [];
  let rest = trimmed.slice(1);
  let selective = false;
  while (!rest.startsWith("}")) {
    const match = MATCHER.exec(rest);
    if (match === null)
      throw new QueryError(`parse error at line 1, col ${trimmed.length - rest.length + 1}: syntax error: unexpected $end`);
    const [whole, name, operator, operand] = match as unknown as [string, string, string, string];
    const test = compare(operator, unquote(operand));
    if (!test("") && !operator.startsWith("!")) selective = true;
    all.push((entry) => test(entry.labels[name] ?? ""));
    rest = rest.slice(whole.length);
    if (rest.startsWith(",")) rest = rest.slice(1);
    else if (!rest.startsWith("}"))
      throw new QueryError(`parse error at line 1, col ${trimmed.length - rest.length + 1}: syntax error`);
  }
  if (!selective) {
    const advice = `For instance, app=~".*" does not meet this requirement, but app=~".+" will`;
    const need = "queries require at least one regexp or equality matcher that does not have an empty-compatible value";
    throw new QueryError(`parse error : ${need}. ${advice}`);
  }
  rest = rest.slice(1);
  while (rest.trim() !== "") {
    const label = LABEL_FILTER.exec(rest);
    const line = LINE_FILTER.exec(rest);
    if (label !== null) {
      const [, name, operator, operand] = label as unknown as [string, string, string, string];
      const test = compare(operator, unquote(operand));
      all.push((entry) => test(entry.metadata[name] ?? entry.labels[name] ?? ""));
    } else if (line !== null) {
      const [, operator, operand] = line as unknown as [string, string, string];
      const text = unquote(operand);
      const found = operator.endsWith("~") ? (s: string) => new RegExp(text, "su").test(s) : (s: string) => s.includes(text);
      all.push((entry) => found(entry.line) !== operator.startsWith("!"));
    } else throw new QueryError(`parse error at line 1, col ${trimmed.length - rest.length + 1}: syntax error`);
    rest = rest.slice((label ?? line)![0].length);
  }
  return (entry) => all.every((test) => test(entry));
}

/** A time parameter: nanoseconds, seconds with or without a fraction, or RFC 3339. */
export function parseTimeParameter(text: string): bigint {
  if (/^\d+$/.test(text)) return text.length <= 10 ? BigInt(text) * 1_000_000_000n : BigInt(text);
  if (/^\d+\.\d+$/.test(text)) return BigInt(Math.round(Number(text) * 1000)) * 1_000_000n;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new QueryError(`could not parse '${text}' as a timestamp`);
  return BigInt(ms) * 1_000_000n;
}

/** The `streams` result of query_range: grouped by labels and metadata, or by labels alone when they are categorized. */
export function formatResult(entries: readonly StoredEntry[], categorize: boolean): string {
  const groups = new Map<string, { stream: Labels; values: unknown[] }>();
  for (const entry of entries) {
    const stream = categorize ? entry.labels : { ...entry.labels, ...entry.metadata };
    const key = JSON.stringify(Object.entries(stream).sort(([a], [b]) => (a < b ? -1 : 1)));
    let group = groups.get(key);
    if (group === undefined) {
      group = { stream, values: [] };
      groups.set(key, group);
    }
    const extra = Object.keys(entry.metadata).length > 0 ? { structuredMetadata: entry.metadata } : {};
    group.values.push(categorize ? [String(entry.ts), entry.line, extra] : [String(entry.ts), entry.line]);
  }
  const flags = categorize ? { encodingFlags: ["categorize-labels"] } : {};
  return JSON.stringify({
    status: "success",
    data: { resultType: "streams", ...flags, result: [...groups.values()], stats: {} },
  });
}
