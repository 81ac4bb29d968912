// transport.ts: one push over HTTP and its answer. Retries nothing, follows nothing, and keeps credentials to itself.

import type { Dispatcher } from "undici";
import { networkReason, openConnection } from "../connection.ts";
import { type LokiAnswer, readAnswer } from "./answer.ts";
import type { PushBody } from "./encode.ts";
import { LokiSinkError } from "./errors.ts";
import type { ReaderOptions } from "./read-back/reader.ts";

export interface Transport {
  /** Resolves with what came of it; never rejects. */
  push(body: PushBody, signal: AbortSignal): Promise<LokiAnswer>;
  /** For reading back, over the same connections. */
  readonly reader: ReaderOptions;
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
  const prefix = url.pathname.replace(/\/+$/, "");
  const path = `${prefix}/loki/api/v1/push`;
  const shared: Record<string, string> = { "user-agent": "proofline" };
  if (o.tenant !== undefined) shared["x-scope-orgid"] = checkTenant(o.tenant);
  const authorization = url.username === "" ? o.authorization : basicAuthorization(url);
  if (authorization !== undefined) shared.authorization = authorization;
  const headers = { ...shared, "content-type": "application/json" };
  const timeoutMs = o.timeoutMs ?? 10_000;
  const connection = openConnection({
    ...{ origin: url.origin, timeoutMs },
    ...(o.dispatcher === undefined ? {} : { dispatcher: o.dispatcher }),
  });

  return {
    async push(body, signal) {
      try {
        const answer = await connection.request({
          ...{ method: "POST", path, body: body.bytes, signal },
          headers: body.gzip ? { ...headers, "content-encoding": "gzip" } : headers,
          ...{ keepBytes: KEPT_ANSWER_BYTES, maxBytes: MAX_ANSWER_BYTES },
        });
        return readAnswer(answer.status, answer.retryAfter, answer.body.toString("utf8"), o.nowMs());
      } catch (error) {
        return { kind: "unreachable", reason: networkReason(error) };
      }
    },
    reader: { connection, prefix, headers: shared },
    close: () => connection.close(),
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
