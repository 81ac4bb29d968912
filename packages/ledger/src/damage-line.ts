// damage-line.ts: says in the log that some of its older lines are not what was signed.

import type { Entry } from "./entry.ts";
import type { LedgerError } from "./errors.ts";
import { ownLine } from "./own-line.ts";

const EVENT = "proofline.log.damage_found";

/** @param now Unix nanoseconds @param random fills the array that it is given */
export function damageLine({ code, message }: LedgerError, now: bigint, random: (bytes: Uint8Array) => void): Entry {
  const attributes = { "proofline.damage.code": code, "proofline.damage.found": message.split("\n", 1)[0]! };
  return ownLine({ event: EVENT, time: now, attributes }, random);
}
