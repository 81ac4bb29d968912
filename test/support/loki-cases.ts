// loki-cases.ts: requests to a Loki and what it was seen to answer (3.7.8). The fast tests hold the fake to them, the real lane the
// real Loki, so that the one cannot drift from the other unnoticed.

import { gzipSync } from "node:zlib";

export interface PushCase {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly headers?: Record<string, string>;
  readonly status: number;
  /** What the answer's text is matched with; absent when the words are a parser's and do not matter. */
  readonly text?: RegExp;
}
export interface QueryCase {
  readonly name: string;
  readonly parameters: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly status: number;
  /** The lines answered, by timestamp and then by text. */
  readonly lines?: readonly string[];
  readonly text?: RegExp;
}

type Values = [ts: string, line: string, metadata?: Record<string, string>][];
const SECOND = 1_000_000_000n;
const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, "v"]));
const push = (...streams: [labels: Record<string, string>, values: Values][]): string =>
  JSON.stringify({ streams: streams.map(([stream, values]) => ({ stream, values })) });

/** @param now Unix nanoseconds, as Loki's clock has it, within seconds */
export function lokiCases(now: bigint): PushCase[] {
  const at = (seconds: number, ns = 0n): string => String(now + BigInt(seconds) * SECOND + ns);
  const one = (service: string, ...values: Values): string => push([{ service_name: service, suite: "cases" }, values]);
  const long = (from: number, count: number): Values =>
    Array.from({ length: count }, (_, i): Values[number] => [at(0, BigInt(from + i)), "y".repeat(10_000)]);
  const behind =
    /^entry with timestamp 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC ignored, reason: 'entry too far behind, entry timestamp is: [^ ]+Z, oldest acceptable timestamp is: [^ ]+Z',\n/;
  return [
    { name: "an entry", body: one("a", [at(0), "hello", { seq: "1" }]), status: 204 },
    { name: "the same entry again", body: one("a", [at(0), "hello", { seq: "1" }]), status: 204 },
    { name: "another line at the same time", body: one("a", [at(0), "hello again", { seq: "2" }]), status: 204 },
    { name: "59 minutes behind", body: one("a", [at(-3540), "late", { seq: "0" }]), status: 204 },
    { name: "61 minutes behind", body: one("a", [at(-3660), "too late"]), status: 400, text: behind },
    {
      name: "61 minutes behind, with a good one",
      body: one("a", [at(-3660), "too late"], [at(1), "good"]),
      status: 400,
      text: /total ignored: 1 out of 2 for stream: \{service_name="a", suite="cases"\}\s*$/,
    },
    {
      name: "fifteen behind: ten are named",
      body: one("a", ...Array.from({ length: 15 }, (_, i): Values[number] => [at(-4000 - i), "x"])),
      status: 400,
      text: /^(entry with [^\n]+\n){10}user 'fake', total ignored: 15 out of 15 for stream/,
    },
    {
      name: "a request that moves its own window",
      body: one("w", [at(-7200), "a"], [at(0), "b"], [at(-7100), "c"]),
      status: 400,
      text: /total ignored: 1 out of 3/,
    },
    { name: "a stored entry again, now behind", body: one("w", [at(-7200), "a"]), status: 400, text: behind },
    {
      name: "behind in the first of two streams",
      body: push(
        [{ service_name: "a", suite: "cases" }, [[at(-4000), "lost"]]],
        [{ service_name: "b", suite: "cases" }, [[at(0), "kept"]]],
      ),
      status: 204,
    },
    {
      name: "behind in the last of two streams",
      body: push(
        [{ service_name: "b", suite: "cases" }, [[at(1), "kept too"]]],
        [{ service_name: "a", suite: "cases" }, [[at(-4000), "named"]]],
      ),
      status: 400,
      text: behind,
    },
    {
      name: "eight days old",
      body: one("o", [at(-8 * 86_400), "old"]),
      status: 400,
      text: /^entry for stream '\{service_name="o", suite="cases"\}' has timestamp too old: [^ ]+Z, oldest acceptable timestamp is: [^ ]+Z\s*$/,
    },
    {
      name: "old and behind: the ingester's word counts",
      body: one("a", [at(-4000), "x"], [at(-9 * 86_400), "y"]),
      status: 400,
      text: behind,
    },
    { name: "nine minutes ahead", body: one("f", [at(540), "ahead"]), status: 204 },
    {
      name: "eleven minutes ahead",
      body: one("f", [at(660), "ahead"]),
      status: 400,
      text: /^entry for stream '\{service_name="f", suite="cases"\}' has timestamp too new: [^ ]+Z\s*$/,
    },
    { name: "a line of 256 KiB", body: one("l", [at(0), "x".repeat(262_144)]), status: 204 },
    {
      name: "a line of one byte more",
      body: one("l", [at(1), "x".repeat(262_145)]),
      status: 400,
      text: /^max entry size '262144' bytes exceeded for stream '\{service_name="l", suite="cases"\}' while adding an entry with length '262145' bytes\s*$/,
    },
    {
      name: "two long lines and an old one, grouped",
      body: one("g", [at(0), "x".repeat(262_145)], [at(1), "y".repeat(262_145)], [at(-9 * 86_400), "z"]),
      status: 400,
      text: /^(?=.*2 errors like: max entry size)(?=.*; )(?=.*1 errors like: entry for stream [^;]+ has timestamp too old)/,
    },
    { name: "an empty line", body: one("l", [at(2), ""]), status: 204 },
    { name: "metadata of 64 KiB", body: one("m", [at(0), "l", { k: "v".repeat(65_535) }]), status: 204 },
    {
      name: "metadata of one byte more",
      body: one("m", [at(1), "l", { k: "v".repeat(65_536) }]),
      status: 400,
      text: /^stream '[^']+' has structured metadata too large: '65537' bytes, limit: '65536' bytes\. Please see `limits_config\.max_structured_metadata_size`/,
    },
    { name: "metadata of 128 items", body: one("m", [at(2), "l", many(128)]), status: 204 },
    {
      name: "metadata of 129 items",
      body: one("m", [at(3), "l", many(129)]),
      status: 400,
      text: /has too many structured metadata labels: '129', limit: '128'/,
    },
    { name: "metadata without a name", body: one("m", [at(4), "l", { "": "v" }]), status: 500, text: /label name is empty/ },
    { name: "metadata that is no string", body: '{"streams":[{"stream":{"a":"b"},"values":[["1","l",{"a":1}]]}]}', status: 400 },
    { name: "fifteen labels", body: push([many(15), [[at(0), "l"]]]), status: 204 },
    { name: "sixteen labels", body: push([many(16), [[at(0), "l"]]]), status: 400, text: /has 16 label names; limit 15/ },
    { name: "a label of 2048 bytes", body: one("v".repeat(2048), [at(0), "l"]), status: 204 },
    { name: "a label of 2049 bytes", body: one("v".repeat(2049), [at(0), "l"]), status: 400, text: /has label value too long/ },
    {
      name: "a label name of 1025 bytes",
      body: push([{ ["n".repeat(1025)]: "v" }, [[at(0), "l"]]]),
      status: 400,
      text: /has label name too long/,
    },
    {
      name: "a label name with a dash",
      body: push([{ "a-b": "v" }, [[at(0), "l"]]]),
      status: 400,
      text: /^couldn't parse labels: 1:3: parse error: unexpected character inside braces: '-'\s*$/,
    },
    {
      name: "a label with U+FFFD",
      body: push([{ service_name: "n\uFFFDx" }, [[at(0), "l"]]]),
      status: 400,
      text: /couldn't parse labels: 1:15: parse error: invalid UTF-8 rune/,
    },
    { name: "an empty label", body: push([{ service_name: "x", empty: "" }, [[at(0), "l"]]]), status: 204 },
    { name: "no label", body: push([{}, [[at(0), "l"]]]), status: 400, text: /at least one label pair is required per stream/ },
    { name: "no entry", body: one("x"), status: 204 },
    { name: "no stream", body: push(), status: 422, text: /at least one valid stream is required for ingestion/ },
    { name: "half a document", body: '{"streams":[', status: 400 },
    { name: "a lone surrogate", body: '{"streams":[{"stream":{"a":"b"},"values":[["1","\\ud800"]]}]}', status: 400 },
    { name: "a time that is a number", body: '{"streams":[{"stream":{"a":"b"},"values":[[1,"l"]]}]}', status: 400 },
    { name: "gzip", body: gzipSync(one("z", [at(0), "zipped"])), headers: { "content-encoding": "gzip" }, status: 204 },
    { name: "gzip that is none", body: "{}", headers: { "content-encoding": "gzip" }, status: 400 },
    {
      name: "an encoding that it does not know",
      body: "{}",
      headers: { "content-encoding": "br" },
      status: 400,
      text: /Content-Encoding "br" not supported/,
    },
    { name: "no content type that it knows", body: "{}", headers: { "content-type": "text/plain" }, status: 400 },
    {
      name: "more than one gRPC message",
      body: one("big", ...Array.from({ length: 450 }, (_, i): Values[number] => [at(0, BigInt(i)), "y".repeat(10_000)])),
      status: 500,
      text: /ResourceExhausted desc = grpc: received message larger than max \(\d+ vs\. 4194304\)/,
    },
    { name: "three megabytes", body: one("page", ...long(0, 300)), status: 204 },
    { name: "three megabytes more", body: one("page", ...long(300, 300)), status: 204 },
    {
      name: "characters of every kind",
      body: one("u", [at(0), '\0\uFFFD\u2028é😀\u007F\uFEFF\\"', { m: "\0\uFFFD\u2028é" }]),
      status: 204,
    },
  ];
}

