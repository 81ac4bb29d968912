// incoming.ts: one event for each incoming HTTP request that changes something, through Node's own diagnostics channels: no
// loader, no patch, no change to request or response, and never an exception into the server.

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";
import { defaultTextMapGetter, isSpanContextValid, propagation, ROOT_CONTEXT, type SpanContext, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import type { Audit } from "../audit.ts";
import type { Actor, Outcome } from "../emit/audit-event.ts";
import { enter, runIn, type Surroundings } from "../emit/context.ts";
import * as names from "../emit/names.ts";
import { newTrace } from "../emit/trace.ts";
import { realWorld } from "../world.ts";

export interface IncomingOptions {
  readonly audit: Audit;
  /** Methods to record. Default: POST, PUT, PATCH, DELETE. */
  readonly methods?: readonly string[];
  /** Who makes the request, when the application has not said so with `setAuditActor`. Called when the response is done. */
  readonly actor?: (request: IncomingMessage) => Actor | undefined;
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

/** Starts listening. @returns stops it */
export function auditIncoming(options: IncomingOptions): () => void {
  const methods = new Set(options.methods ?? MUTATIONS);
  const open = new WeakMap<ServerResponse, Surroundings>();

  const finish = (message: Message, aborted: boolean): void => {
    const here = open.get(message.response);
    if (here === undefined) return;
    open.delete(message.response);
    recordRequest(options, message, here, aborted);
  };
  const onStart = guarded((message: Message) => {
    const here = arrival(message.request, realWorld.newId());
    // Every request gets its surroundings, also a GET: else it would run in those of the one before on the same connection.
    enter(here);
    if (!methods.has(message.request.method ?? "")) return;
    open.set(message.response, here);
    message.response.once(
      "close",
      guarded(() => finish(message, true)),
    );
  });
  const onFinish = guarded((message: Message) => finish(message, false));
  subscribe(REQUEST_START, onStart as (message: unknown) => void);
  subscribe(RESPONSE_FINISH, onFinish as (message: unknown) => void);
  return () => {
    unsubscribe(REQUEST_START, onStart as (message: unknown) => void);
    unsubscribe(RESPONSE_FINISH, onFinish as (message: unknown) => void);
  };
}

/** What throws in a channel's subscriber ends the process; what cannot be recorded has been counted and said already. */
function guarded<A extends unknown[]>(run: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      run(...args);
    } catch {
      // AuditError: see stats().thrown.
    }
  };
}

function arrival(request: IncomingMessage, requestId: string): Surroundings {
  const here: Surroundings & { request?: Surroundings } = { requestId, trace: incomingTrace(request) ?? newTrace() };
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

function recordRequest(options: IncomingOptions, { request, response }: Message, here: Surroundings, aborted: boolean): void {
  const method = request.method ?? "";
  const status = response.headersSent ? response.statusCode : undefined;
  const actor = here.actor ?? options.actor?.(request);
  const address = request.socket?.remoteAddress;
  const xRequestId = request.headers["x-request-id"];
  runIn(here, () =>
    options.audit.record({
      event: names.EVENT_HTTP_REQUEST,
      action: ACTIONS[method] ?? "EXECUTE",
      outcome: outcomeOf(status, aborted),
      actor,
      ...(address !== undefined && { source: { id: address, type: isIP(address) === 6 ? "ipv6" : "ipv4" } }),
      target: { id: `${method} ${routeOf(request) ?? pathOf(request)}`, type: "http.endpoint" },
      reason: aborted ? "the connection was closed before the response was complete" : undefined,
      attributes: {
        [names.ATTR_HTTP_REQUEST_METHOD]: method,
        [names.ATTR_URL_PATH]: pathOf(request),
        [names.ATTR_HTTP_ROUTE]: routeOf(request),
        [names.ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
        [names.ATTR_CLIENT_ADDRESS]: address,
        [names.ATTR_USER_AGENT_ORIGINAL]: request.headers["user-agent"],
        [names.ATTR_HTTP_REQUEST_HEADER_X_REQUEST_ID]: xRequestId === undefined ? undefined : [xRequestId].flat(),
      },
    }),
  );
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

/** Express leaves the matched route on the request; other frameworks need an adapter of their own. */
function routeOf(request: IncomingMessage): string | undefined {
  const { route, baseUrl } = request as IncomingMessage & { route?: { path?: unknown }; baseUrl?: unknown };
  const path = route?.path;
  return typeof path === "string" ? `${typeof baseUrl === "string" ? baseUrl : ""}${path}` : undefined;
}
