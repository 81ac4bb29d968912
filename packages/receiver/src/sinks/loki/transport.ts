// transport.ts: one push over HTTP and its answer. Retries nothing, follows nothing, and keeps credentials to itself.

import { type Dispatcher, Pool } from "undici";
import { type Answer, readAnswer } from "./answer.ts";
import type { PushBody } from "./encode.ts";
import { LokiSinkError } from "./errors.ts";

export interface Transport {
  /** Resolves with what came of it; never rejects. */
  push(body: PushBody, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

export interface TransportOptions {
  /** `http://user:password@host:3100/prefix`: the user becomes basic authentication, the prefix stands before `/loki/api`. */
  readonly url: string;
  /** X-Scope-OrgID. */
  readonly tenant?: string;
  /** The Authorization header, when the URL has no user. */
  readonly authorization?: string;
  /** For connecting, for the answer's head, and for its body; each. */
  readonly timeoutMs?: number;
  /** In place of the sink's own connections, e.g. for TLS of a special kind. Closed by its owner. */
  readonly dispatcher?: Dispatcher;
  readonly nowMs: () => number;
}

const KEPT_ANSWER_BYTES = 16 * 1024;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** @throws {LokiSinkError} BAD_URL, BAD_TENANT */
export function createTransport(o: TransportOptions): Transport {
  const url = parseLokiUrl(o.url);
  const path = `${url.pathname.replace(/\/+$/, "")}/loki/api/v1/push`;
  const headers: Record<string, string> = { "content-type": "application/json", "user-agent": "proofline" };
  if (o.tenant !== undefined) headers["x-scope-orgid"] = checkTenant(o.tenant);
  const authorization = url.username === "" ? o.authorization : basicAuthorization(url);
  if (authorization !== undefined) headers.authorization = authorization;
  const timeoutMs = o.timeoutMs ?? 10_000;
  const pool = o.dispatcher ?? new Pool(url.origin, { connections: 2, connect: { timeout: timeoutMs } });

  return {
    async push(body, signal) {
      try {
        const response = await pool.request({
          origin: url.origin,
          path,
          method: "POST",
          headers: body.gzip ? { ...headers, "content-encoding": "gzip" } : headers,
          body: body.bytes,
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
          signal,
        });
        const text = await readBounded(response.body);
        const retryAfter = response.headers["retry-after"];
        return readAnswer(response.statusCode, typeof retryAfter === "string" ? retryAfter : undefined, text, o.nowMs());
      } catch (error) {
        return { kind: "unreachable", reason: networkReason(error) };
      }
    },
    async close() {
      if (o.dispatcher === undefined) await pool.destroy();
    },
  };
}

/** @throws {LokiSinkError} BAD_URL */
export function parseLokiUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    // A password may stand before the @: what is not a URL is shown without it.
    throw new LokiSinkError(
      "BAD_URL",
      `url: ${JSON.stringify(text.replace(/^.*@/, "…@"))} is not a URL; expected such as http://loki:3100`,
    );
  }
  return url;
}

/** Loki's rule for tenants; one that breaks it would get a 400 that looks like a bad entry. */
function checkTenant(tenant: string): string {
  if (/^[a-zA-Z0-9!_.*'()-]{1,150}$/.test(tenant) && tenant !== "." && tenant !== "..") return tenant;
  const expected = "expected 1 to 150 letters, digits and !-_.*'()";
  throw new LokiSinkError("BAD_TENANT", `tenant: ${JSON.stringify(tenant.slice(0, 160))} is not a tenant of Loki; ${expected}`);
}

function basicAuthorization(url: URL): string {
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(user).toString("base64")}`;
}

/** The whole body is read, so that the connection can be used again, but only its beginning is kept. */
async function readBounded(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    if (length < KEPT_ANSWER_BYTES) chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
  }
  return Buffer.concat(chunks).subarray(0, KEPT_ANSWER_BYTES).toString("utf8");
}

function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return "no answer";
  const code = (error as NodeJS.ErrnoException).code;
  return code === undefined || error.message.includes(code) ? error.message : `${code} ${error.message}`;
}
