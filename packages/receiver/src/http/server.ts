// server.ts: the HTTP server under the routes, in clear text or under TLS, with its time limits. Knows no route.

import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { HANDSHAKE_TIMEOUT_MS, type ServerTls } from "../tls/server-tls.ts";
import { maxConnections } from "./connections.ts";
import { holdExpectations } from "./expect.ts";
import { inTurn } from "./in-turn.ts";

/** Above the idle time of common load balancers and client pools: a connection that closes under a request costs a retry. */
const KEEP_ALIVE_MS = 65_000;
const HEADERS_TIMEOUT_MS = 30_000;
/** Nothing in either direction, though something should be: a client that does not read its answer, say. */
const STUCK_MS = 120_000;
/** An idle connection costs some 10 KB; further ones are closed at once, and their clients come again. */
const MAX_CONNECTIONS = 4_096;
/** Of what the system allows all listeners together; that of health and metrics has such a share, too. */
const SHARE = 0.35;

/** @param tls undefined: clear text */
export function createHttpServer(tls: ServerTls | undefined, requestTimeoutMs: number, handler: RequestListener): Server {
  const timeouts = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
  };
  if (tls === undefined) return bounded(createServer(timeouts, inTurn(handler)));
  const certificates = { ...tls.material.context, ...tls.clientCertificates };
  const server = createTlsServer({ ...timeouts, ...certificates, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }, inTurn(handler));
  tls.addServer((context) => server.setSecureContext(context));
  return bounded(server);
}

function bounded(server: Server): Server {
  holdExpectations(server);
  server.maxConnections = maxConnections(MAX_CONNECTIONS, SHARE);
  return server.setTimeout(STUCK_MS);
}
