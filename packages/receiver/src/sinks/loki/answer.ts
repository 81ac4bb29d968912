// answer.ts: what an answer to a push means. Loki says little by status and much by text; here that becomes a closed union.
// Source: Loki 3.7's answers; the texts that are matched here are checked against a real Loki by `npm run test:real`.

import { type Answer, parseRetryAfter, reasonOf } from "../answer.ts";

/** `oldestNs`: the oldest timestamp that Loki says it takes. */
export type LokiAnswer =
  | Exclude<Answer, { kind: "refused" | "failed" | "again" }>
  | { readonly kind: "refused"; readonly reason: string; readonly oldestNs?: bigint };

const OLDEST = /oldest acceptable timestamp is: (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)/g;
/** 400s that are about the request and not about an entry. */
const REQUEST_FAULTS = [
  /^multiple org IDs? present/,
  /^tenant ID /,
  /^no org id/,
  /has timestamp too new/,
  /^\s*</,
  /Content-Encoding .* not supported/,
];

/**
 * @param retryAfter the header of that name, if any
 * @param body the beginning of the answer's text
 * @param nowMs Unix milliseconds, to read a Retry-After that is a date
 */
export function readAnswer(status: number, retryAfter: string | undefined, body: string, nowMs: number): LokiAnswer {
  if (status === 204) return { kind: "accepted" };
  const reason = reasonOf(status, body);
  if (status === 413) return { kind: "too-large", reason };
  if (status === 400) {
    if (REQUEST_FAULTS.some((fault) => fault.test(body))) return { kind: "misconfigured", reason };
    const oldestNs = newestOldest(body);
    return oldestNs === undefined ? { kind: "refused", reason } : { kind: "refused", reason, oldestNs };
  }
  if (status === 408 || status === 429 || status >= 500) {
    // More than one part of Loki may hand to another (4 MiB): it says 500, and would say so for ever.
    if (body.includes("ResourceExhausted") && body.includes("larger than max")) return { kind: "too-large", reason };
    const retryAfterMs = parseRetryAfter(retryAfter, nowMs);
    return retryAfterMs === undefined ? { kind: "busy", reason } : { kind: "busy", reason, retryAfterMs };
  }
  if (status < 300) return { kind: "misconfigured", reason: `${reason} (Loki answers a push with 204: is this a Loki?)` };
  if (status < 400)
    return { kind: "misconfigured", reason: `${reason} (a redirect is not followed: configure the address itself)` };
  return { kind: "misconfigured", reason };
}

/** A refused batch may name several streams, each with a limit of its own; the newest of them suits all. */
function newestOldest(body: string): bigint | undefined {
  let newest: bigint | undefined;
  for (const [, time] of body.matchAll(OLDEST)) {
    const ns = BigInt(Date.parse(time!)) * 1_000_000n;
    if (newest === undefined || ns > newest) newest = ns;
  }
  return newest;
}
