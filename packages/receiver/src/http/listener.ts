// listener.ts: OTLP/HTTP on one port, with health and metrics beside it. Knows the protocol; what happens to records is the
// intake's. Source: OTLP specification 1.11, "OTLP/HTTP".

import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from "fastify";
import type { Address } from "../config/units.ts";
import { type Failure, RequestError, toFailure } from "../otlp/failure.ts";
import { type Encoding, parseMediaType } from "../otlp/media-type.ts";
import type { ByteBudget } from "../pipeline/budget.ts";
import type { Gate } from "../pipeline/gate.ts";
import { type Intake, toRequestError } from "../pipeline/intake.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { answerFailure, answerSuccess } from "./answer.ts";
import { discardRest, readBody } from "./body.ts";
import { answerBrokenRequest } from "./broken-request.ts";
import { inflate, parseContentEncoding } from "./inflate.ts";

export interface HttpOptions {
  readonly gate: Gate;
  readonly intake: Intake;
  readonly budget: ByteBudget;
  readonly metrics: Metrics;
  readonly log: FastifyBaseLogger;
  readonly maxRequestBytes: number;
  readonly bodyTimeoutMs: number;
  readonly random: () => number;
}

export interface Listener {
  readonly address: Address;
  /** Takes no new connection; resolves when the open ones have ended, cut off when `signal` aborts. */
  close(signal: AbortSignal): Promise<void>;
}

/** Above the idle time of common load balancers and client pools: a connection that closes under a request costs a retry. */
const KEEP_ALIVE_MS = 65_000;
const HEADERS_TIMEOUT_MS = 30_000;
/** The body's own timeout comes first and answers; Node's is the last resort, and only closes. */
const REQUEST_TIMEOUT_MARGIN_MS = 35_000;

export async function listenHttp(address: Address, o: HttpOptions): Promise<Listener> {
  const app = fastify({
    // Its own news, such as where it listens, the service tells itself.
    loggerInstance: o.log.child({}, { level: "warn" }),
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { ignoreTrailingSlash: true },
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: o.bodyTimeoutMs + REQUEST_TIMEOUT_MARGIN_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    return503OnClosing: false,
    forceCloseConnections: "idle",
    clientErrorHandler: answerBrokenRequest,
    // What Fastify would say itself, to a path that cannot be decoded, is no Status and repeats the path.
    frameworkErrors: (_error, request, reply) =>
      void fail(request, reply, new RequestError("malformed", "the request's path cannot be read"), o),
  });
  addLogs(app, o);
  addOthers(app, o);
  await app.listen({ host: address.host, port: address.port });
  const bound = app.server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
  return { address: { host: address.host, port }, close: (signal) => close(app, signal) };
}

function addLogs(app: FastifyInstance, o: HttpOptions): void {
  // The body is read by the handler, after everything that can be said without it.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.post("/v1/logs", (request, reply) => o.gate.hold(() => acceptLogs(request, reply, o)));
}

async function acceptLogs(request: FastifyRequest, reply: FastifyReply, o: HttpOptions): Promise<FastifyReply> {
  const encoding = parseMediaType(request.headers["content-type"]);
  const reservation = o.budget.open();
  try {
    const refusal = o.gate.refusal();
    if (refusal !== undefined) throw refusal;
    if (encoding === undefined) throw unsupportedType();
    const compression = parseContentEncoding(request.headers["content-encoding"]);
    const limits = { maxBytes: o.maxRequestBytes, timeoutMs: o.bodyTimeoutMs, reservation };
    const body = await readBody(request.raw, limits);
    await o.intake.take(await inflate(body, compression, limits), encoding, "http");
    o.metrics.count("requests", 1, { transport: "http", code: "200" });
    return answerSuccess(reply, encoding);
  } catch (error) {
    return fail(request, reply, toRequestError(error), o, encoding);
  } finally {
    reservation.close();
  }
}

function addOthers(app: FastifyInstance, o: HttpOptions): void {
  app.get("/healthz", (_request, reply) => reply.type("text/plain").send("ok\n"));
  app.get("/readyz", (_request, reply) => {
    const refusal = o.gate.refusal();
    return refusal === undefined
      ? reply.type("text/plain").send("ready\n")
      : reply.code(503).type("text/plain").send(`not ready: ${refusal.message}\n`);
  });
  app.get("/metrics", async (_request, reply) => {
    const { contentType, text } = await o.metrics.serve();
    return reply.header("content-type", contentType).send(text);
  });
  app.setNotFoundHandler((request, reply) => fail(request, reply, notHere(request, reply), o));
  app.setErrorHandler((error, request, reply) => {
    // Fastify refuses a content type that it cannot parse before a handler is asked.
    const unsupported = error instanceof Error && "statusCode" in error && error.statusCode === 415;
    return fail(request, reply, unsupported ? unsupportedType() : toRequestError(error), o);
  });
}

function notHere(request: FastifyRequest, reply: FastifyReply): RequestError {
  const path = request.url.split("?", 1)[0]!.replace(/\/+$/, "");
  if (path === "/v1/logs") {
    reply.header("allow", "POST");
    return new RequestError("method_not_allowed", "/v1/logs takes POST");
  }
  const signal = /^\/(?:v1|v1development)\/(traces|metrics|profiles)$/.exec(path)?.[1];
  if (signal === undefined) return new RequestError("not_found", "there is nothing here; OTLP logs go to /v1/logs");
  return new RequestError("not_found", `this receiver takes logs only, at /v1/logs; it has no use for ${signal}`);
}

function unsupportedType(): RequestError {
  return new RequestError("unsupported_media_type", "the content type is not one of application/x-protobuf, application/json");
}

function fail(
  request: FastifyRequest,
  reply: FastifyReply,
  error: RequestError,
  o: HttpOptions,
  encoding?: Encoding,
): FastifyReply {
  const failure: Failure = toFailure(error, o.random);
  if (error.code === "unexpected") o.log.error({ err: error.cause }, "request failed unexpectedly");
  o.metrics.count("requests", 1, { transport: "http", code: String(failure.http) });
  discardRest(request.raw, 2 * o.maxRequestBytes);
  return answerFailure(reply, failure, encoding ?? parseMediaType(request.headers["content-type"]));
}

async function close(app: FastifyInstance, signal: AbortSignal): Promise<void> {
  const cut = (): void => app.server.closeAllConnections();
  if (signal.aborted) cut();
  signal.addEventListener("abort", cut);
  await app.close();
  signal.removeEventListener("abort", cut);
}
