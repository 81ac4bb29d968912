// ports.ts: whether the configured addresses are free, or taken by the service that writes the log already.

import type { Config } from "../config/config.ts";
import { formatAddress } from "../config/units.ts";
import { StartError } from "../server/errors.ts";
import { addressesOf, takePort } from "../server/ports.ts";
import type { Advice } from "./examine.ts";

/** @param isWritten a service runs for this log: the ports are then its own, as far as can be seen */
export async function examinePorts(config: Config, isWritten: boolean): Promise<Advice[]> {
  const advice: Advice[] = [];
  for (const [key, address] of addressesOf(config)) {
    if (address.port === 0) continue;
    const where = formatAddress(address);
    try {
      await takePort(key, address);
      advice.push({ check: key, level: "fine", found: `${where} is free` });
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      const isTaken = error.code === "ADDRESS_IN_USE";
      if (isTaken && isWritten)
        advice.push({ check: key, level: "fine", found: `${where} is taken, and the log is being written` });
      else
        advice.push({
          check: key,
          level: "hurts",
          found: error.message,
          todo: isTaken ? "end the other process, or choose another port" : "choose an address of this machine",
        });
    }
  }
  return advice;
}
