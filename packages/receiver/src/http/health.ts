// health.ts: what probes and scrapers ask: alive, ready, and the metrics. Needs no credential: see authenticate.ts.

import { type FastifyInstance, fastify } from "fastify";
import type { Address } from "../config/units.ts";
import type { Gate } from "../pipeline/gate.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { answerBrokenRequest } from "./broken-request.ts";
import { boundAddress, closeApp, type Listener } from "./listening.ts";
import { createHttpServer } from "./server.ts";

export interface HealthOptions {
  readonly gate: Gate;
  readonly metrics: Metrics;
}

export function addHealth(app: FastifyInstance, { gate }: HealthOptions): void {
  app.get("/healthz", (_request, reply) => reply.type("text/plain").send("ok\n"));
  app.get("/readyz", (_request, reply) => {
    const refusal = gate.refusal();
    return refusal === undefined
      ? reply.type("text/plain").send("ready\n")
      : reply.code(503).type("text/plain").send(`not ready: ${refusal.message}\n`);
  });
}

export function addMetrics(app: FastifyInstance, { metrics }: HealthOptions): void {
  app.get("/metrics", async (_request, reply) => {
    const { contentType, text } = await metrics.serve();
    return reply.header("content-type", contentType).send(text);
  });
}

const ADMIN_TIMEOUT_MS = 10_000;

/** An address of their own for health and metrics, in clear text. */
export async function listenAdmin(address: Address, o: HealthOptions): Promise<Listener> {
  const app = fastify({
    serverFactory: (handler) => createHttpServer(undefined, ADMIN_TIMEOUT_MS, handler),
    return503OnClosing: false,
    forceCloseConnections: "idle",
    clientErrorHandler: answerBrokenRequest,
  });
  addHealth(app, o);
  addMetrics(app, o);
  await app.listen({ host: address.host, port: address.port });
  return { address: boundAddress(app, address), close: (signal) => closeApp(app, signal) };
}
