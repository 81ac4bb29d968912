// fastify.ts: Fastify 5 publishes the route that matched on a diagnostics channel of its own: no plugin, no loader.

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { tell } from "./framework.ts";

const HANDLER_START = "tracing:fastify.request.handler:start";

interface HandlerStart {
  readonly request?: { readonly raw?: IncomingMessage } & object;
  readonly route?: { readonly url?: string };
}

/** Starts listening. @returns stops it */
export function watchFastify(): () => void {
  const onStart = (message: unknown): void => {
    const { request, route } = message as HandlerStart;
    if (request?.raw !== undefined) tell(request.raw, { name: "fastify", bearer: request, route: () => route?.url });
  };
  subscribe(HANDLER_START, onStart);
  return () => void unsubscribe(HANDLER_START, onStart);
}
