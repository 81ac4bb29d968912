// reader.ts: reads entries back out of Loki, page by page, as bounded in size as they were sent. Tries once: who calls decides when to ask
// again. Source: Loki's HTTP API, /loki/api/v1/query_range.

import { type HttpConnection, networkReason } from "../../connection.ts";

export interface FoundEntry {
  readonly ns: bigint;
  readonly line: string;
}

export type Page =
  | { readonly at: "read"; readonly entries: readonly FoundEntry[]; readonly isLast: boolean }
  /** Ask again later, or for less. */
  | { readonly at: "unreachable" | "too-large"; readonly reason: string };

export interface ReaderOptions {
  readonly connection: HttpConnection;
  /** Before `/loki/api/v1/…`. */
  readonly prefix: string;
  readonly headers: Readonly<Record<string, string>>;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const TOO_LARGE = /max entries limit|max_entries_limit|larger than max/;

/** The entries that a query matches in [startNs, endNs), the oldest first, at most `limit`. */
export async function readPage(
  o: ReaderOptions,
  query: { readonly query: string; readonly startNs: bigint; readonly endNs: bigint; readonly limit: number },
  signal: AbortSignal,
): Promise<Page> {
  const { startNs, endNs, limit } = query;
  const words = { query: query.query, start: `${startNs}`, end: `${endNs}`, limit: `${limit}`, direction: "forward" };
  const path = `${o.prefix}/loki/api/v1/query_range?${new URLSearchParams(words).toString()}`;
  try {
    const answer = await o.connection.request({
      ...{ method: "GET", path, headers: o.headers, signal },
      ...{ keepBytes: MAX_ANSWER_BYTES, maxBytes: MAX_ANSWER_BYTES },
    });
    const text = answer.body.toString("utf8");
    if (answer.status === 200) return readStreams(text, limit);
    const reason = `${answer.status} ${text.slice(0, 300).trim()}`;
    return { at: TOO_LARGE.test(text) ? "too-large" : "unreachable", reason };
  } catch (error) {
    return { at: "unreachable", reason: networkReason(error) };
  }
}

/** Merges the streams of an answer: Loki groups by labels and by structured metadata. */
function readStreams(text: string, limit: number): Page {
  const entries: FoundEntry[] = [];
  let count = 0;
  const { data } = JSON.parse(text) as { data?: { resultType?: string; result?: { values?: unknown[] }[] } };
  if (data?.resultType !== "streams" || !Array.isArray(data.result)) throw new Error("the answer has no streams");
  for (const { values } of data.result) {
    for (const value of values ?? []) {
      const [ns, line] = value as [unknown, unknown];
      if (typeof ns !== "string" || !/^\d{1,20}$/.test(ns) || typeof line !== "string")
        throw new Error("the answer has a broken entry");
      entries.push({ ns: BigInt(ns), line });
      count += 1;
    }
  }
  entries.sort((a, b) => (a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0));
  return { at: "read", entries, isLast: count < limit };
}
