// filter.ts: which lines a reader asked for. The words of the options, and the one predicate that they become.

import {
  ATTR_AUDIT_ACTION,
  ATTR_AUDIT_ACTOR_ID,
  ATTR_AUDIT_ACTOR_TYPE,
  ATTR_AUDIT_OUTCOME,
  type Line,
  parseTime,
} from "@proofline/event";
import type { Command } from "commander";
import { CommandError, EXIT } from "../exit.ts";

export interface FilterOptions {
  readonly actor?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly event?: string;
  readonly trace?: string;
  readonly id?: string;
  readonly since?: string;
  readonly until?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: string;
}

export interface Filter {
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
  readonly limit: number;
  matches(line: Line): boolean;
  /** Whether no later line can match: seq and `received` only grow. */
  isPast(line: Line): boolean;
}

const MS: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 };
const NANOS_PER_MS = 1_000_000n;

export function addFilterOptions(command: Command): Command {
  return command
    .option("--actor <id>", "actor, as ID or TYPE:ID")
    .option("--action <name>", "action, as in APPROVE")
    .option("--outcome <name>", "outcome, as in success")
    .option("--event <name>", "event name; a * at its end stands for the rest")
    .option("--trace <id>", "trace id, or its beginning")
    .option("--id <id>", "record id")
    .option("--since <time>", "received at or after: RFC 3339, a day, or how long ago (90s, 15m, 2h, 7d)")
    .option("--until <time>", "received before; as --since")
    .option("--from <seq>", "first seq")
    .option("--to <seq>", "last seq");
}

/** @throws {CommandError} usage */
export function parseFilter(o: FilterOptions, nowMs: number): Filter {
  const from = parseCount("--from", o.from, 0);
  const to = parseCount("--to", o.to, Number.MAX_SAFE_INTEGER);
  const since = parseInstant("--since", o.since, nowMs);
  const until = parseInstant("--until", o.until, nowMs);
  const checks: ((line: Line) => boolean)[] = [];
  const { actor, action, outcome, event, trace, id } = o;
  if (actor !== undefined) checks.push((line) => isActor(line, actor));
  if (action !== undefined) checks.push((line) => line.attributes.get(ATTR_AUDIT_ACTION) === action);
  if (outcome !== undefined) checks.push((line) => line.attributes.get(ATTR_AUDIT_OUTCOME) === outcome);
  if (event?.endsWith("*")) checks.push((line) => line.event.startsWith(event.slice(0, -1)));
  else if (event !== undefined) checks.push((line) => line.event === event);
  if (trace !== undefined) checks.push((line) => line.traceId.startsWith(parseTrace(trace)));
  if (id !== undefined) checks.push((line) => line.id === id);
  if (trace !== undefined) parseTrace(trace);
  return {
    from,
    to,
    limit: parseCount("--limit", o.limit, Number.MAX_SAFE_INTEGER),
    matches: (line) =>
      line.seq >= from && (since === undefined || line.received >= since) && checks.every((check) => check(line)),
    isPast: (line) => line.seq > to || (until !== undefined && line.received >= until),
  };
}

function isActor({ attributes }: Line, wanted: string): boolean {
  const id = attributes.get(ATTR_AUDIT_ACTOR_ID);
  if (typeof id !== "string") return false;
  const type = attributes.get(ATTR_AUDIT_ACTOR_TYPE);
  return id === wanted || (typeof type === "string" && `${type}:${id}` === wanted);
}

function parseTrace(text: string): string {
  if (/^[0-9a-fA-F]{1,32}$/.test(text)) return text.toLowerCase();
  throw new CommandError(EXIT.usage, `--trace: "${text}" is not up to 32 hex digits`);
}

function parseCount(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new CommandError(EXIT.usage, `${option}: "${text}" is not a whole number from 0`);
}

/** Unix nanoseconds. */
function parseInstant(option: string, text: string | undefined, nowMs: number): bigint | undefined {
  if (text === undefined) return undefined;
  const ago = /^(\d{1,9})([smhd])$/.exec(text);
  if (ago !== null) return BigInt(Math.trunc(nowMs - Number(ago[1]) * MS[ago[2]!]!)) * NANOS_PER_MS;
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(text)) return parseTime(text);
  const ms = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return BigInt(ms) * NANOS_PER_MS;
  throw new CommandError(
    EXIT.usage,
    `${option}: "${text}" is not a time; expected such as 2026-11-20, 2026-11-20T21:14:03Z or 15m`,
  );
}
