// middleware.ts: Koa and Hono keep the route to themselves, so a middleware asks them. The register hook puts it in by itself; whoever starts
// the audit by code uses it by hand. Neither changes anything of request or response.

import type { IncomingMessage } from "node:http";
import { tell } from "./framework.ts";

/** What of Koa's context is used. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly state: object;
}

/** `app.use(koaAudit())`, first. The route is the one that @koa/router matched. */
export function koaAudit(): (context: KoaContext, next: () => Promise<unknown>) => Promise<unknown> {
  return (context, next) => {
    tellKoa(context);
    return next();
  };
}

export function tellKoa(context: KoaContext): void {
  tell(context.req, { name: "koa", bearer: context.state, route: () => koaRoute(context) });
}

/** @koa/router's own names, of several versions. */
function koaRoute(context: KoaContext): string | undefined {
  const { _matchedRoute, routerPath } = context as KoaContext & { _matchedRoute?: unknown; routerPath?: unknown };
  for (const path of [_matchedRoute, routerPath]) {
    if (typeof path === "string") return path;
    if (path instanceof RegExp) return path.source;
  }
  return undefined;
}

/** What of Hono's context is used. */
export interface HonoContext {
  /** Of @hono/node-server: the request behind it. */
  readonly env: unknown;
  readonly req: { readonly method: string; readonly matchedRoutes?: unknown };
  get(name: never): unknown;
}

/** `app.use(honoAudit())`, first. On Node, that is: with @hono/node-server. */
export function honoAudit(): (context: HonoContext, next: () => Promise<void>) => Promise<void> {
  return (context, next) => {
    const incoming = (context.env as { readonly incoming?: IncomingMessage } | undefined)?.incoming;
    if (incoming !== undefined) tell(incoming, { name: "hono", bearer: bearerOf(context), route: () => honoRoute(context) });
    return next();
  };
}

function bearerOf(context: HonoContext): object {
  const get = context.get.bind(context) as (name: string) => unknown;
  return {
    get user(): unknown {
      return get("user");
    },
    get jwtPayload(): unknown {
      return get("jwtPayload");
    },
  };
}

/** The last route that is no middleware. */
function honoRoute(context: HonoContext): string | undefined {
  const routes = context.req.matchedRoutes;
  if (!Array.isArray(routes)) return undefined;
  const handlers = (routes as { method?: unknown; path?: unknown }[]).filter(({ method }) => method === context.req.method);
  const path = handlers.at(-1)?.path;
  return typeof path === "string" ? path : undefined;
}
