// connections.ts: how many connections a listener may hold. Each is a file descriptor, and a ledger that cannot open a file any more ends its
// process: so the listeners together leave some of what the system allows. Knows no protocol.

import { readFileSync } from "node:fs";

/** For the ledger's files, what is read of them, the sinks, and connections that are accepted only to be closed. */
const RESERVED = 256;
/** Below this there is no use in being reached at all. */
const LEAST = 16;

/**
 * The most connections of one listener: `most`, or its share of what the system leaves, when that is less.
 * @param share of the listeners' part: all of them together at most 1
 * @param limits the text of Linux's `/proc/self/limits`; undefined: nothing is known, and `most` holds
 */
export function maxConnections(most: number, share: number, limits: string | undefined = readLimits()): number {
  // Node has raised the soft limit to the hard one at its start.
  const allowed = Number(/^Max open files\s+(\d+)/m.exec(limits ?? "")?.[1] ?? Number.POSITIVE_INFINITY);
  return Math.min(most, Math.max(LEAST, Math.floor((allowed - RESERVED) * share)));
}

function readLimits(): string | undefined {
  try {
    return readFileSync("/proc/self/limits", "latin1");
  } catch {
    return undefined;
  }
}
