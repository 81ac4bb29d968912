// answer.ts: the answers to OTLP requests: always in the request's own encoding, always whole, never compressed (the JavaScript
// exporter does not inflate), never an empty body where JSON was asked for.

import type { FastifyReply } from "fastify";
import type { Failure } from "../otlp/failure.ts";
import { type Encoding, MEDIA_TYPES } from "../otlp/media-type.ts";
import { encodeStatus, formatStatus, SUCCESS_JSON, SUCCESS_PROTOBUF } from "../otlp/status.ts";

export function answerSuccess(reply: FastifyReply, encoding: Encoding): FastifyReply {
  return answerBytes(reply, encoding, encoding === "json" ? SUCCESS_JSON : SUCCESS_PROTOBUF);
}

/** 200 with a body of its own: never empty where it is JSON. */
export function answerBytes(reply: FastifyReply, encoding: Encoding, body: string | Uint8Array): FastifyReply {
  return send(reply.code(200), encoding, body);
}

/** @param encoding the request's, JSON when it had none that is known */
export function answerFailure(reply: FastifyReply, failure: Failure, encoding: Encoding = "json"): FastifyReply {
  reply.code(failure.http);
  // RFC 6750 3: how to do better. The scheme is named whatever was shown.
  if (failure.code === "unauthenticated") reply.header("www-authenticate", 'Bearer realm="proofline"');
  if (failure.retryAfterSeconds !== undefined) reply.header("retry-after", String(failure.retryAfterSeconds));
  return send(reply, encoding, encoding === "json" ? formatStatus(failure) : encodeStatus(failure));
}

/** As bytes: to a text Fastify would add a charset, and the type would no longer be the request's. */
function send(reply: FastifyReply, encoding: Encoding, body: string | Uint8Array): FastifyReply {
  reply.header("content-type", MEDIA_TYPES[encoding]);
  return reply.send(typeof body === "string" ? Buffer.from(body) : Buffer.from(body));
}
