// time.ts: Unix nanoseconds as text, and back: RFC 3339, UTC, exactly nine decimals. The whole range of a uint64 (to the year 2554).
import { EventError, LineError } from "./errors.ts";

const SECOND_NS = 1_000_000_000n;
export const MAX_TIME_NS: bigint = 2n ** 64n - 1n;
const MAX_TIME_MS = Number(MAX_TIME_NS / 1_000_000n);
export const TIME_CHARS = 30;

/** The spelling of one second. Two are kept: `time` and `received` of a line seldom fall into the same one. */
interface Second {
  startNs: bigint;
  /** A second, but for the last one of the range. */
  lengthNs: bigint;
  /** `2026-11-20T21:14:03.` */
  text: string;
}
let recent: Second = { startNs: 0n, lengthNs: SECOND_NS, text: "1970-01-01T00:00:00." };
let older: Second = recent;

/**
 * `2026-11-20T21:14:03.123456789Z`, always 30 characters.
 * @param ns Unix nanoseconds, 0 to 2^64-1
 * @throws {EventError} INVALID_TIME outside of that
 */
export function formatTime(ns: bigint): string {
  let since = ns - recent.startNs;
  if (since < 0n || since >= recent.lengthNs) {
    turnTo(ns);
    since = ns - recent.startNs;
  }
  // Ten digits, the first of which pads the others.
  return `${recent.text}${String(Number(since) + 1e9).slice(1)}Z`;
}

/** Makes the second that holds `ns` the recent one. */
function turnTo(ns: bigint): void {
  const since = ns - older.startNs;
  const next = since >= 0n && since < older.lengthNs ? older : secondOf(ns);
  older = recent;
  recent = next;
}

function secondOf(ns: bigint): Second {
  if (ns < 0n || ns > MAX_TIME_NS) throw new EventError("INVALID_TIME", `time: ${ns} ns is not within 0 to 2^64-1`);
  const seconds = ns / SECOND_NS;
  const startNs = seconds * SECOND_NS;
  const lengthNs = startNs + SECOND_NS > MAX_TIME_NS ? MAX_TIME_NS + 1n - startNs : SECOND_NS;
  return { startNs, lengthNs, text: `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.` };
}

/**
 * Inverse of {@link formatTime}: accepts exactly what that writes.
 * @throws {LineError} BAD_TIME
 */
export function parseTime(text: string): bigint {
  const ns = readTime(text);
  if (ns === undefined)
    throw new LineError("BAD_TIME", 0, "expected a UTC time with nine decimals, as 2026-11-20T21:14:03.123456789Z,");
  return ns;
}

/** {@link parseTime} without the error: undefined when the text is not a time. */
export function readTime(text: string): bigint | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(text)) return undefined;
  const nanos = BigInt(text.slice(20, 29));
  if (!text.startsWith(recent.text)) {
    const ms = Date.parse(`${text.slice(0, 19)}Z`);
    if (!(ms >= 0 && ms <= MAX_TIME_MS)) return undefined;
    turnTo(BigInt(ms) * 1_000_000n);
    // Date takes 30 February and 24:00:00 for other days.
    if (!text.startsWith(recent.text)) return undefined;
  }
  return nanos < recent.lengthNs ? recent.startNs + nanos : undefined;
}
