// transport-http.ts: OTLP/HTTP with protobuf bodies. Source: OTLP specification 1.11, "OTLP/HTTP".

import { promisify } from "node:util";
import { constants, gzip as gzipCallback } from "node:zlib";
import type { Dispatcher } from "undici";
import { networkReason, openConnection } from "../connection.ts";
import { readHttpAnswer } from "./answer.ts";
import { Credentials, type OtlpTransport, type OtlpTransportOptions, parseOtlpUrl } from "./transport.ts";

const gzip = promisify(gzipCallback);
const KEPT_ANSWER_BYTES = 64 * 1024;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** @throws {OtlpSinkError} BAD_URL */
export function createHttpTransport(
  o: OtlpTransportOptions & { readonly dispatcher?: Dispatcher; readonly nowMs: () => number },
): OtlpTransport {
  const url = parseOtlpUrl(o.url);
  const base = url.pathname.replace(/\/+$/, "");
  const path = /\/v1\/(logs|audit)$/.test(base) ? base : `${base}/v1/logs`;
  const credentials = new Credentials(o.headers);
  const { timeoutMs } = o;
  const connection = openConnection({
    ...{ origin: url.origin, timeoutMs },
    ...(o.ca === undefined ? {} : { ca: o.ca }),
    ...(o.dispatcher === undefined ? {} : { dispatcher: o.dispatcher }),
  });
  const own: Readonly<Record<string, string>> = {
    "user-agent": "proofline",
    "content-type": "application/x-protobuf",
    ...(o.gzip ? { "content-encoding": "gzip" } : {}),
  };
  return {
    async export(request, signal) {
      const body = o.gzip ? await gzip(request, { level: constants.Z_BEST_SPEED }) : request;
      try {
        const headers = { ...(await credentials.headers()), ...own };
        const got = await connection.request({
          ...{ method: "POST", path, headers, body, signal },
          ...{ keepBytes: KEPT_ANSWER_BYTES, maxBytes: MAX_ANSWER_BYTES },
        });
        const answer = readHttpAnswer(got.status, got.retryAfter, got.body, o.nowMs());
        return { answer: credentials.heed(answer), sent: body.length };
      } catch (error) {
        return { answer: { kind: "unreachable", reason: networkReason(error) }, sent: body.length };
      }
    },
    close: () => connection.close(),
  };
}