/** To be asked after {@link lokiCases} with the same `now`. */
export function lokiQueries(now: bigint): QueryCase[] {
  const at = (seconds: number): string => String(now + BigInt(seconds) * SECOND);
  const range = { start: at(-9000), end: at(600), direction: "forward" };
  const a = '{service_name="a",suite="cases"}';
  return [
    {
      name: "a stream, forward",
      parameters: { ...range, query: a },
      status: 200,
      lines: ["late", "hello", "hello again", "good"],
    },
    {
      name: "a stream, backward by default",
      parameters: { query: a, start: at(-9000), end: at(600), limit: "1" },
      status: 200,
      lines: ["good"],
    },
    { name: "a page of one", parameters: { ...range, query: a, limit: "1" }, status: 200, lines: ["late"] },
    {
      name: "from its first entry to before its second",
      parameters: { ...range, query: a, start: at(-3540), end: at(0) },
      status: 200,
      lines: ["late"],
    },
    {
      name: "from an entry on",
      parameters: { ...range, query: a, start: at(0), end: at(1) },
      status: 200,
      lines: ["hello", "hello again"],
    },
    {
      name: "what a 204 lost",
      parameters: { ...range, query: '{suite="cases",service_name=~"a|b"} |= "lost"' },
      status: 200,
      lines: [],
    },
    {
      name: "what was kept beside it",
      parameters: { ...range, query: '{suite="cases",service_name="b"}' },
      status: 200,
      lines: ["kept", "kept too"],
    },
    { name: "by metadata", parameters: { ...range, query: `${a} | seq="2"` }, status: 200, lines: ["hello again"] },
    {
      name: "not equal",
      parameters: { ...range, query: '{suite="cases",service_name!="a",service_name=~"[abz]"}' },
      status: 200,
      lines: ["kept", "zipped", "kept too"],
    },
    {
      name: "characters",
      parameters: { ...range, query: '{service_name="u"}' },
      status: 200,
      lines: ['\0\uFFFD\u2028é😀\u007F\uFEFF\\"'],
    },
    {
      name: "metadata in the answer's stream",
      parameters: { ...range, query: '{service_name="u"}' },
      status: 200,
      text: /"m":"\\u0000 (\u2028|\\u2028)é"/,
    },
    {
      name: "categorized",
      parameters: { ...range, query: `${a} | seq="2"` },
      headers: { "x-loki-response-encoding-flags": "categorize-labels" },
      status: 200,
      text: /"encodingFlags":\["categorize-labels"\].*"stream":\{"service_name":"a","suite":"cases"\}.*\{"structuredMetadata":\{"seq":"2"\}\}/,
    },
    {
      name: "a page of more than one gRPC message",
      parameters: { ...range, query: '{service_name="page"}', limit: "5000" },
      status: 500,
      text: /ResourceExhausted desc = grpc: received message larger than max \(\d+ vs\. 4194304\)/,
    },
    {
      name: "limit 5001",
      parameters: { ...range, query: a, limit: "5001" },
      status: 400,
      text: /^max entries limit per query exceeded, limit > max_entries_limit_per_query \(5001 > 5000\)\s*$/,
    },
    { name: "limit 0", parameters: { ...range, query: a, limit: "0" }, status: 400, text: /limit must be a positive value/ },
    {
      name: "31 days",
      parameters: { ...range, query: a, start: at(-31 * 86_400), end: at(0) },
      status: 400,
      text: /^the query time range exceeds the limit \(query length: 744h0m0s, limit: 30d1h\)\s*$/,
    },
    {
      name: "the end before the start",
      parameters: { ...range, query: a, start: at(1), end: at(0) },
      status: 400,
      text: /end timestamp must not be before or equal to start time/,
    },
    {
      name: "no direction that it knows",
      parameters: { ...range, query: a, direction: "sideways" },
      status: 400,
      text: /invalid direction 'sideways'/,
    },
    {
      name: "a matcher that matches nothing",
      parameters: { ...range, query: '{service_name=~".*"}' },
      status: 400,
      text: /queries require at least one regexp or equality matcher that does not have an empty-compatible value/,
    },
    { name: "no query", parameters: { ...range }, status: 400, text: /^parse error : syntax error: unexpected \$end\s*$/ },
    {
      name: "half a query",
      parameters: { ...range, query: "{service_name=" },
      status: 400,
      text: /^parse error at line 1, col \d+: syntax error: unexpected \$end/,
    },
  ];
}

