// match.ts: whether an event is as a test expects it: a part of it is enough, and where a value is a pattern or a function, that decides.

import { isDeepStrictEqual } from "node:util";
import type { RecordedEvent } from "./recorder.ts";

type Expected<T> = T | RegExp | ((value: T) => boolean);

/** What is left out may be anything. `attributes` likewise: those that are named. */
export interface ExpectedEvent {
  readonly event?: Expected<string> | undefined;
  readonly action?: Expected<string> | undefined;
  readonly outcome?: Expected<string> | undefined;
  readonly actor?: { readonly id?: Expected<string>; readonly type?: Expected<string> } | undefined;
  readonly target?: { readonly id?: Expected<string>; readonly type?: Expected<string> } | undefined;
  readonly reason?: Expected<string> | undefined;
  readonly body?: unknown;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** @returns the path of the first thing that differs, `` when nothing does */
export function difference(found: unknown, expected: unknown, path = ""): string | undefined {
  if (expected === undefined) return undefined;
  if (expected instanceof RegExp) return typeof found === "string" && expected.test(found) ? undefined : path;
  if (typeof expected === "function") return (expected as (value: unknown) => unknown)(found) === true ? undefined : path;
  if (isPlain(expected)) {
    if (!isPlain(found)) return path;
    for (const [name, value] of Object.entries(expected)) {
      const at = difference((found as Record<string, unknown>)[name], value, path === "" ? name : `${path}.${name}`);
      if (at !== undefined) return at;
    }
    return undefined;
  }
  return isDeepStrictEqual(found, expected) ? undefined : path;
}

export function matches(found: RecordedEvent, expected: ExpectedEvent): boolean {
  return difference(found, expected) === undefined;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
