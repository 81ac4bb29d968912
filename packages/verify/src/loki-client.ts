// loki-client.ts: pages entries out of Grafana Loki, all of them and each once, in the order of their timestamps. Knows Loki's limits and
// its answers, nothing of lines. Source: Loki's HTTP API, /loki/api/v1/query_range.

import { VerifyError } from "./errors.ts";
import { reasonOf } from "./log-client.ts";

/** What is used of a fetch function. */
export type Fetch = (
  url: string,
  init: { headers: Record<string, string>; signal: AbortSignal },
) => Promise<{ readonly status: number; text(): Promise<string> }>;

export interface LokiClientOptions {
  /** Of Loki, or of a gateway before it: `/loki/api/v1/…` is put behind it. User and password in it become a header. */
  readonly url: string;
  readonly tenant?: string | undefined;
  readonly fetch?: Fetch | undefined;
  /** Pauses before a request that failed is made again; as many tries as there are pauses, and one. */
  readonly retryDelaysMs?: readonly number[] | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface Entry {
  /** Unix nanoseconds. */
  readonly timestamp: bigint;
  readonly line: string;
}

/**
 * To begin with. Loki's own limit is 5000 entries, but an answer of more than 4 MiB between its parts is a 500 that it first tries
 * several times itself; a site may have set less.
 */
const PAGE_ENTRIES = 1_000;
const TOO_MUCH = /max entries limit|max_entries_limit|larger than max/;
/** Loki refuses a query over more than 721 hours, unless a site has set it otherwise. */
const WINDOW_NS: bigint = 30n * 24n * 3_600_000_000_000n;
const DAY_NS: bigint = 24n * 3_600_000_000_000n;

export class LokiClient {
  readonly #o: LokiClientOptions;
  readonly #base: string;
  readonly #headers: Record<string, string>;
  #pageEntries = PAGE_ENTRIES;

  /** @throws {VerifyError} UNREACHABLE when the URL is none */
  constructor(o: LokiClientOptions) {
    this.#o = o;
    const url = URL.canParse(o.url) ? new URL(o.url) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new VerifyError("UNREACHABLE", { message: "not a URL", expected: "a URL as http://loki:3100", where: o.url });
    }
    this.#headers = o.tenant === undefined ? {} : { "X-Scope-OrgID": o.tenant };
    if (url.username !== "") {
      const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      this.#headers.Authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
      url.username = "";
      url.password = "";
    }
    this.#base = url.href.replace(/\/$/, "");
  }

  /** The URL without credentials: for messages. */
  get url(): string {
    return this.#base;
  }

  /** The values of a label within [startNs, endNs). @throws {VerifyError} UNREACHABLE, BAD_ANSWER */
  async labelValues(label: string, startNs: bigint, endNs: bigint): Promise<string[]> {
    const values = new Set<string>();
    for (const [start, end] of windows(startNs, endNs, WINDOW_NS)) {
      const { data } = await this.#get(`/loki/api/v1/label/${label}/values`, { start: String(start), end: String(end) });
      if (data === undefined || data === null) continue; // no such label in this window
      if (!Array.isArray(data) || !data.every((value) => typeof value === "string"))
        throw this.#badAnswer("a list of label values");
      for (const value of data) values.add(value);
    }
    return [...values].toSorted();
  }

