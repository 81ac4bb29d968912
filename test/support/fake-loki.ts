// fake-loki.ts: a Loki for fast tests, on a port of its own. It enforces Loki's rules with Loki's texts, keeps entries in memory,
// and can be told to fail in the ways that networks and servers do. `npm run test:real` holds it against the real one.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import type { StoredEntry } from "./fake-loki/query.ts";
import { type Labels, type Limits, LOKI_LIMITS, type PushedEntry } from "./fake-loki/rules.ts";
import { type Answer, type PushedStream, type Refuse, Store } from "./fake-loki/store.ts";

export type { StoredEntry } from "./fake-loki/query.ts";
export { type Labels, type Limits, LOKI_LIMITS } from "./fake-loki/rules.ts";
export type { PushedStream } from "./fake-loki/store.ts";

/** What happens to one push. `stored`: the entries are kept all the same, as when only the answer is lost. */
export type Fault =
  | { kind: "answer"; status: number; body?: string; headers?: Record<string, string>; stored?: boolean }
  | { kind: "drop"; stored?: boolean }
  | { kind: "half"; stored?: boolean }
  /** Nothing is answered until `release` resolves; then the push goes on as usual. */
  | { kind: "wait"; release: Promise<void> };

export interface PushRequest {
  readonly headers: IncomingMessage["headers"];
  /** The body as sent, still compressed. */
  readonly body: Buffer;
  readonly streams: readonly PushedStream[];
  /** What was answered; 0 when nothing was. */
  status: number;
}

export interface FakeLoki {
  readonly url: string;
  /** May be changed at any time. */
  readonly limits: Limits;
  /** Every push that could be read, oldest first. */
  readonly pushes: readonly PushRequest[];
  /** Requests of any kind that failed with an unexpected exception inside the fake; a test ends by expecting none. */
  readonly accidents: readonly unknown[];
  /** Stored entries whose labels hold all of `labels`, by time; deleted ones are still here. */
  entries(labels?: Labels): StoredEntry[];
  /** Each fault meets one push, in order, before anything else is looked at. */
  fail(...faults: Fault[]): void;
  /** Meets every push until it is undefined again. */
  failAlways(fault: Fault | undefined): void;
  /** Adds a refusal with 400 of single entries; undefined takes it away. */
  refuse(rule: Refuse | undefined): void;
  /** Keeps entries out of answers to queries while the rule says so, as a Loki that has not flushed them. */
  hide(rule: ((entry: StoredEntry) => boolean) | undefined): void;
  /** Resolves when the pushes so far fulfil the condition, looked at after each answer. */
  until(condition: (loki: FakeLoki) => boolean): Promise<void>;
  /** Closes the port; entries stay. */
  down(): Promise<void>;
  /** Opens the same port again. */
  up(): Promise<void>;
  close(): Promise<void>;
}

