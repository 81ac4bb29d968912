// listening.ts: what a listener is to those who start and stop it. Knows no route.

import type { FastifyInstance } from "fastify";
import type { Address } from "../config/units.ts";

export interface Listener {
  readonly address: Address;
  /** Takes no new connection; resolves when the open ones have ended, cut off when `signal` aborts. */
  close(signal: AbortSignal): Promise<void>;
}

/** Where it listens really, when port 0 was asked for. */
export function boundAddress(app: FastifyInstance, { host, port }: Address): Address {
  const bound = app.server.address();
  return { host, port: typeof bound === "object" && bound !== null ? bound.port : port };
}

export async function closeApp(app: FastifyInstance, signal: AbortSignal): Promise<void> {
  const cut = (): void => app.server.closeAllConnections();
  if (signal.aborted) cut();
  signal.addEventListener("abort", cut);
  await app.close();
  signal.removeEventListener("abort", cut);
}
