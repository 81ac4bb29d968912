// wait.ts: whether and how long a request wants to wait for a checkpoint. Source: RFC 7240 4.3, the preference `wait`, in seconds.

import { RequestError } from "../otlp/failure.ts";

/**
 * Milliseconds, 0 when the receipts are wanted as soon as the records are durable. `?wait=checkpoint` and `Prefer: wait` mean as long as
 * allowed, `Prefer: wait=N` N seconds, and no more than allowed.
 * @param url path and query of the request
 * @throws {RequestError} malformed, for another value of `wait`
 */
export function waitOf(url: string, prefer: string | string[] | undefined, mostMs: number): number {
  const asked = new URLSearchParams(url.split("?", 2)[1] ?? "").get("wait");
  if (asked !== null && asked !== "checkpoint") {
    throw new RequestError("malformed", `the query's wait is ${JSON.stringify(asked.slice(0, 40))}; expected wait=checkpoint`);
  }
  const preferred = [prefer ?? ""]
    .flat()
    .flatMap((header) => header.split(","))
    .map((preference) => /^\s*wait\s*(?:=\s*"?(\d{1,9})"?\s*)?(?:;.*)?$/i.exec(preference))
    .find((match) => match !== null);
  // A preference that is not understood is ignored, as preferences are.
  const seconds = preferred?.[1];
  if (seconds !== undefined) return Math.min(Number(seconds) * 1000, mostMs);
  return preferred !== undefined || asked !== null ? mostMs : 0;
}
