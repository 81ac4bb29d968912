// store.ts: the entries of the fake Loki and the two steps of its ingest, distributor and ingester, with their known slips:
// a 400 keeps what was valid, and an ingester's refusal in any but the last stream of a request is answered with 204.

import { formatResult, type Predicate, parseQuery, parseTimeParameter, QueryError, type StoredEntry } from "./query.ts";
import {
  behindReason,
  formatLabels,
  groupReasons,
  type Labels,
  type Limits,
  type PushedEntry,
  refusedEntry,
  refusedLabels,
  unreadableLabels,
} from "./rules.ts";

export interface PushedStream {
  readonly stream: Labels;
  readonly values: PushedEntry[];
}
export interface Answer {
  readonly status: number;
  readonly body: string;
}
/** A refusal that only this test's Loki makes; answered like a limit of the distributor. */
export type Refuse = (entry: PushedEntry, labels: Labels) => string | undefined;

interface Stream {
  readonly labels: Labels;
  readonly entries: StoredEntry[];
  readonly seen: Set<string>;
  newest: bigint;
}

const NO_CONTENT: Answer = { status: 204, body: "" };
const bytesOf = (entry: PushedEntry): number =>
  Object.entries(entry.metadata).reduce(
    (sum, [k, v]) => sum + Buffer.byteLength(k) + Buffer.byteLength(v),
    Buffer.byteLength(entry.line),
  );

/** Between Loki's own parts: a large push, and a large page of a query, come to the same end. */
function tooLarge(bytes: number, most: number): Answer {
  const sizes = `(${bytes} vs. ${most})`;
  return { status: 500, body: `rpc error: code = ResourceExhausted desc = grpc: received message larger than max ${sizes}` };
}

export class Store {
  readonly limits: Limits;
  readonly #now: () => bigint;
  readonly #streams = new Map<string, Stream>();
  /** What queries do not show. */
  hidden: Predicate | undefined;
  readonly #deletes: { matches: Predicate; from: bigint; to: bigint }[] = [];
  #tokens: number;
  #tokensAt: bigint;
  #appends = 0;

  constructor(limits: Limits, now: () => bigint) {
    this.limits = limits;
    this.#now = now;
    this.#tokens = limits.ingestionBurstBytes;
    this.#tokensAt = now();
  }

  /** Everything stored, deleted lines included, by time and then by arrival. */
  entries(): StoredEntry[] {
    return [...this.#streams.values()].flatMap((s) => s.entries).sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
  }

  push(streams: readonly PushedStream[], tenant: string, refuse: Refuse | undefined): Answer {
    if (streams.length === 0) return { status: 422, body: "error at least one valid stream is required for ingestion" };
    const now = this.#now();
    const reasons: string[] = [];
    const valid: PushedStream[] = [];
    for (const { stream, values } of streams) {
      const unreadable = unreadableLabels(stream);
      if (unreadable !== undefined) return { status: 400, body: unreadable };
      const labels = Object.fromEntries(Object.entries(stream).filter(([, value]) => value !== ""));
      const refused = refusedLabels(labels, this.limits);
      if (refused !== undefined) {
        reasons.push(refused);
        continue;
      }
      const kept: PushedEntry[] = [];
      for (const entry of values) {
        const reason = refusedEntry(entry, labels, this.limits, now) ?? refuse?.(entry, labels);
        if (reason === undefined) kept.push(entry);
        else reasons.push(reason);
      }
      if (kept.length > 0) valid.push({ stream: labels, values: kept });
    }
    const answer = this.#ingest(valid, tenant, now);
    if (answer.status !== 204) return answer;
    return reasons.length > 0 ? { status: 400, body: groupReasons(reasons) } : NO_CONTENT;
  }

  #ingest(streams: readonly PushedStream[], tenant: string, now: bigint): Answer {
    const lines = streams.reduce((sum, s) => sum + s.values.length, 0);
    const bytes = streams.reduce((sum, s) => sum + s.values.reduce((n, e) => n + bytesOf(e), 0), 0);
    if (!this.#takeTokens(bytes, now)) {
      const limit = `(limit: ${this.limits.ingestionBytesPerSecond} bytes/sec)`;
      const advice = "reduce log volume or contact your Loki administrator to see if the limit can be increased";
      const size = `while attempting to ingest '${lines}' lines totaling '${bytes}' bytes`;
      return { status: 429, body: `ingestion rate limit exceeded for user ${tenant} ${limit} ${size}, ${advice}` };
    }
    if (bytes > this.limits.maxMessageBytes) return tooLarge(bytes, this.limits.maxMessageBytes);
    let last = NO_CONTENT;
    for (const stream of streams) last = this.#append(stream, tenant); // the last one's answer stands for all, as in Loki
    return last;
  }

