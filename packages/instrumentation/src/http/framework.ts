// framework.ts: what a web framework knows of a request and Node does not: the route that matched, and who was authenticated. Each framework
// tells it in its own way; this is where it is kept, by the request itself.

import type { IncomingMessage } from "node:http";
import type { Actor } from "../emit/audit-event.ts";

/** What a framework has said of one request. */
export interface Framework {
  readonly name: string;
  /** As the application wrote it: `/invoices/:id`. */
  readonly route?: (() => string | undefined) | undefined;
  /** The object that authentication puts a `user` on; read when the response is done. */
  readonly bearer?: object | undefined;
}

const known = new WeakMap<IncomingMessage, Framework>();

/** A framework says what it knows; the last word counts, since an outer application may mount an inner one. */
export function tell(request: IncomingMessage, framework: Framework): void {
  known.set(request, framework);
}

export function frameworkOf(request: IncomingMessage): Framework | undefined {
  return known.get(request) ?? express(request);
}

/** Express, and Nest on it, leave the matched route and the user on the request itself. */
function express(request: IncomingMessage): Framework | undefined {
  const { route, baseUrl } = request as IncomingMessage & { route?: { path?: unknown }; baseUrl?: unknown };
  const prefix = typeof baseUrl === "string" ? baseUrl : undefined;
  if (route === undefined && prefix === undefined) return undefined;
  const path = route?.path;
  return {
    name: "express",
    bearer: request,
    route: () => (typeof path === "string" ? `${prefix ?? ""}${path}` : path instanceof RegExp ? path.source : undefined),
  };
}

/** Whom the application's own authentication has put there: `user` of passport, @fastify/jwt, Nest's guards; Koa's state; Hono's variables. */
export function authenticated(bearer: object | undefined): Actor | undefined {
  if (bearer === undefined) return undefined;
  const { user, auth, jwtPayload } = bearer as { user?: unknown; auth?: unknown; jwtPayload?: unknown };
  for (const candidate of [user, auth, jwtPayload]) {
    const id = idOf(candidate);
    if (id !== undefined) return { id, type: "user" };
  }
  return undefined;
}

function idOf(user: unknown): string | undefined {
  if (typeof user === "string" && user !== "") return user;
  if (typeof user !== "object" || user === null) return undefined;
  for (const name of ["id", "sub", "userId", "user_id", "username"]) {
    const value: unknown = (user as Record<string, unknown>)[name];
    if ((typeof value === "string" && value !== "") || typeof value === "number" || typeof value === "bigint")
      return String(value);
  }
  return undefined;
}
