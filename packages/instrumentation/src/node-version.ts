// node-version.ts: a clear word when Node is too old, before anything is loaded that would fail without one. Imports nothing.

export const LEAST_NODE = "22.15.0";

/** @returns what to tell the user, or undefined when the version will do */
export function tooOld(version: string): string | undefined {
  const found = version.split(".").map(Number);
  const least = LEAST_NODE.split(".").map(Number);
  for (let i = 0; i < least.length; i++) {
    if (found[i]! > least[i]!) return undefined;
    if (found[i]! < least[i]!)
      return `@proofline/instrumentation needs Node ${LEAST_NODE} or later; this is ${version} (${process.execPath})`;
  }
  return undefined;
}
