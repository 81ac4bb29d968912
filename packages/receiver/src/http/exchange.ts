// exchange.ts: one POST of an OTLP body, from its headers to its answer: what every signal's route has in common. Limits come before
// buffering, and every end of it is an answer. Knows no route and no record.

import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from "fastify";
import { type Failure, RequestError, toFailure } from "../otlp/failure.ts";
import { type Encoding, parseMediaType } from "../otlp/media-type.ts";
import type { ByteBudget } from "../pipeline/budget.ts";
import type { Gate } from "../pipeline/gate.ts";
import { toRequestError } from "../pipeline/intake.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { answerFailure } from "./answer.ts";
import { discardRest, readBody } from "./body.ts";
import { inflate, parseContentEncoding } from "./inflate.ts";

export interface ExchangeOptions {
  readonly gate: Gate;
  readonly budget: ByteBudget;
  readonly metrics: Metrics;
  readonly log: FastifyBaseLogger;
  readonly maxRequestBytes: number;
  readonly bodyTimeoutMs: number;
  readonly random: () => number;
}

/** A request whose body is whole. */
export interface Received {
  readonly body: Buffer;
  readonly encoding: Encoding;
}

export interface ExchangeRules {
  /** Why it is refused before a byte of the body is read; the gate's answer by default. */
  readonly refusal?: () => RequestError | undefined;
  /** false: the body is handed over as it was sent, whatever its Content-Encoding. */
  readonly inflate?: boolean;
}

/**
 * Reads the body and hands it to `answer`, under the gate and within the budget; what `answer` throws becomes a Status.
 * @param answer gives back what sends the answer: a reply must not be awaited, for it resolves when the client has read it. The body counts as
 * in memory until then
 */
export function exchange(
  request: FastifyRequest,
  reply: FastifyReply,
  o: ExchangeOptions,
  answer: (received: Received) => Promise<() => FastifyReply>,
  rules: ExchangeRules = {},
): Promise<FastifyReply> {
  return o.gate.hold(async () => {
    const encoding = parseMediaType(request.headers["content-type"]);
    const reservation = o.budget.open();
    try {
      const refusal = (rules.refusal ?? (() => o.gate.refusal()))();
      if (refusal !== undefined) throw refusal;
      if (encoding === undefined) throw unsupportedType();
      const compression = rules.inflate === false ? "identity" : parseContentEncoding(request.headers["content-encoding"]);
      const limits = { maxBytes: o.maxRequestBytes, timeoutMs: o.bodyTimeoutMs, reservation };
      const body = await inflate(await readBody(request.raw, limits), compression, limits);
      const send = await answer({ body, encoding });
      const sent = send();
      o.metrics.count("requests", 1, { transport: "http", code: String(reply.statusCode) });
      return sent;
    } catch (error) {
      return fail(request, reply, toRequestError(error), o, encoding);
    } finally {
      reservation.close();
    }
  });
}

export function unsupportedType(): RequestError {
  return new RequestError("unsupported_media_type", "the content type is not one of application/x-protobuf, application/json");
}

/** Says why, counts it, and lets what is left of the body pass by. */
export function fail(
  request: FastifyRequest,
  reply: FastifyReply,
  error: RequestError,
  o: Pick<ExchangeOptions, "metrics" | "log" | "random" | "maxRequestBytes">,
  encoding?: Encoding,
): FastifyReply {
  const failure: Failure = toFailure(error, o.random);
  if (error.code === "unexpected") o.log.error({ err: error.cause }, "request failed unexpectedly");
  o.metrics.count("requests", 1, { transport: "http", code: String(failure.http) });
  discardRest(request.raw, 2 * o.maxRequestBytes);
  return answerFailure(reply, failure, encoding ?? parseMediaType(request.headers["content-type"]));
}