export async function runLokiCases(url: string, now: bigint): Promise<Map<string, { status: number; text: string }>> {
  const answers = new Map<string, { status: number; text: string }>();
  for (const { name, body, headers } of lokiCases(now)) {
    const response = await fetch(`${url}/loki/api/v1/push`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: body as string,
    });
    answers.set(name, { status: response.status, text: await response.text() });
  }
  return answers;
}

export async function runLokiQueries(
  url: string,
  now: bigint,
): Promise<Map<string, { status: number; text: string; lines: string[] }>> {
  const answers = new Map<string, { status: number; text: string; lines: string[] }>();
  for (const { name, parameters, headers } of lokiQueries(now)) {
    const response = await fetch(
      `${url}/loki/api/v1/query_range?${new URLSearchParams(parameters).toString()}`,
      headers === undefined ? {} : { headers },
    );
    const text = await response.text();
    answers.set(name, { status: response.status, text, lines: response.status === 200 ? linesOf(text) : [] });
  }
  return answers;
}

function linesOf(text: string): string[] {
  const { data } = JSON.parse(text) as { data: { result: { values: [string, string][] }[] } };
  return data.result
    .flatMap((stream) => stream.values)
    .sort(([a, one], [b, other]) => (a < b || (a === b && one < other) ? -1 : 1)) // times of one length
    .map(([, line]) => line);
}