export async function startFakeLoki(
  o: { limits?: Partial<Limits>; now?: () => bigint; tenants?: boolean } = {},
): Promise<FakeLoki> {
  const limits = { ...LOKI_LIMITS, ...o.limits };
  const store = new Store(limits, o.now ?? ((): bigint => BigInt(Date.now()) * 1_000_000n));
  const pushes: PushRequest[] = [];
  const accidents: unknown[] = [];
  const faults: Fault[] = [];
  const waiting: { condition: (loki: FakeLoki) => boolean; resolve: () => void }[] = [];
  let always: Fault | undefined;
  let refuse: Refuse | undefined;
  let port = 0;
  let server: Server | undefined;

  const announce = (): void => {
    for (const waiter of waiting.splice(0)) {
      if (waiter.condition(loki)) waiter.resolve();
      else waiting.push(waiter);
    }
  };

  const push = async (request: IncomingMessage, response: ServerResponse, tenant: string): Promise<void> => {
    const body = await readBody(request);
    const read = readPush(request, body);
    if ("status" in read) return send(response, read);
    const record: PushRequest = { headers: request.headers, body, streams: read.streams, status: 0 };
    pushes.push(record);
    announce();
    const fault = faults.shift() ?? always;
    if (fault?.kind === "wait") await fault.release;
    else if (fault !== undefined) {
      if (fault.stored === true) store.push(read.streams, tenant, refuse);
      if (fault.kind === "drop") request.socket.destroy();
      else if (fault.kind === "half") {
        response.writeHead(400, { "content-type": "text/plain; charset=utf-8", "content-length": "1000" });
        response.write("entry with times", () => request.socket.destroy());
      } else {
        record.status = fault.status;
        send(response, { status: fault.status, body: fault.body ?? "" }, fault.headers);
      }
      return announce();
    }
    const answer = store.push(read.streams, tenant, refuse);
    record.status = answer.status;
    send(response, answer);
    announce();
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://fake");
    const tenant = request.headers["x-scope-orgid"];
    const found = `${request.method} ${url.pathname}`;
    if (found === "GET /ready") return send(response, { status: 200, body: "ready" });
    if (o.tenants === true && typeof tenant !== "string") return send(response, { status: 401, body: "no org id" });
    const owner = o.tenants === true ? String(tenant) : "fake";
    if (found === "POST /loki/api/v1/push") return push(request, response, owner);
    if (found === "GET /loki/api/v1/query_range") {
      const categorize = request.headers["x-loki-response-encoding-flags"] === "categorize-labels";
      return send(response, store.queryRange(url.searchParams, categorize));
    }
    if (found === "POST /loki/api/v1/delete") return send(response, store.deleteLines(url.searchParams));
    send(response, { status: url.pathname.startsWith("/loki/api/v1/push") ? 405 : 404, body: "404 page not found" });
  };

  const listen = async (): Promise<void> => {
    server = createServer((request, response) => {
      handle(request, response).catch((error: unknown) => {
        if (!request.destroyed) accidents.push(error);
        request.socket.destroy();
      });
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  };
  const close = async (): Promise<void> => {
    if (server === undefined) return;
    const closing = server;
    server = undefined;
    closing.closeAllConnections();
    await new Promise((resolve) => closing.close(resolve));
  };

  await listen();
  const loki: FakeLoki = {
    url: `http://127.0.0.1:${port}`,
    limits,
    pushes,
    accidents,
    entries: (labels = {}) =>
      store.entries().filter((e) => Object.entries(labels).every(([name, value]) => e.labels[name] === value)),
    fail: (...more) => void faults.push(...more),
    failAlways: (fault) => {
      always = fault;
    },
    refuse: (rule) => {
      refuse = rule;
    },
    hide: (rule) => {
      store.hidden = rule;
    },
    until: (condition) => (condition(loki) ? Promise.resolve() : new Promise((resolve) => waiting.push({ condition, resolve }))),
    down: close,
    up: listen,
    close,
  };
  return loki;
}

function send(response: ServerResponse, answer: Answer, headers: Record<string, string> = {}): void {
  const type = answer.body.startsWith("{") ? "application/json; charset=UTF-8" : "text/plain; charset=utf-8";
  response.writeHead(answer.status, { ...(answer.body === "" ? {} : { "content-type": type }), ...headers });
  response.end(answer.status === 200 || answer.body === "" ? answer.body : `${answer.body}\n`);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** JSON as Loki reads it: stricter than JSON.parse about types and about lone surrogates. */
function readPush(request: IncomingMessage, body: Buffer): { streams: PushedStream[] } | Answer {
  const encoding = request.headers["content-encoding"] ?? "";
  if (encoding !== "" && encoding !== "gzip") return { status: 400, body: `Content-Encoding "${encoding}" not supported` };
  if (!(request.headers["content-type"] ?? "").startsWith("application/json"))
    return { status: 400, body: "snappy: corrupt input" };
  const malformed = (what: string): Answer => ({
    status: 400,
    body: `loghttp.PushRequest.Streams: []loghttp.LogProtoStream: ${what}`,
  });
  let parsed: { streams?: unknown };
  try {
    parsed = JSON.parse((encoding === "gzip" ? gunzipSync(body) : body).toString("utf8"));
  } catch {
    return malformed("unexpected end of input");
  }
  const streams: PushedStream[] = [];
  for (const item of (parsed.streams ?? []) as { stream?: unknown; values?: unknown }[]) {
    const values: PushedEntry[] = [];
    for (const value of (item.values ?? []) as unknown[]) {
      const [ts, line, metadata = {}] = value as [unknown, unknown, unknown];
      if (
        typeof ts !== "string" ||
        !/^-?\d+$/.test(ts) ||
        typeof line !== "string" ||
        !isFlat(metadata) ||
        !line.isWellFormed()
      ) {
        return malformed(`unmarshalerDecoder: Value looks like Number/Boolean/None: ${JSON.stringify(value).slice(0, 60)}`);
      }
      if (Object.hasOwn(metadata, "")) return { status: 500, body: "label name is empty" };
      values.push({ ts: BigInt(ts), line, metadata: storedMetadata(metadata) });
    }
    if (!isFlat(item.stream)) return malformed("unmarshalerDecoder: Value is not a string");
    streams.push({ stream: item.stream, values });
  }
  return { streams };
}

function isFlat(value: unknown): value is Labels {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((v) => typeof v === "string" && v.isWellFormed());
}

/** An empty value is no value to Loki, and U+FFFD becomes a space. */
function storedMetadata(metadata: Labels): Labels {
  const pairs = Object.entries(metadata).filter(([, value]) => value !== "");
  return Object.fromEntries(pairs.map(([name, value]) => [name, value.replaceAll("\uFFFD", " ")]));
}
