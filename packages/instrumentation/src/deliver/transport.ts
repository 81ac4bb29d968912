// transport.ts: one HTTP request with OTLP in it, and what its answer means. Knows no spool and retries nothing.
// Source: OTLP 1.11.0 (retryable codes, Retry-After).

import type { Socket } from "node:net";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { context } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import { Agent, buildConnector, type Dispatcher } from "undici";
import { type LedgerReceipt, readAnswer } from "./otlp-answer.ts";

export type Outcome =
  /** The receiver has it. With receipts only when they were asked for and the receiver gives any. */
  | { readonly at: "acknowledged"; readonly receipts?: readonly LedgerReceipt[] }
  /** The contents were not taken: sending the same again is no use, sending less may be. */
  | { readonly at: "refused"; readonly status: number; readonly reason: string }
  /** It may pass by itself. */
  | { readonly at: "retry"; readonly reason: string; readonly afterMs?: number }
  /** It will pass when somebody changes something: an address, a credential. */
  | { readonly at: "misconfigured"; readonly reason: string };

export interface Transport {
  readonly url: string;
  /** Never throws. @param receipts somebody waits for what the receiver says of each record */
  send(body: Buffer, receipts: boolean): Promise<Outcome>;
  close(): Promise<void>;
}

export interface HttpTransportOptions {
  readonly url: string;
  /** Where the same payload is answered with receipts; a receiver that has no such place is sent to `url` instead. */
  readonly auditUrl?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly compression: "none" | "gzip";
  readonly tls?: { readonly ca?: Buffer; readonly key?: Buffer; readonly cert?: Buffer };
  readonly now: () => number;
}

/** A receipt has some 200 bytes; more than this is no answer. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** How long a receiver without `/v1/audit` is not asked for it again. */
const ASK_AGAIN_AFTER_MS = 10 * 60_000;
/** What a receiver that knows only OTLP says to `/v1/audit`. */
const NOT_THERE: ReadonlySet<number> = new Set([404, 405, 415, 501]);
const compress = promisify(gzip);

export class HttpTransport implements Transport {
  readonly url: string;
  readonly #options: HttpTransportOptions;
  readonly #agent: Agent;
  #askAfterMs = Number.NEGATIVE_INFINITY;

  constructor(options: HttpTransportOptions) {
    this.url = options.url;
    this.#options = options;
    this.#agent = new Agent({
      connections: 1,
      connect: unheld(buildConnector({ timeout: 10_000, ...options.tls })),
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
      maxResponseSize: MAX_ANSWER_BYTES,
    });
  }

  async send(body: Buffer, receipts: boolean): Promise<Outcome> {
    try {
      const zipped = this.#options.compression === "gzip";
      const bytes = zipped ? await compress(body) : body;
      const headers: Record<string, string> = { ...this.#options.headers, "content-type": "application/x-protobuf" };
      if (zipped) headers["content-encoding"] = "gzip";
      const { auditUrl, now } = this.#options;
      if (receipts && auditUrl !== undefined && now() >= this.#askAfterMs) {
        const answer = await this.#post(auditUrl, { ...headers, accept: "application/json" }, bytes);
        if (!NOT_THERE.has(answer.response.statusCode)) return judge(answer.response, answer.body, now());
        this.#askAfterMs = now() + ASK_AGAIN_AFTER_MS;
      }
      const { response, body: said } = await this.#post(this.url, headers, bytes);
      return judge(response, said, now());
    } catch (error) {
      return { at: "retry", reason: describe(error) };
    }
  }

  async #post(
    url: string,
    headers: Record<string, string>,
    body: Buffer,
  ): Promise<{ response: Dispatcher.ResponseData; body: Uint8Array }> {
    // Without this an instrumented undici would make a span, and with it perhaps an event, of every delivery.
    const response = await context.with(suppressTracing(context.active()), () =>
      this.#agent.request({ ...target(url), method: "POST", headers, body }),
    );
    return { response, body: new Uint8Array(await response.body.arrayBuffer()) };
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/**
 * A connector whose sockets never keep the process alive: an application that has finished must not wait for an audit receiver that
 * does not answer. Whoever wants to wait (a flush at exit) holds the process with a timer of its own.
 */
function unheld(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    // Typed as void, but it returns the socket, which must be released while it is still connecting.
    const socket = connect(options, callback) as unknown as Socket | undefined;
    if (socket === undefined) return;
    socket.unref();
    socket.ref = () => socket;
  };
}

function target(url: string): { origin: string; path: string } {
  const { origin, pathname, search } = new URL(url);
  return { origin, path: pathname + search };
}

function judge(response: Dispatcher.ResponseData, body: Uint8Array, nowMs: number): Outcome {
  const status = response.statusCode;
  const reason = `HTTP ${status}${note(body)}`;
  switch (status) {
    case 200: {
      const answer = readAnswer(header(response, "content-type"), body);
      if (answer.at === "acknowledged") return answer;
      if (answer.at === "unreadable") return { at: "misconfigured", reason: answer.reason };
      return { at: "refused", status, reason: `${answer.rejected} rejected: ${answer.reason}` };
    }
    case 400:
    case 409:
    case 413:
    case 422:
      return { at: "refused", status, reason };
    case 408:
    case 425:
    case 429:
      return { at: "retry", reason, ...retryAfter(header(response, "retry-after"), nowMs) };
    default:
      if (status >= 500) return { at: "retry", reason, ...retryAfter(header(response, "retry-after"), nowMs) };
      return { at: "misconfigured", reason };
  }
}

/** Seconds or an HTTP date. */
export function retryAfter(value: string, nowMs: number): { afterMs?: number } {
  if (/^[0-9]{1,9}$/.test(value.trim())) return { afterMs: Number(value) * 1000 };
  const date = Date.parse(value);
  return Number.isNaN(date) ? {} : { afterMs: Math.max(0, date - nowMs) };
}

function header(response: Dispatcher.ResponseData, name: string): string {
  const value = response.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}

/** The readable part of an error's body: a google.rpc.Status has its message in it, whatever its encoding. */
function note(body: Uint8Array): string {
  const text =
    Buffer.from(body.subarray(0, 400))
      .toString("latin1")
      .match(/[\x20-\x7e]{4,}/g)
      ?.join(" ")
      .trim() ?? "";
  return text === "" ? "" : `: ${text.slice(0, 200)}`;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code ?? (error.cause as NodeJS.ErrnoException | undefined)?.code;
  return error.message === ""
    ? (code ?? error.name)
    : code !== undefined && !error.message.includes(code)
      ? `${code}: ${error.message}`
      : error.message;
}