  /**
   * The entries that a selector matches within [startNs, endNs), in the order of their timestamps.
   * @param filter what follows the selector in the query, as ` |= "text"`; empty for all
   * @throws {VerifyError} UNREACHABLE, BAD_ANSWER
   */
  async *entries(selector: string, startNs: bigint, endNs: bigint, filter = ""): AsyncGenerator<Entry> {
    for (const [start, end] of windows(startNs, endNs, WINDOW_NS)) {
      if (!(await this.#hasSeries(selector, start, end))) continue;
      // The index is asked day by day too: a query for entries costs Loki some 50 ms a day, found or not.
      for (const [from, to] of windows(start, end, DAY_NS)) {
        if (await this.#hasSeries(selector, from, to)) yield* this.#window(selector + filter, from, to);
      }
    }
  }

  /** Whether Loki's index has a stream there at all. A store that does not answer that is asked for the entries themselves. */
  async #hasSeries(selector: string, start: bigint, end: bigint): Promise<boolean> {
    const parameters = { "match[]": selector, start: String(start), end: String(end) };
    const { data } = await this.#get("/loki/api/v1/series", parameters, /./);
    return !Array.isArray(data) || data.length > 0;
  }

  async *#window(query: string, startNs: bigint, endNs: bigint): AsyncGenerator<Entry> {
    let start = startNs;
    /** The entries at `start` that were handed out: a page begins with the last timestamp of the one before. */
    let seen = new Set<string>();
    for (;;) {
      const page = await this.#page(query, start, endNs);
      const fresh = page.filter(({ timestamp, line }) => timestamp !== start || !seen.has(line));
      yield* fresh;
      const last = page.at(-1)?.timestamp;
      if (last === undefined || page.length < this.#pageEntries) return;
      if (last === start && fresh.length === 0) {
        throw this.#badAnswer(`fewer than ${this.#pageEntries} entries with the timestamp ${start}`);
      }
      if (last !== start) seen = new Set();
      for (const { timestamp, line } of page) if (timestamp === last) seen.add(line);
      start = last;
    }
  }

  async #page(query: string, start: bigint, end: bigint): Promise<Entry[]> {
    for (;;) {
      const limit = this.#pageEntries;
      const parameters = { query, start: String(start), end: String(end), limit: String(limit), direction: "forward" };
      const answer = await this.#get("/loki/api/v1/query_range", parameters, TOO_MUCH);
      if (answer.refused !== undefined) {
        // "max entries limit per query exceeded, limit > max_entries_limit_per_query (5000 > 1000)"
        const allowed = Number(/\((\d+) > (\d+)\)/.exec(answer.refused)?.[2] ?? Math.floor(limit / 5));
        if (!(allowed >= 1 && allowed < limit)) throw this.#unreachable(`it refuses any number of entries: ${answer.refused}`);
        this.#pageEntries = allowed;
        continue;
      }
      return this.#readStreams(answer.data);
    }
  }

  /** Merges the streams of an answer: Loki groups by labels and by structured metadata, so neighbours may lie in different streams. */
  #readStreams(data: unknown): Entry[] {
    const refuse = () => this.#badAnswer("streams of entries");
    const { resultType, result } = (data ?? {}) as { resultType?: unknown; result?: unknown };
    if (resultType !== "streams" || !Array.isArray(result)) throw refuse();
    const entries: Entry[] = [];
    for (const stream of result as unknown[]) {
      const values = (stream as { values?: unknown } | null)?.values;
      if (!Array.isArray(values)) throw refuse();
      for (const value of values as unknown[]) {
        if (!Array.isArray(value)) throw refuse();
        const [timestamp, line] = value as unknown[];
        if (typeof timestamp !== "string" || !/^[0-9]{1,20}$/.test(timestamp) || typeof line !== "string") throw refuse();
        entries.push({ timestamp: BigInt(timestamp), line });
      }
    }
    return entries.sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0));
  }

  /** @param mayRefuse an error that says so is answered with its text */
  async #get(
    path: string,
    parameters: Record<string, string>,
    mayRefuse?: RegExp,
  ): Promise<{ data?: unknown; refused?: string }> {
    const url = `${this.#base}${path}?${new URLSearchParams(parameters).toString()}`;
    const { status, body } = await this.#withRetries(url);
    if (status !== 200 && mayRefuse?.test(body)) return { refused: body };
    if (status !== 200) throw this.#unreachable(`status ${status}: ${body.slice(0, 300).trim()}`);
    let answer: unknown;
    try {
      answer = JSON.parse(body);
    } catch {
      throw this.#badAnswer("JSON");
    }
    if ((answer as { status?: unknown } | null)?.status !== "success") throw this.#badAnswer('"status": "success"');
    return { data: (answer as { data?: unknown }).data };
  }

  /** Asks again when the trouble may pass: no answer, 429, 5xx. */
  async #withRetries(url: string): Promise<{ status: number; body: string }> {
    const { retryDelaysMs = [500, 2_000], timeoutMs = 60_000 } = this.#o;
    // Loaded when it is needed: most verifications read a folder.
    const fetch: Fetch = this.#o.fetch ?? (await import("undici")).fetch;
    for (let attempt = 0; ; attempt++) {
      const delayMs = retryDelaysMs[attempt];
      try {
        const response = await fetch(url, { headers: this.#headers, signal: AbortSignal.timeout(timeoutMs) });
        const body = await response.text();
        const mayPass = response.status === 429 || (response.status >= 500 && !TOO_MUCH.test(body));
        if (!mayPass || delayMs === undefined) return { status: response.status, body };
      } catch (error) {
        if (delayMs === undefined) throw this.#unreachable(reasonOf(error), error);
      }
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }

  #unreachable(message: string, cause?: unknown): VerifyError {
    return new VerifyError("UNREACHABLE", { message, expected: "an answer", where: this.#base, cause });
  }

  #badAnswer(expected: string): VerifyError {
    return new VerifyError("BAD_ANSWER", { message: "something else", expected, where: this.#base });
  }
}

function* windows(startNs: bigint, endNs: bigint, lengthNs: bigint): Generator<[bigint, bigint]> {
  for (let start = startNs; start < endNs; start += lengthNs) {
    const end = start + lengthNs;
    yield [start, end < endNs ? end : endNs];
  }
}
