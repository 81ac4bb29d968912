// authenticate.ts: who sent a request, asked before anything of its body is read, on every route but those that probes and scrapers use.
// A route that is added later is covered too.

import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Authenticator } from "../auth/authenticator.ts";
import { shownBy } from "../auth/shown.ts";
import { toRequestError } from "../pipeline/intake.ts";
import { type ExchangeOptions, fail } from "./exchange.ts";

/** They tell counts and states, and no record. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

const writers = new WeakMap<FastifyRequest, string>();

/** The authenticated writer of a request; "" when nobody is known. Only to be asked by a handler. */
export function writerOf(request: FastifyRequest): string {
  return writers.get(request) ?? "";
}

export function addAuthentication(app: FastifyInstance, o: ExchangeOptions & { readonly authenticator: Authenticator }): void {
  app.addHook("onRequest", async (request, reply) => {
    if (OPEN_PATHS.has(request.routeOptions.url ?? "")) return;
    try {
      writers.set(request, await o.authenticator.authenticate(shownBy(request.headers.authorization, request.raw.socket)));
    } catch (error) {
      const refusal = toRequestError(error);
      o.metrics.count("authRefused", 1, { transport: "http", reason: refusal.code });
      return fail(request, reply, refusal, o);
    }
  });
}
