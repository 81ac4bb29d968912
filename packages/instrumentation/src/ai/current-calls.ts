// current-calls.ts: libraries that keep the call they are in to themselves, and can be asked.

import type { LiveCall } from "../spans/live.ts";

const sources = new Set<() => LiveCall | undefined>();

/** @returns stops asking */
export function askForCalls(source: () => LiveCall | undefined): () => void {
  sources.add(source);
  return () => void sources.delete(source);
}

/** The calls that such libraries are in, here. */
export function currentCalls(): LiveCall[] {
  return [...sources].map((source) => source()).filter((call) => call !== undefined);
}
