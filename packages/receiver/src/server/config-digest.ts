// config-digest.ts: a configuration in twelve characters, for the log: whether two runs had the same one, without telling what it was.

import { createHash } from "node:crypto";

/** @param settings as Config has them; `policy` the version of the policy in force, whose text may stand in a file */
export function configDigest(settings: Readonly<Record<string, string>>, policy: string): string {
  const sorted = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([sorted, policy]))
    .digest("hex")
    .slice(0, 12);
}

/** Keys whose values differ, in order. */
export function changedKeys(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): string[] {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].filter((key) => a[key] !== b[key]).sort();
}
