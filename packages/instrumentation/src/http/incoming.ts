// incoming.ts: one event for each incoming HTTP request that changes something, through Node's own diagnostics channels: no
// loader, no patch, nothing of the response changed or delayed but the echo of an X-Request-ID, and never an exception into the server.

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";
import { defaultTextMapGetter, isSpanContextValid, propagation, ROOT_CONTEXT, type SpanContext, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import type { Audit } from "../audit.ts";
import type { Actor, Outcome } from "../emit/audit-event.ts";
import { fromBaggage } from "../emit/baggage.ts";
import { enter, runIn, type Surroundings } from "../emit/context.ts";
import * as names from "../emit/names.ts";
import { newTrace } from "../emit/trace.ts";
import { guarded } from "../guarded.ts";
import { realWorld } from "../world.ts";
import { type ClientAddress, clientAddress, oneOf } from "./client-address.ts";
import { watchFastify } from "./fastify.ts";
import { authenticated, frameworkOf } from "./framework.ts";
import { DEFAULT_MAX_BODY_BYTES, type WatchedBody, watchBody } from "./request-body.ts";

export interface IncomingOptions {
  readonly audit: Audit;
  /** Methods to record. Default: POST, PUT, PATCH, DELETE. */
  readonly methods?: readonly string[] | undefined;
  /**
   * Who makes the request. Called when the response is done, so after the application's own authentication, and only when that has neither
   * called `setAuditActor` nor left a user where its framework leaves one.
   */
  readonly actor?: ((request: IncomingMessage) => Actor | undefined) | undefined;
  /** Proxies whose word on the client's address is believed: addresses, networks, `loopback`, `private`. Default: none. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Callers whose W3C baggage is believed when it names actor, workflow, task, run and tenant: as `trustedProxies`. Default: none. */
  readonly trustedCallers?: readonly string[] | undefined;
  /** Longest body, in bytes, that is recorded (redacted). 0: none. Default: 16,384. */
  readonly maxBodyBytes?: number | undefined;
  /** Whether a client's X-Request-ID goes back in the response. Default: true. */
  readonly echoRequestId?: boolean | undefined;
}

/** The verbs of the audit draft. */
const ACTIONS: Readonly<Record<string, string>> = {
  POST: "CREATE",
  PUT: "WRITE",
  PATCH: "UPDATE",
  DELETE: "DELETE",
  GET: "READ",
};
export const MUTATIONS: readonly string[] = ["POST", "PUT", "PATCH", "DELETE"];

const REQUEST_START = "http.server.request.start";
const RESPONSE_FINISH = "http.server.response.finish";
const w3c = new W3CTraceContextPropagator();

interface Message {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A request whose response is not done. */
interface Open {
  readonly here: Surroundings;
  /** As it arrived: routers rewrite `url` on their way. */
  readonly path: string;
  readonly body: (() => WatchedBody) | undefined;
}

/** What may go back in a header: visible ASCII, and not much of it. */
const ECHOED = /^[\x21-\x7e]{1,128}$/;

/** Starts listening. @returns stops it @throws {AuditError} INVALID_OPTION */
export function auditIncoming(options: IncomingOptions): () => void {
  const { methods = MUTATIONS, maxBodyBytes = DEFAULT_MAX_BODY_BYTES, trustedProxies = [], echoRequestId = true } = options;
  const isTrusted = oneOf(options.trustedCallers ?? [], "PROOFLINE_TRUSTED_CALLERS");
  const recorded = new Set(methods);
  const open = new WeakMap<ServerResponse, Open>();
  const recorder = new RequestRecorder(options, clientAddress(trustedProxies));

  const finish = (message: Message, aborted: boolean): void => {
    const request = open.get(message.response);
    if (request === undefined) return;
    open.delete(message.response);
    recorder.record(message, request, aborted);
  };
  const onStart = guarded(({ request, response }: Message) => {
    const here = arrival(request, realWorld.newId(), isTrusted(request.socket?.remoteAddress));
    // Every request gets its surroundings, also a GET: else it would run in those of the one before on the same connection.
    enter(here);
    if (echoRequestId) echo(request, response);
    if (!recorded.has(request.method ?? "")) return;
    open.set(response, { here, path: pathOf(request), body: maxBodyBytes > 0 ? watchBody(request, maxBodyBytes) : undefined });
    response.once(
      "close",
      guarded(() => finish({ request, response }, true)),
    );
  });
  const onFinish = guarded((message: Message) => finish(message, false));
  subscribe(REQUEST_START, onStart as (message: unknown) => void);
  subscribe(RESPONSE_FINISH, onFinish as (message: unknown) => void);
  const forgetFastify = watchFastify();
  return () => {
    unsubscribe(REQUEST_START, onStart as (message: unknown) => void);
    unsubscribe(RESPONSE_FINISH, onFinish as (message: unknown) => void);
    forgetFastify();
  };
}

/** Theirs, for their logs; ours is a ULID of its own, and theirs is never taken for it. The application may still set another. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  const theirs = request.headers["x-request-id"];
  if (typeof theirs === "string" && ECHOED.test(theirs)) response.setHeader("x-request-id", theirs);
}

function arrival(request: IncomingMessage, requestId: string, trusted: boolean): Surroundings {
  const told = trusted ? fromBaggage([request.headers.baggage ?? []].flat().join(",")) : {};
  const here: Surroundings & { request?: Surroundings } = { ...told, requestId, trace: incomingTrace(request) ?? newTrace() };
  return Object.assign(here, { request: here });
}

/** From the propagator that the application has set, else W3C's `traceparent`. */
function incomingTrace(request: IncomingMessage): SpanContext | undefined {
  for (const propagator of [propagation, w3c]) {
    const found = trace.getSpanContext(propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter));
    if (found !== undefined && isSpanContextValid(found)) return found;
  }
  return undefined;
}

class RequestRecorder {
  readonly #options: IncomingOptions;
  readonly #client: ClientAddress;

  constructor(options: IncomingOptions, client: ClientAddress) {
    this.#options = options;
    this.#client = client;
  }

  record({ request, response }: Message, { here, path, body }: Open, aborted: boolean): void {
    const method = request.method ?? "";
    const status = response.headersSent ? response.statusCode : undefined;
    const framework = frameworkOf(request);
    const route = framework?.route?.();
    const actor = here.actor ?? authenticated(framework?.bearer) ?? this.#options.actor?.(request);
    const peer = request.socket?.remoteAddress;
    const client = this.#client(peer, request.headers) ?? peer;
    const xRequestId = request.headers["x-request-id"];
    const sent = body?.();
    runIn(here, () =>
      this.#options.audit.record({
        event: names.EVENT_HTTP_REQUEST,
        action: ACTIONS[method] ?? "EXECUTE",
        outcome: outcomeOf(status, aborted),
        actor,
        ...(client !== undefined && { source: { id: client, type: isIP(client) === 6 ? "ipv6" : "ipv4" } }),
        target: { id: `${method} ${route ?? path}`, type: "http.endpoint" },
        reason: aborted ? "the connection was closed before the response was complete" : undefined,
        attributes: {
          [names.ATTR_HTTP_REQUEST_METHOD]: method,
          [names.ATTR_URL_PATH]: path,
          [names.ATTR_HTTP_ROUTE]: route,
          [names.ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
          [names.ATTR_CLIENT_ADDRESS]: client,
          [names.ATTR_NETWORK_PEER_ADDRESS]: client === peer ? undefined : peer,
          [names.ATTR_USER_AGENT_ORIGINAL]: request.headers["user-agent"],
          [names.ATTR_HTTP_REQUEST_HEADER_X_REQUEST_ID]: xRequestId === undefined ? undefined : [xRequestId].flat(),
          [names.ATTR_HTTP_REQUEST_BODY_SIZE]: sent?.bytes || undefined,
          [names.ATTR_PROOFLINE_HTTP_REQUEST_BODY]: sent?.content,
          [names.ATTR_PROOFLINE_HTTP_REQUEST_BODY_OMITTED]: sent?.omitted,
        },
      }),
    );
  }
}

/** An aborted request may have done its work or not. */
function outcomeOf(status: number | undefined, aborted: boolean): Outcome {
  if (aborted) return "unknown";
  return status !== undefined && status < 400 ? "success" : "failure";
}

/** Without the query, which holds more secrets than facts. */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").split(/[?#]/, 1)[0]!;
}
