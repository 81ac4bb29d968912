// measure.ts: what is said of an input or output instead of its contents: its size, and a digest under the site's key. Never an
// unkeyed hash: whoever has a list of candidates could look up whose data it was.

import { createHmac } from "node:crypto";
import { plainValue } from "./emit/plain-value.ts";

export interface Measure {
  /** Of the value's JSON, in UTF-8. */
  readonly bytes: number;
  /** `hmac-sha256:<base64url>`; only with a key. The same for the same contents, whatever the order of an object's keys. */
  readonly digest?: string;
}

/** @returns undefined when there is no value (`undefined`) */
export function measure(value: unknown, key: Uint8Array | undefined): Measure | undefined {
  const plain = plainValue(value);
  if (plain === undefined) return undefined;
  const text = JSON.stringify(plain, ordered) ?? "null";
  const bytes = Buffer.byteLength(text);
  if (key === undefined) return { bytes };
  return {
    bytes,
    digest: `hmac-sha256:${createHmac("sha256", key).update("proofline.step.v1\0").update(text).digest("base64url")}`,
  };
}

/** One spelling for one value: keys sorted, what JSON cannot say as tagged text. */
function ordered(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return { $int: value.toString() };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  const fields = value instanceof Map ? [...value] : isObject(value) ? Object.entries(value) : undefined;
  if (fields === undefined) return value;
  return Object.fromEntries((fields as [string, unknown][]).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
