// until.ts: waiting for something that comes by itself, without a guess how long it takes.

import { setTimeout as sleep } from "node:timers/promises";

/** Resolves when `holds` does; the test runner's own limit ends it otherwise. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(5);
}
