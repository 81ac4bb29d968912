// start.ts: the way into the service. Listeners, clients and metrics are loaded when it starts: the command's other words need none of them, and
// loading them takes most of a second.

import type { Config } from "../config/config.ts";
import type { Receiver } from "./receiver.ts";
import type { World } from "./world.ts";

/**
 * Opens the log and starts the service. Resolves when it is ready.
 * @throws {StartError | LedgerError} when it cannot start; nothing runs then
 */
export async function startReceiver(config: Config, world?: Partial<World>): Promise<Receiver> {
  const service = await import("./receiver.ts");
  return service.startReceiver(config, world);
}
