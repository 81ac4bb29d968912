// loki-anchors.ts: the newest checkpoint of this log that Loki has: a volume that was put back from a backup, checkpoint and all, cannot
// know by itself that it is behind. A Loki that cannot be asked delays no start for long, and stops none.

import type { Anchor } from "@proofline/ledger";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { networkReason, openConnection } from "../sinks/connection.ts";
import { parseLokiUrl } from "../sinks/loki/transport.ts";
import { authorization } from "./sink-loki.ts";
import type { World } from "./world.ts";

/** Loki's default for the longest span of a query is 30 days and an hour. */
const SPAN_MS = 30 * 24 * 3_600_000;
const HOUR_MS = 3_600_000;
/** A start waits no longer than this for Loki. */
const MAX_WAIT_MS = 3_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** None when there is no Loki, or it has none, or cannot be asked: then the log says so. Never rejects. */
export async function lokiAnchors(config: Config, world: World, log: Logger): Promise<readonly Anchor[]> {
  const { loki } = config.sinks;
  if (loki === undefined) return [];
  try {
    const url = parseLokiUrl(loki.url);
    const { status, body } = await ask(config, url, world);
    if (status !== 200) throw new Error(`answer ${status}`);
    return notesIn(body).map((note) => ({ note, where: url.origin + url.pathname.replace(/\/+$/, "") }));
  } catch (error) {
    log.warn(
      { sink: "loki", reason: networkReason(error) },
      "the newest checkpoint in Loki could not be asked for; starting without it",
    );
    return [];
  }
}

async function ask(config: Config, url: URL, world: World): Promise<{ status: number; body: string }> {
  const loki = config.sinks.loki!;
  const timeoutMs = Math.min(loki.timeoutMs, MAX_WAIT_MS);
  const nowMs = world.nowMs();
  const query = new URLSearchParams({
    query: `{log=${JSON.stringify(config.log)}, type="checkpoint"}`,
    start: `${nowMs - SPAN_MS}000000`,
    end: `${nowMs + HOUR_MS}000000`,
    limit: "1",
    direction: "backward",
  });
  const late = new AbortController();
  // Keeps the process alive, which AbortSignal.timeout does not: before anything listens there may be nothing else that does.
  const timer = setTimeout(() => late.abort(new DOMException("no answer in time", "TimeoutError")), timeoutMs);
  const connection = openConnection({
    ...{ origin: url.origin, timeoutMs },
    ...(world.dispatcher === undefined ? {} : { dispatcher: world.dispatcher }),
  });
  try {
    const headers: Record<string, string> = { "user-agent": "proofline" };
    if (loki.tenant !== undefined) headers["x-scope-orgid"] = loki.tenant;
    const given = url.username === "" ? (await authorization(loki)).authorization : basic(url);
    if (given !== undefined) headers.authorization = given;
    const path = `${url.pathname.replace(/\/+$/, "")}/loki/api/v1/query_range?${query.toString()}`;
    const answer = await connection.request({
      ...{ method: "GET" as const, path, headers, signal: late.signal },
      ...{ keepBytes: MAX_ANSWER_BYTES, maxBytes: MAX_ANSWER_BYTES },
    });
    return { status: answer.status, body: answer.body.toString("utf8") };
  } finally {
    clearTimeout(timer);
    await connection.close();
  }
}

function basic(url: URL): string {
  const text = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(text).toString("base64")}`;
}

/** The entries of an answer, whatever its shape. @throws {SyntaxError} */
function notesIn(body: string): string[] {
  const answer = JSON.parse(body) as { data?: { result?: { values?: unknown[][] }[] } };
  const streams = answer.data?.result;
  if (!Array.isArray(streams)) return [];
  return streams
    .flatMap(({ values }) => (Array.isArray(values) ? values : []))
    .flatMap((entry) => {
      const note = Array.isArray(entry) ? entry[1] : undefined;
      return typeof note === "string" ? [note] : [];
    });
}
