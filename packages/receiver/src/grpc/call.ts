// call.ts: one unary call, from its headers to its status. Every end of it is one that a client understands: whatever may pass next time is
// UNAVAILABLE, never INTERNAL or UNKNOWN. Knows no method. Source: gRPC over HTTP/2; OTLP specification 1.11, "OTLP/gRPC".

import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { constants } from "node:http2";
import type { Authenticator } from "../auth/authenticator.ts";
import { inflate } from "../http/inflate.ts";
import { type Failure, RequestError, toFailure } from "../otlp/failure.ts";
import { encodeStatus } from "../otlp/status.ts";
import type { ByteBudget, Reservation } from "../pipeline/budget.ts";
import { toRequestError } from "../pipeline/intake.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { endSpan, type Tracing } from "../telemetry/tracing.ts";
import { authenticateCall } from "./authenticate.ts";
import { type Message, PREFIX_BYTES, readMessage } from "./message.ts";

/**
 * What a path does with its message, inflated.
 * @param writer who sent it, authenticated; "" for nobody known
 * @returns the answer's message
 * @throws {RequestError}, or anything: that becomes UNAVAILABLE
 */
export type Method = (
  message: Buffer,
  headers: IncomingHttpHeaders,
  stream: ServerHttp2Stream,
  writer: string,
) => Promise<Uint8Array>;

export interface CallOptions {
  readonly authenticator: Authenticator;
  readonly budget: ByteBudget;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly log: { error(details: object, message: string): void };
  /** Largest message, before and after inflating. */
  readonly maxRequestBytes: number;
  /** Longest time for a message to arrive. */
  readonly bodyTimeoutMs: number;
  readonly random: () => number;
  /** Why a call is refused before a byte of its message is read. */
  readonly refusal: () => RequestError | undefined;
}

const CONTENT_TYPE = /^application\/grpc(?:$|[+;])/i;
const HEADERS = { ":status": 200, "content-type": "application/grpc", "grpc-accept-encoding": "identity,gzip" } as const;
/** gRPC's own percent-encoding: what decodes it need not know the reserved characters of URLs. */
const NOT_IN_A_HEADER = /[^\x20-\x7e]|%/gu;
const DISCARD_MS = 5_000;
const DISCARD_BYTES = 16 * 1024 * 1024;
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
/** What a timer can hold; a longer wait is none. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Answers a call; resolves when the answer is handed over. Rejects never. @param method undefined: there is none of that path */
export async function answerCall(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  method: Method | undefined,
  o: CallOptions,
): Promise<void> {
  // A client that resets its stream ends the call; there is nobody left to tell.
  stream.on("error", () => {});
  if (!CONTENT_TYPE.test(headers["content-type"] ?? "")) return refuseOther(stream);
  const reservation = o.budget.open();
  const told = telemetry(headers, method !== undefined, o);
  try {
    if (method === undefined)
      throw new RequestError("not_found", "this receiver has no such method; OTLP logs go to LogsService/Export");
    const answer = await withinDeadline(headers, () => run(stream, headers, method, o, reservation));
    o.metrics.count("requests", 1, { transport: "grpc", code: "0" });
    sendMessage(stream, answer);
    told(0);
  } catch (error) {
    told(sendFailure(stream, toRequestError(error), o));
  } finally {
    reservation.close();
  }
}

async function run(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  method: Method,
  o: CallOptions,
  reservation: Reservation,
): Promise<Uint8Array> {
  const writer = await authenticateCall(stream, headers, o);
  const refusal = o.refusal();
  if (refusal !== undefined) throw refusal;
  const limits = { maxBytes: o.maxRequestBytes, timeoutMs: o.bodyTimeoutMs, reservation };
  const message = await readMessage(stream, limits);
  const encoding = encodingOf(message, headers["grpc-encoding"]);
  return method(await inflate(message.bytes, encoding, limits), headers, stream, writer);
}

/** A message that is not compressed may come under any encoding. @throws {RequestError} unsupported_encoding */
function encodingOf({ compressed }: Message, header: string | string[] | undefined): "identity" | "gzip" {
  if (!compressed) return "identity";
  if (header === "gzip") return "gzip";
  const shown = JSON.stringify(String(header ?? "identity").slice(0, 40));
  throw new RequestError(
    "unsupported_encoding",
    `grpc-encoding ${shown} is not supported for a compressed message; expected gzip`,
  );
}

/** The records may become durable after the client has given up: it sends them again, and they are recognised. */
async function withinDeadline<T>(headers: IncomingHttpHeaders, work: () => Promise<T>): Promise<T> {
  const header = headers["grpc-timeout"];
  if (header === undefined) return work();
  const match = TIMEOUT.exec(String(header));
  if (match === null) throw new RequestError("malformed", "the grpc-timeout is not digits and a unit of H, M, S, m, u or n");
  const timeoutMs = Number(match[1]) * UNIT_MS[match[2]!]!;
  if (timeoutMs > MAX_TIMER_MS) return work();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new RequestError("deadline", "the call's own deadline has passed")), timeoutMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function sendMessage(stream: ServerHttp2Stream, message: Uint8Array): void {
  if (stream.destroyed) return;
  const frame = Buffer.alloc(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(frame);
}

/** A duration a call, and a span when spans are asked for. Names: OpenTelemetry's conventions for RPC servers. @returns to be told the status */
function telemetry(headers: IncomingHttpHeaders, isKnown: boolean, { metrics, tracing }: CallOptions): (status: number) => void {
  const startedMs = performance.now();
  const method = isKnown ? (headers[":path"] ?? "").slice(1) : "other";
  const span = tracing.begin(method, headers, { "rpc.system.name": "grpc", "rpc.method": method });
  return (status) => {
    const labels = { rpc_system_name: "grpc", rpc_method: method, rpc_response_status_code: String(status) };
    metrics.observe("rpcSeconds", (performance.now() - startedMs) / 1000, labels);
    endSpan(span, { "rpc.response.status_code": String(status) }, status !== 0);
  };
}

/** @returns the status that was sent */
function sendFailure(stream: ServerHttp2Stream, error: RequestError, o: CallOptions): number {
  const failure: Failure = toFailure(error, o.random);
  if (error.code === "unexpected") o.log.error({ err: error.cause }, "request failed unexpectedly");
  o.metrics.count("requests", 1, { transport: "grpc", code: String(failure.grpc) });
  if (stream.destroyed) return failure.grpc;
  const status = {
    "grpc-status": String(failure.grpc),
    "grpc-message": failure.message.toWellFormed().replace(NOT_IN_A_HEADER, encodeURIComponent),
    // Without padding, as gRPC's own libraries write it.
    "grpc-status-details-bin": Buffer.from(encodeStatus(failure)).toString("base64").replace(/=+$/, ""),
  };
  stream.respond({ ...HEADERS, ...status }, { endStream: true });
  discardRest(stream);
  return failure.grpc;
}

/** Not gRPC at all: said in HTTP, as the protocol asks. */
function refuseOther(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE }, { endStream: true });
  discardRest(stream);
}

/**
 * Lets what the client has already sent pass by: a reset that overtakes the answer would take its place. A client stops when it has read the
 * answer; one that does not is reset.
 */
function discardRest(stream: ServerHttp2Stream): void {
  if (stream.readableEnded || stream.destroyed) return;
  const reset = (): void => stream.close(constants.NGHTTP2_NO_ERROR);
  const timer = setTimeout(reset, DISCARD_MS);
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARD_BYTES) reset();
  });
  stream.once("close", () => clearTimeout(timer));
}
