// listener.ts: OTLP/HTTP on one port, with health and metrics beside it. Knows the protocol; what happens to records is the
// intake's. Source: OTLP specification 1.11, "OTLP/HTTP".

import type { Span } from "@opentelemetry/api";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify, LogController } from "fastify";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Address } from "../config/units.ts";
import { RequestError } from "../otlp/failure.ts";
import { type Intake, toRequestError } from "../pipeline/intake.ts";
import { endSpan, type Tracing } from "../telemetry/tracing.ts";
import type { ServerTls } from "../tls/server-tls.ts";
import { answerSuccess } from "./answer.ts";
import { addAuthentication, writerOf } from "./authenticate.ts";
import { answerBrokenRequest } from "./broken-request.ts";
import { type ExchangeOptions, exchange, fail, unsupportedType } from "./exchange.ts";
import { addHealth, addMetrics } from "./health.ts";
import { boundAddress, closeApp, type Listener } from "./listening.ts";
import { createHttpServer } from "./server.ts";

export interface HttpOptions extends ExchangeOptions {
  readonly authenticator: Authenticator;
  readonly tracing: Tracing;
  /** Undefined: clear text. */
  readonly tls: ServerTls | undefined;
  /** Whether `/metrics` is served here. */
  readonly servesMetrics: boolean;
  readonly intake: Intake;
  /** Adds what else is served on this port. */
  readonly addRoutes: AddRoutes;
}

export type AddRoutes = (app: FastifyInstance, o: ExchangeOptions) => void;

const POST_PATHS: ReadonlySet<string> = new Set(["/v1/logs", "/v1/audit", "/v1/traces", "/v1/metrics"]);

/** The body's own timeout comes first and answers; Node's is the last resort, and only closes. */
const REQUEST_TIMEOUT_MARGIN_MS = 35_000;

export async function listenHttp(address: Address, o: HttpOptions): Promise<Listener> {
  const app = fastify({
    serverFactory: (handler) => createHttpServer(o.tls, o.bodyTimeoutMs + REQUEST_TIMEOUT_MARGIN_MS, handler),
    // Its own news, such as where it listens, the service tells itself.
    loggerInstance: o.log.child({}, { level: "warn" }),
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { ignoreTrailingSlash: true },
    return503OnClosing: false,
    forceCloseConnections: "idle",
    clientErrorHandler: answerBrokenRequest,
    // What Fastify would say itself, to a path that cannot be decoded, is no Status and repeats the path.
    frameworkErrors: (_error, request, reply) =>
      void fail(request, reply, new RequestError("malformed", "the request's path cannot be read"), o),
  });
  addTelemetry(app, o);
  addAuthentication(app, o);
  addLogs(app, o);
  o.addRoutes(app, o);
  addOthers(app, o);
  await app.listen({ host: address.host, port: address.port });
  return { address: boundAddress(app, address), close: (signal) => closeApp(app, signal) };
}

/** A duration a request, and a span when spans are asked for. Names: OpenTelemetry's conventions for HTTP servers. */
function addTelemetry(app: FastifyInstance, { metrics, tracing }: HttpOptions): void {
  const spans = new WeakMap<FastifyRequest, Span>();
  app.addHook("onRequest", (request, _reply, done) => {
    const route = request.routeOptions.url;
    const named = { "http.request.method": request.method, ...(route !== undefined && { "http.route": route }) };
    const span = tracing.begin(`${request.method} ${route ?? ""}`.trimEnd(), request.headers, named);
    if (span !== undefined) spans.set(request, span);
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    const { statusCode } = reply;
    const route = request.routeOptions.url ?? "other";
    const labels = { http_request_method: request.method, http_route: route, http_response_status_code: String(statusCode) };
    metrics.observe("httpSeconds", reply.elapsedTime / 1000, labels);
    endSpan(spans.get(request), { "http.response.status_code": statusCode }, statusCode >= 500);
    done();
  });
}

function addLogs(app: FastifyInstance, o: HttpOptions): void {
  // The body is read by the handler, after everything that can be said without it.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.post("/v1/logs", (request, reply) => acceptLogs(request, reply, o));
}

async function acceptLogs(request: FastifyRequest, reply: FastifyReply, o: HttpOptions): Promise<FastifyReply> {
  return await exchange(request, reply, o, async ({ body, encoding }) => {
    await o.intake.take(body, encoding, "http", writerOf(request));
    return () => answerSuccess(reply, encoding);
  });
}

function addOthers(app: FastifyInstance, o: HttpOptions): void {
  addHealth(app, o);
  if (o.servesMetrics) addMetrics(app, o);
  app.setNotFoundHandler((request, reply) => fail(request, reply, notHere(request, reply), o));
  app.setErrorHandler((error, request, reply) => {
    // Fastify refuses a content type that it cannot parse before a handler is asked.
    const unsupported = error instanceof Error && "statusCode" in error && error.statusCode === 415;
    return fail(request, reply, unsupported ? unsupportedType() : toRequestError(error), o);
  });
}

function notHere(request: FastifyRequest, reply: FastifyReply): RequestError {
  const path = request.url.split("?", 1)[0]!.replace(/\/+$/, "");
  if (POST_PATHS.has(path)) {
    reply.header("allow", "POST");
    return new RequestError("method_not_allowed", `${path} takes POST`);
  }
  if (path.startsWith("/tlog/"))
    return new RequestError("not_found", "the log's files are read with GET, and only where serve_log.enabled is true");
  if (path === "/v1development/profiles")
    return new RequestError("not_found", "this receiver takes logs only, at /v1/logs; it has no use for profiles");
  return new RequestError("not_found", "there is nothing here; OTLP logs go to /v1/logs");
}
