// payload.ts: the bytes that the Collector's `signing` processor signs for a log record: some of its fields as canonical JSON. Knows no key.
// Source: RFC 8785; that processor's documentation (collector-contrib, processor/signingprocessor).

import { Double, type LogRecord, Ref, type Value } from "@proofline/event";

/** Of attribute values; the processor signs nothing that is deeper. */
export const MAX_DEPTH = 128;
/** Of the payload in UTF-16 units; the processor signs nothing that is larger, and a payload has no fewer bytes. */
export const MAX_PAYLOAD_UNITS: number = 2 * 2 ** 20;

const INTEGRITY = "audit.integrity.";

/** Thrown for a record that cannot have been signed by that processor. */
export class NotSignable extends Error {
  override readonly name = "NotSignable";
}

/**
 * The payload of a record as it was received: before it is lifted or redacted. Its severity, scope, resource, flags, and a body that is no
 * string are not in it.
 * @param zeroTimes whether a time that is not set is there as "0", or is left out: the documentation says the one, earlier code does the other
 * @throws {NotSignable}
 */
export function signedPayload(record: LogRecord, { zeroTimes }: { zeroTimes: boolean }): Buffer {
  const members = new Map<string, string>();
  if (record.event !== "") members.set("event_name", JSON.stringify(record.event));
  if (typeof record.body === "string") members.set("body", JSON.stringify(record.body));
  if (zeroTimes || record.time !== 0n) members.set("timestamp", `"${record.time}"`);
  if (zeroTimes || record.observed !== 0n) members.set("observed_timestamp", `"${record.observed}"`);
  if (record.traceId !== "") members.set("trace_id", JSON.stringify(record.traceId));
  if (record.spanId !== "") members.set("span_id", JSON.stringify(record.spanId));
  const attributes = new Map([...record.attributes].filter(([name]) => !name.startsWith(INTEGRITY)));
  const budget = { units: MAX_PAYLOAD_UNITS };
  if (attributes.size > 0) members.set("attributes", ofMap(attributes, 0, budget));
  const text = objectOf(members);
  if (text.length > MAX_PAYLOAD_UNITS) throw new NotSignable("larger than 2 MiB");
  return Buffer.from(text);
}

interface Budget {
  units: number;
}

function ofValue(value: Value, depth: number, budget: Budget): string {
  if (depth > MAX_DEPTH) throw new NotSignable(`deeper than ${MAX_DEPTH} levels`);
  const text = spelled(value, depth, budget);
  // Scalars and names in full, of lists and maps the brackets: never more than what it comes to in the end.
  budget.units -= typeof value === "object" && value !== null ? 2 : text.length;
  if (budget.units < 0) throw new NotSignable("larger than 2 MiB");
  return text;
}

function spelled(value: Value, depth: number, budget: Budget): string {
  if (value === null) return "null";
  if (typeof value === "string") return `{"stringValue":${JSON.stringify(value)}}`;
  if (typeof value === "boolean") return `{"boolValue":${value}}`;
  if (typeof value === "number" || typeof value === "bigint") return `{"intValue":"${value}"}`;
  if (value instanceof Double) return `{"doubleValue":${numberOf(value.value)}}`;
  if (value instanceof Uint8Array) return `{"bytesValue":"${Buffer.from(value).toString("base64")}"}`;
  if (Array.isArray(value)) return `[${value.map((item) => ofValue(item, depth + 1, budget)).join(",")}]`;
  if (value instanceof Ref) throw new NotSignable("a value that is not here");
  return ofMap(value, depth + 1, budget);
}

function ofMap(map: ReadonlyMap<string, Value>, depth: number, budget: Budget): string {
  const members = new Map<string, string>();
  for (const [name, value] of map) {
    budget.units -= name.length;
    members.set(name, ofValue(value, depth, budget));
  }
  return objectOf(members);
}

/** Members in the order of RFC 8785: by the UTF-16 units of their names, which is how JavaScript sorts. @param members names and spelled values */
function objectOf(members: ReadonlyMap<string, string>): string {
  const names = [...members.keys()].sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${members.get(name)!}`).join(",")}}`;
}

/** RFC 8785 spells numbers as ECMAScript does; there is no spelling of what is not finite. */
function numberOf(value: number): string {
  if (!Number.isFinite(value)) throw new NotSignable("a double that is not finite");
  return JSON.stringify(value);
}
