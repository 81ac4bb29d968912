// entry.ts: one line of the ledger as one Loki entry: labels, structured metadata, and the line itself, byte for byte.
// The metadata is an index for queries, cut where it is long; nobody proves anything from it. Knows no HTTP.

import {
  ATTR_AUDIT_ACTION,
  ATTR_AUDIT_ACTOR_ID,
  ATTR_AUDIT_ACTOR_TYPE,
  ATTR_AUDIT_OUTCOME,
  ATTR_AUDIT_TARGET_ID,
  ATTR_AUDIT_TARGET_TYPE,
  ATTR_PROOFLINE_EVENT_CLASS,
  ATTR_PROOFLINE_TASK_ID,
  ATTR_PROOFLINE_WORKFLOW_ID,
  parseTime,
} from "@proofline/event";
import type { StreamLabels } from "./labels.ts";
import type { LokiLimits } from "./limits.ts";

export interface LokiEntry {
  readonly seq: number;
  /** Unix nanoseconds. */
  readonly receivedNs: bigint;
  /** JSON object of the labels: equal for entries of one stream. */
  readonly stream: string;
  /** What follows the timestamp in a `values` item: `"line",{metadata}]`. */
  readonly json: string;
  /** Line and metadata, as Loki counts them. */
  readonly bytes: number;
}

/** A line that Loki would refuse for certain, found before it was sent. */
export interface UnsendableLine {
  readonly seq: number;
  readonly unsendable: string;
}

const METADATA_ATTRIBUTES: readonly (readonly [name: string, attribute: string])[] = [
  ["actor_id", ATTR_AUDIT_ACTOR_ID],
  ["actor_type", ATTR_AUDIT_ACTOR_TYPE],
  ["action", ATTR_AUDIT_ACTION],
  ["outcome", ATTR_AUDIT_OUTCOME],
  ["target_id", ATTR_AUDIT_TARGET_ID],
  ["target_type", ATTR_AUDIT_TARGET_TYPE],
  ["workflow_id", ATTR_PROOFLINE_WORKFLOW_ID],
  ["task_id", ATTR_PROOFLINE_TASK_ID],
];
const MAX_METADATA_VALUE_CHARS = 256;
const UNKNOWN_SERVICE = "unknown_service";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Total: any bytes give an entry or an {@link UnsendableLine}. Cost: one JSON.parse of the line, and its spelling as a JSON string. */
export function entryFor(seq: number, line: Uint8Array, labels: StreamLabels, limits: LokiLimits): LokiEntry | UnsendableLine {
  if (line.length > limits.maxLineBytes) {
    return { seq, unsendable: `the line has ${line.length} bytes, Loki takes ${limits.maxLineBytes}` };
  }
  let text: string;
  let fields: Record<string, unknown>;
  let receivedNs: bigint;
  try {
    text = decoder.decode(line);
    fields = record(JSON.parse(text));
    receivedNs = parseTime(string(fields.received));
  } catch (error) {
    return { seq, unsendable: `this is not a line of a ledger: ${error instanceof Error ? error.message : String(error)}` };
  }
  const service = string(record(fields.resource)["service.name"]);
  const label = labels.serviceLabel(service === "" ? UNKNOWN_SERVICE : service);
  const metadata = metadataOf(seq, fields);
  if (service !== "" && label !== service) metadata.service = cut(service);
  const bytes = line.length + metadataBytes(metadata);
  const over = metadataProblem(metadata, bytes - line.length, limits);
  if (over !== undefined) return { seq, unsendable: over };
  return {
    seq,
    receivedNs,
    stream: labels.line(label, string(record(fields.attributes)[ATTR_PROOFLINE_EVENT_CLASS])),
    json: `${JSON.stringify(text)},${JSON.stringify(metadata)}]`,
    bytes,
  };
}

function metadataOf(seq: number, fields: Record<string, unknown>): Record<string, string> {
  const attributes = record(fields.attributes);
  const metadata: Record<string, string> = { seq: String(seq) };
  const put = (name: string, value: unknown): void => {
    if (typeof value === "string" && value !== "") metadata[name] = cut(value);
  };
  put("record_id", fields.id);
  put("event", fields.event);
  put("trace_id", fields.trace_id);
  put("span_id", fields.span_id);
  for (const [name, attribute] of METADATA_ATTRIBUTES) put(name, attributes[attribute]);
  put("quarantine", record(fields.quarantine).code);
  return metadata;
}

/** Loki turns U+FFFD into a space; it is done here, so that what was sent is what is read. */
function cut(value: string): string {
  const clean = value.includes("\uFFFD") ? value.replaceAll("\uFFFD", " ") : value;
  return clean.length <= MAX_METADATA_VALUE_CHARS
    ? clean
    : `${clean.slice(0, MAX_METADATA_VALUE_CHARS).toWellFormed().replace("\uFFFD", "")}…`;
}

function metadataBytes(metadata: Record<string, string>): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(metadata)) bytes += name.length + Buffer.byteLength(value);
  return bytes;
}

function metadataProblem(metadata: Record<string, string>, bytes: number, limits: LokiLimits): string | undefined {
  const count = Object.keys(metadata).length;
  if (bytes > limits.maxMetadataBytes) return `its structured metadata has ${bytes} bytes, Loki takes ${limits.maxMetadataBytes}`;
  if (count > limits.maxMetadataEntries)
    return `it has ${count} items of structured metadata, Loki takes ${limits.maxMetadataEntries}`;
  return undefined;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}
