// ports.ts: whether the configured addresses can be had, asked before anything is made that would stay behind.

import { createServer } from "node:net";
import type { Config } from "../config/config.ts";
import { type Address, formatAddress } from "../config/units.ts";
import { StartError } from "./errors.ts";

/** The addresses that a service of this configuration listens on, by key. */
export function addressesOf({ otlp, admin }: Config): (readonly [string, Address])[] {
  const own: (readonly [string, Address])[] = [
    ["otlp.http", otlp.http],
    ["otlp.grpc", otlp.grpc],
  ];
  return admin.http === undefined ? own : [...own, ["admin.http", admin.http]];
}

/** Takes each port and gives it back. Somebody may take it in between; starting then fails later, in the same words. @throws {StartError} */
export async function checkPorts(config: Config): Promise<void> {
  for (const [key, address] of addressesOf(config)) {
    if (address.port !== 0) await takePort(key, address);
  }
}

/** Takes one port and gives it back. @throws {StartError} */
export function takePort(key: string, address: Address): Promise<void> {
  return listening(key, address, () => take(address));
}

/** Runs what listens; says what went wrong with key and address. @throws {StartError} ADDRESS_IN_USE, CANNOT_LISTEN */
export async function listening<T>(key: string, address: Address, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const where = formatAddress(address);
    if (/EADDRINUSE/.test(text))
      throw new StartError("ADDRESS_IN_USE", `${key}: ${where} is in use by another process`, { cause: error });
    throw new StartError("CANNOT_LISTEN", `${key}: cannot listen on ${where}: ${text}`, { cause: error });
  }
}

function take({ host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}