  #takeTokens(bytes: number, now: bigint): boolean {
    const { ingestionBurstBytes: burst, ingestionBytesPerSecond: rate } = this.limits;
    this.#tokens = Math.min(burst, this.#tokens + (Number(now - this.#tokensAt) / 1e9) * rate);
    this.#tokensAt = now;
    if (bytes > this.#tokens) return false;
    this.#tokens -= bytes;
    return true;
  }

  #append({ stream: labels, values }: PushedStream, tenant: string): Answer {
    const name = formatLabels(labels);
    this.#appends += 1;
    const part = `${name}#${this.#appends % this.limits.shards}`;
    let stream = this.#streams.get(part);
    if (stream === undefined) {
      if (this.#streams.size >= this.limits.maxStreams) {
        const advice =
          "reduce the number of active streams (reduce labels or reduce label values), or contact your Loki administrator";
        const what = `maximum active stream limit exceeded when trying to create stream ${name}`;
        return { status: 429, body: `${what}, ${advice} to see if the limit can be increased, user: '${tenant}'` };
      }
      stream = { labels, entries: [], seen: new Set(), newest: 0n };
      this.#streams.set(part, stream);
    }
    const window = BigInt(this.limits.windowMs) * 1_000_000n;
    const behind: { ts: bigint; oldest: bigint }[] = [];
    for (const { ts, line, metadata } of values) {
      const oldest = stream.newest - window;
      if (ts < oldest) {
        behind.push({ ts, oldest });
        continue;
      }
      if (ts > stream.newest) stream.newest = ts;
      const identity = JSON.stringify([String(ts), line, Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))]);
      if (stream.seen.has(identity)) continue;
      stream.seen.add(identity);
      stream.entries.push({ labels, ts, line, metadata });
    }
    if (behind.length === 0) return NO_CONTENT;
    return { status: 400, body: behindReason({ behind, total: values.length, stream: name, tenant }) };
  }

  /** GET /loki/api/v1/query_range. */
  queryRange(parameters: URLSearchParams, categorize: boolean): Answer {
    try {
      const matches = parseQuery(parameters.get("query") ?? "");
      const now = this.#now();
      const end = parameters.has("end") ? parseTimeParameter(parameters.get("end")!) : now;
      const start = parameters.has("start") ? parseTimeParameter(parameters.get("start")!) : end - 3_600_000_000_000n;
      const limit = Number(parameters.get("limit") ?? "100");
      const direction = parameters.get("direction") ?? "backward";
      if (!Number.isInteger(limit) || limit <= 0) throw new QueryError("limit must be a positive value");
      if (direction !== "forward" && direction !== "backward") throw new QueryError(`invalid direction '${direction}'`);
      if (end <= start) throw new QueryError("end timestamp must not be before or equal to start time");
      const most = this.limits.maxEntriesPerQuery;
      if (limit > most) {
        throw new QueryError(`max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${most})`);
      }
      if (end - start > BigInt(this.limits.maxQueryMs) * 1_000_000n) {
        const hours = (end - start) / 3_600_000_000_000n;
        throw new QueryError(`the query time range exceeds the limit (query length: ${hours}h0m0s, limit: 30d1h)`);
      }
      const found = this.entries().filter(
        (e) => e.ts >= start && e.ts < end && matches(e) && this.hidden?.(e) !== true && !this.#deleted(e),
      );
      const page = direction === "forward" ? found.slice(0, limit) : found.reverse().slice(0, limit);
      const bytes = page.reduce((sum, entry) => sum + bytesOf(entry) + Buffer.byteLength(formatLabels(entry.labels)), 0);
      if (bytes > this.limits.maxMessageBytes) return tooLarge(bytes, this.limits.maxMessageBytes);
      return { status: 200, body: formatResult(page, categorize) };
    } catch (error) {
      if (error instanceof QueryError) return { status: 400, body: error.message };
      throw error;
    }
  }

  /** POST /loki/api/v1/delete: hides lines from queries; their bytes stay, as in Loki before the compactor has run. */
  deleteLines(parameters: URLSearchParams): Answer {
    try {
      const matches = parseQuery(parameters.get("query") ?? "");
      const now = this.#now();
      const from = parseTimeParameter(parameters.get("start") ?? "0");
      const to = parameters.has("end") ? parseTimeParameter(parameters.get("end")!) : now;
      if (to > now) return { status: 400, body: "deletes in the future are not allowed" };
      this.#deletes.push({ matches, from, to });
      return NO_CONTENT;
    } catch (error) {
      if (error instanceof QueryError) return { status: 400, body: error.message };
      throw error;
    }
  }

  #deleted(entry: StoredEntry): boolean {
    return this.#deletes.some((d) => entry.ts >= d.from && entry.ts <= d.to && d.matches(entry));
  }
}
