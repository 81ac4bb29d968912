// loki.ts: whether Loki is there, and whether its limits fit what is sent to it. Its `/config` may be closed to us: then its limits are not known,
// which the sink can live with.

import { parse } from "yaml";
import type { Config } from "../config/config.ts";
import { isMap } from "../config/kinds.ts";
import type { LokiConfig } from "../config/sinks.ts";
import { parseBytes } from "../config/units.ts";
import { readSecret } from "../server/secret-files.ts";
import type { Advice, DoctorWorld } from "./examine.ts";

const TIMEOUT_MS = 5_000;
const MAX_CONFIG_CHARS = 4 * 2 ** 20;
/** Of a line, from the event room. */
const MAX_LINE_BYTES = 65_535;
const MIN_RATE_BYTES = 3 * 2 ** 20;
const HOUR_MS = 3_600_000;
const CLOCK_SLACK_MS = 30_000;

export async function examineLoki({ sinks }: Config, world: Pick<DoctorWorld, "fetch" | "nowMs">): Promise<Advice[]> {
  const { loki } = sinks;
  if (loki === undefined) return [];
  const headers = await headersFor(loki);
  const ask = (path: string): Promise<Response> =>
    world.fetch(`${loki.url}${path}`, { headers, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
  let ready: Response;
  try {
    ready = await ask("/ready");
    await ready.body?.cancel();
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const why = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    return [
      hurts(
        "loki",
        `${loki.url} is not reached (${why})`,
        "start it, or mend sinks.loki.url; until then lines wait in the ledger",
      ),
    ];
  }
  const clock = examineClock(ready.headers.get("date"), world.nowMs());
  if (ready.status !== 200) {
    return [
      ...clock,
      hurts(
        "loki",
        `${loki.url}/ready answers ${ready.status}`,
        "look into Loki's log, or into the credentials; until then lines wait in the ledger",
      ),
    ];
  }
  const advice: Advice[] = [{ check: "loki", level: "fine", found: `${loki.url} is ready` }, ...clock];
  const answer = await ask("/config");
  const text = answer.status === 200 ? await answer.text() : "";
  const limits = text.length <= MAX_CONFIG_CHARS ? limitsIn(text) : undefined;
  if (limits === undefined)
    return [...advice, { check: "loki.limits", level: "fine", found: `not shown (/config answers ${answer.status})` }];
  return [...advice, ...examineLimits(limits)];
}

function examineLimits(limits: Record<string, unknown>): Advice[] {
  const advice: Advice[] = [];
  const judge = (name: string, isWell: boolean | undefined, todo: string): void => {
    if (isWell === undefined) return;
    const found = `${name}: ${String(limits[name])}`;
    advice.push(isWell ? { check: `loki.${name}`, level: "fine", found } : hurts(`loki.${name}`, found, todo));
  };
  const atLeast = (name: string, min: number, parseIt: (value: unknown) => number | undefined): boolean | undefined => {
    const value = parseIt(limits[name]);
    // Zero is no limit.
    return value === undefined ? undefined : value === 0 || value >= min;
  };
  judge(
    "max_line_size",
    atLeast("max_line_size", MAX_LINE_BYTES, lokiBytes),
    "allow 64KB at least: longer lines go to the dead letters",
  );
  judge(
    "per_stream_rate_limit",
    atLeast("per_stream_rate_limit", MIN_RATE_BYTES, lokiBytes),
    "allow 3MB at least: a log is one stream a service, and beyond the rate it lags",
  );
  const age = limits.reject_old_samples === false ? 0 : undefined;
  judge(
    "reject_old_samples_max_age",
    atLeast("reject_old_samples_max_age", 24 * HOUR_MS, (value) => age ?? goDuration(value)),
    "allow a day at least: older lines of a backlog get a later timestamp",
  );
  const structured = limits.allow_structured_metadata;
  judge(
    "allow_structured_metadata",
    typeof structured === "boolean" ? structured : undefined,
    "allow it: seq, actor and trace go there",
  );
  return advice;
}

function limitsIn(text: string): Record<string, unknown> | undefined {
  try {
    const tree: unknown = parse(text);
    return isMap(tree) && isMap(tree.limits_config) ? tree.limits_config : undefined;
  } catch {
    return undefined;
  }
}

/** Loki's sizes are binary, whatever they are called: 256KB is 262144 bytes. */
function lokiBytes(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string"
    ? parseBytes(
        value.replace(/^(\d+(?:\.\d+)?)([kKMGT])B?$/, (_, digits: string, unit: string) => `${digits}${unit.toUpperCase()}iB`),
      )
    : undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  y: 365 * 24 * HOUR_MS,
  w: 7 * 24 * HOUR_MS,
  d: 24 * HOUR_MS,
  h: HOUR_MS,
  m: 60_000,
  s: 1_000,
  ms: 1,
};

/** `1w`, `168h0m0s`. */
function goDuration(value: unknown): number | undefined {
  if (value === 0) return 0;
  if (typeof value !== "string" || !/^(?:\d+(?:\.\d+)?(?:ms|[ywdhms]))+$/.test(value)) return undefined;
  let sum = 0;
  for (const [, digits, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|[ywdhms])/g)) sum += Number(digits) * UNIT_MS[unit!]!;
  return sum;
}

/** Loki judges the age of entries by its own clock. */
function examineClock(date: string | null, nowMs: number): Advice[] {
  const theirsMs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(theirsMs)) return [];
  const apartMs = nowMs - theirsMs;
  const found = `this machine's clock and Loki's are ${Math.round(Math.abs(apartMs) / 1000)} s apart`;
  if (Math.abs(apartMs) <= CLOCK_SLACK_MS) return [{ check: "loki.clock", level: "fine", found }];
  return [hurts("loki.clock", found, "set the clocks by NTP: Loki refuses what is too far in its future or its past")];
}

async function headersFor({ tenant, username, passwordFile }: LokiConfig): Promise<Record<string, string>> {
  const password = passwordFile === undefined ? undefined : await readSecret(passwordFile, "sinks.loki.password_file");
  return {
    ...(tenant === undefined ? {} : { "x-scope-orgid": tenant }),
    ...(username === undefined || password === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` }),
  };
}

function hurts(check: string, found: string, todo: string): Advice {
  return { check, level: "hurts", found, todo };
}
