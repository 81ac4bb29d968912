// path.ts: where in a tree something stands, as a chain that is spelled only when there is an entry to write. Also
// the list of entries: what was done where, never to which value.

import type { Action } from "./policy.ts";

/** The root's name, or a step down from another place. */
export type Path = string | { readonly parent: Path; readonly key: string | number };

/** What a redaction did. `path` is dotted; an index of a list is a number; JSON inside of a string continues the path. */
export interface RedactionEntry {
  readonly path: string;
  readonly rule: string;
  readonly action: Action;
  /** Version of the policy. */
  readonly policy: string;
}

const MAX_STEP = 128;
// Several matches of a rule in one place are one entry; they come one after the other.
const LOOK_BACK = 16;

export function addEntry(out: RedactionEntry[], path: string, rule: string, action: Action, policy: string): void {
  for (let index = out.length - 1; index >= 0 && index >= out.length - LOOK_BACK; index--) {
    const entry = out[index]!;
    if (entry.path === path && entry.rule === rule && entry.policy === policy) return;
  }
  out.push({ path, rule, action, policy });
}

/** Spelled with dots. A step longer than 128 characters is shortened: paths of a deep tree would grow with its square. */
export function formatPath(parent: Path, key: string | number | undefined): string {
  const steps: string[] = key === undefined ? [] : [formatStep(key)];
  let place = parent;
  while (typeof place !== "string") {
    steps.push(formatStep(place.key));
    place = place.parent;
  }
  if (place !== "") steps.push(place);
  return steps.reverse().join(".");
}

function formatStep(key: string | number): string {
  return typeof key === "string" && key.length > MAX_STEP ? `${key.slice(0, MAX_STEP)}…` : String(key);
}
