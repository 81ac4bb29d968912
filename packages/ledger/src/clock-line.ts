// clock-line.ts: says in the log that the clock was set back. From there on `received` runs ahead of the clock until that has caught up,
// and a reader must be able to know.

import { formatTime } from "@proofline/event";
import type { Entry } from "./entry.ts";
import { ownLine } from "./own-line.ts";
import type { StepBack } from "./received-clock.ts";

const EVENT = "proofline.clock.stepped_back";

/** @param random fills the array that it is given */
export function clockLine({ from, to }: StepBack, random: (bytes: Uint8Array) => void): Entry {
  const attributes = { "proofline.clock.from": formatTime(from), "proofline.clock.to": formatTime(to) };
  return ownLine({ event: EVENT, time: to, attributes }, random);
}
