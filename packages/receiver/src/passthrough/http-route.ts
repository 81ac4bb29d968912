// http-route.ts: POST /v1/traces and /v1/metrics: the client's bytes to the upstream as they came, compressed or not, and the upstream's
// answer back. An answer in another encoding than the request's, a proxy's page for one, is replaced: clients could not read it.

import type { FastifyInstance, FastifyReply } from "fastify";
import { answerSuccess } from "../http/answer.ts";
import { type ExchangeOptions, exchange, type Received } from "../http/exchange.ts";
import { RelayedError, RequestError } from "../otlp/failure.ts";
import { type Encoding, parseMediaType } from "../otlp/media-type.ts";
import { grpcOfHttp } from "./grpc-code.ts";
import { isNoAnswer, isSuccess, type Passed, type Signal } from "./signal.ts";

export function addSignal(app: FastifyInstance, o: ExchangeOptions, signal: Signal): void {
  app.post(`/v1/${signal.name}`, (request, reply) => {
    const refusal = (): RequestError | undefined => signal.refusal() ?? o.gate.refusal();
    const pass = async ({ body, encoding }: Received): Promise<() => FastifyReply> => {
      const { "content-type": contentType, "content-encoding": contentEncoding } = request.headers;
      const passed = await signal.pass({ body, contentType: contentType!, contentEncoding }, goneSignal(reply));
      return () => relay(reply, encoding, passed);
    };
    return exchange(request, reply, o, pass, { refusal, inflate: false });
  });
}

function relay(reply: FastifyReply, encoding: Encoding, answer: Passed): FastifyReply {
  if (answer === undefined) return answerSuccess(reply, encoding);
  const { status, contentType, contentEncoding, retryAfter, body } = answer;
  if (isNoAnswer(status)) throw new RequestError("upstream_down", `the endpoint passed on to answered ${status}`);
  const readable = parseMediaType(contentType) === encoding;
  if (isSuccess(status) && !readable) return answerSuccess(reply, encoding);
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  if (!readable) {
    const message = `the endpoint passed on to answered ${status}`;
    throw new RelayedError(message, { http: status, grpc: grpcOfHttp(status), retryAfterSeconds: undefined });
  }
  if (contentEncoding !== undefined) reply.header("content-encoding", contentEncoding);
  // Any success is 200 to an exporter.
  reply.code(isSuccess(status) ? 200 : status).header("content-type", contentType);
  return reply.send(body);
}

/** Aborts when the client ends its connection before it has its answer. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return gone.signal;
}
