// settings.ts: a checked configuration as flat texts, to compare one with another. Knows no key by name.

import { isMap } from "./kinds.ts";
import type { KeyDoc } from "./leaf.ts";

/** Every key that has a value, in canonical JSON. */
export function settingsOf(values: unknown, table: readonly KeyDoc[]): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const { key } of table) {
    const value = key.split(".").reduce<unknown>((node, name) => (isMap(node) ? node[name] : undefined), values);
    if (value !== undefined) settings[key] = JSON.stringify(value, inOrder);
  }
  return settings;
}

function inOrder(_key: string, value: unknown): unknown {
  return isMap(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
}
