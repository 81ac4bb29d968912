// answer.ts: what an OTLP receiver's answer means, over HTTP and over gRPC. Where the specification lets a sender drop, this one does
// not: it finds out which record is to blame. Source: OTLP specification 1.11, "OTLP/HTTP Response", "OTLP/gRPC"; google.rpc.Code.

import { decodePartialSuccess, decodeStatus } from "../../otlp/status.ts";
import { type Answer, boundedWait, parseRetryAfter, reasonOf } from "../answer.ts";

/** A warning: the receiver took everything, and has something to say. */
export type OtlpAnswer = Answer | { readonly kind: "accepted"; readonly warning: string };

/** @param body the answer's, at least its beginning; @param nowMs Unix milliseconds, to read a Retry-After that is a date */
export function readHttpAnswer(status: number, retryAfter: string | undefined, body: Uint8Array, nowMs: number): OtlpAnswer {
  if (status >= 200 && status < 300) return readResponse(body);
  const { message, retryAfterMs } = readStatus(body);
  const reason = reasonOf(status, message);
  if (status === 413) return { kind: "too-large", reason };
  if (status === 400 || status === 409 || status === 422) return { kind: "refused", reason };
  if (status === 408 || status === 429 || (status >= 502 && status <= 504))
    return busy(reason, parseRetryAfter(retryAfter, nowMs) ?? retryAfterMs);
  if (status >= 500) return { kind: "failed", reason };
  if (status >= 300 && status < 400)
    return { kind: "misconfigured", reason: `${reason} (a redirect is not followed: configure the address itself)` };
  return { kind: "misconfigured", reason };
}

const CODES = (
  "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED " +
  "FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED"
).split(" ");

/** @param details of `grpc-status-details-bin`, if any */
export function readGrpcAnswer(code: number, message: string, details: Uint8Array | undefined): OtlpAnswer {
  const name = CODES[code] ?? `code ${code}`;
  const reason = reasonOf(name, message);
  const retryAfterMs = details === undefined ? undefined : readStatus(details).retryAfterMs;
  switch (name) {
    case "CANCELLED":
    case "DEADLINE_EXCEEDED":
    case "ABORTED":
    case "OUT_OF_RANGE":
    case "UNAVAILABLE":
    case "DATA_LOSS":
      return busy(reason, retryAfterMs);
    case "RESOURCE_EXHAUSTED":
      return retryAfterMs === undefined ? { kind: "too-large", reason } : busy(reason, retryAfterMs);
    case "INVALID_ARGUMENT":
    case "ALREADY_EXISTS":
      return { kind: "refused", reason };
    case "UNKNOWN":
    case "INTERNAL":
      return { kind: "failed", reason };
    default:
      return { kind: "misconfigured", reason };
  }
}

/** The body of a good answer: an ExportLogsServiceResponse, which a store that is not strict leaves out. */
export function readResponse(body: Uint8Array): OtlpAnswer {
  const partial = attempt(() => decodePartialSuccess(body));
  if (partial === undefined) return { kind: "accepted" };
  if (partial.rejected > 0)
    return { kind: "refused", reason: reasonOf("partial_success", `${partial.rejected} rejected: ${partial.message}`) };
  return partial.message === "" ? { kind: "accepted" } : { kind: "accepted", warning: partial.message.slice(0, 500) };
}

function readStatus(body: Uint8Array): { message: string; retryAfterMs: number | undefined } {
  const status = attempt(() => decodeStatus(body));
  if (status !== undefined && status.message !== "") return status;
  return {
    message: Buffer.from(body)
      .toString("utf8")
      .replaceAll(/[^\x20-\x7e]+/g, " "),
    retryAfterMs: status?.retryAfterMs,
  };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // a proxy's page, or no answer of OTLP's at all: its text says more
  }
}

function busy(reason: string, retryAfterMs: number | undefined): Answer {
  return retryAfterMs === undefined
    ? { kind: "busy", reason }
    : { kind: "busy", reason, retryAfterMs: boundedWait(retryAfterMs) };
}
