// fake-loki.ts: as much of Loki's query API as a reader needs, by its rules: start inclusive, end exclusive, streams grouped by labels and
// metadata, entries of a stream in order, no more than a limit in an answer, no query over more than 721 hours.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

export interface FakeEntry {
  readonly type: "line" | "checkpoint";
  readonly timestamp: bigint;
  readonly line: string;
  /** Sets streams apart. */
  readonly service?: string;
}

export interface FakeLoki {
  readonly url: string;
  entries: FakeEntry[];
  /** Most entries of an answer. */
  maxEntries: number;
  /** When set, answers every request by itself. */
  answer: ((response: ServerResponse, path: string) => void) | undefined;
  /** From so many requests on, each is answered with 502. */
  failAfter: number;
  readonly requests: { path: string; headers: IncomingHttpHeaders }[];
}

const MAX_RANGE_NS = 721n * 3_600_000_000_000n;

export async function fakeLoki(t: TestContext, log: string): Promise<FakeLoki> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://loki");
    loki.requests.push({ path: url.pathname, headers: request.headers });
    if (loki.answer !== undefined) {
      loki.answer(response, url.pathname);
      return;
    }
    if (loki.requests.length > loki.failAfter) {
      response.writeHead(502).end("bad gateway");
      return;
    }
    const send = (status: number, body: unknown) =>
      response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
    const query = url.searchParams;
    const start = BigInt(query.get("start") ?? 0);
    const end = BigInt(query.get("end") ?? 0);
    if (end - start > MAX_RANGE_NS)
      return send(400, "the query time range exceeds the limit (query length: 9600h0m0s, limit: 30d1h)");
    const inside = loki.entries.filter(({ timestamp }) => timestamp >= start && timestamp < end);
    if (url.pathname === "/loki/api/v1/label/log/values")
      return send(200, { status: "success", ...(inside.length > 0 ? { data: [log] } : {}) });
    if (url.pathname === "/loki/api/v1/series") {
      const wanted = inside.filter(({ type }) => query.get("match[]") === `{log="${log}", type="${type}"}`);
      return send(200, { status: "success", data: wanted.length > 0 ? [{ log }] : [] });
    }
    if (url.pathname !== "/loki/api/v1/query_range") return send(404, "404 page not found");
    const limit = Number(query.get("limit"));
    if (limit > loki.maxEntries) {
      return send(
        400,
        `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${loki.maxEntries})`,
      );
    }
    const type = /^\{log="([^"]*)", type="(line|checkpoint)"\}(?: \|= ("(?:[^"\\]|\\.)*"))?$/.exec(query.get("query") ?? "");
    const part = type?.[3] === undefined ? "" : (JSON.parse(type[3]) as string);
    const found = inside
      .filter((entry) => entry.type === type?.[2] && log === type[1] && entry.line.includes(part))
      .toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0))
      .slice(0, limit);
    const streams = Map.groupBy(found, ({ service }) => service ?? "a");
    const result = [...streams].map(([service, entries]) => ({
      stream: { log, service_name: service, type: type?.[2] },
      values: entries.map(({ timestamp, line }) => [String(timestamp), line]),
    }));
    return send(200, { status: "success", data: { resultType: "streams", result, stats: {} } });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const loki: FakeLoki = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    entries: [],
    maxEntries: 5_000,
    answer: undefined,
    failAfter: Number.POSITIVE_INFINITY,
    requests: [],
  };
  return loki;
}
