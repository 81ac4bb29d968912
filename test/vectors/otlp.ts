// otlp.ts: writes one OTLP request in both encodings from one description, for the vectors. JSON is written as text, so that numbers keep
// their spelling; protobuf with protobufjs from the official .proto files. Knows no line.
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

/** A piece of a request: its JSON text, and the object that protobufjs encodes. */
export interface Both {
  readonly json: string;
  readonly pb: unknown;
}

const both = (json: string, pb: unknown): Both => ({ json, pb });
const quote = (text: string): string => JSON.stringify(text);
const hexToBytes = (hex: string): Buffer => Buffer.from(hex, "hex");
const lists = (name: string, parts: readonly Both[]): string => `{${quote(name)}:[${parts.map(({ json }) => json).join(",")}]}`;

export const empty: Both = both("{}", {});
export const str = (text: string): Both => both(`{"stringValue":${quote(text)}}`, { stringValue: text });
export const bool = (value: boolean): Both => both(`{"boolValue":${value}}`, { boolValue: value });
/** int64, as its digits; JSON has them in a string, as OTLP asks. */
export const int = (digits: string): Both => both(`{"intValue":"${digits}"}`, { intValue: digits });
export const double = (value: number, spelling: string = Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`): Both =>
  both(`{"doubleValue":${spelling}}`, { doubleValue: value });
export const bytes = (hex: string): Both => both(`{"bytesValue":"${hexToBytes(hex).toString("base64")}"}`, { bytesValue: hexToBytes(hex) });
export const list = (...values: Both[]): Both => both(`{"arrayValue":${lists("values", values)}}`, { arrayValue: { values: values.map(({ pb }) => pb) } });
export const map = (...pairs: Both[]): Both => both(`{"kvlistValue":${lists("values", pairs)}}`, { kvlistValue: { values: pairs.map(({ pb }) => pb) } });

/** A KeyValue; without a value when none is given. */
export const kv = (key: string, value?: Both): Both =>
  value === undefined ? both(`{"key":${quote(key)}}`, { key }) : both(`{"key":${quote(key)},"value":${value.json}}`, { key, value: value.pb });

/** A list or map so deep that a scalar in it stands on level `levels` when the value itself stands on level 1. */
export function nested(levels: number): Both {
  let value = str("deep");
  for (let level = 1; level < levels; level++) value = level % 2 === 0 ? map(kv("m", value)) : list(value);
  return value;
}

/** A message of fields that are given in both encodings. */
type Fields = Record<string, Both | undefined>;
function message(fields: Fields): Both {
  const set = Object.entries(fields).filter((entry): entry is [string, Both] => entry[1] !== undefined);
  return both(`{${set.map(([name, { json }]) => `${quote(name)}:${json}`).join(",")}}`, Object.fromEntries(set.map(([name, { pb }]) => [name, pb])));
}
const text = (value: string | undefined): Both | undefined => (value === undefined ? undefined : both(quote(value), value));
const digits = (value: string | undefined): Both | undefined => (value === undefined ? undefined : both(quote(value), value));
const integer = (value: number | undefined): Both | undefined => (value === undefined ? undefined : both(String(value), value));
const id = (hex: string | undefined): Both | undefined => (hex === undefined ? undefined : both(quote(hex), hexToBytes(hex)));
const repeated = (parts: readonly Both[] | undefined): Both | undefined =>
  parts === undefined ? undefined : both(`[${parts.map(({ json }) => json).join(",")}]`, parts.map(({ pb }) => pb));

export interface RecordSpec {
  time?: string;
  observed?: string;
  severity?: number;
  severityText?: string;
  body?: Both;
  attributes?: Both[];
  dropped?: number;
  flags?: number;
  traceId?: string;
  spanId?: string;
  event?: string;
}
export const logRecord = (r: RecordSpec): Both =>
  message({
    timeUnixNano: digits(r.time),
    observedTimeUnixNano: digits(r.observed),
    severityNumber: integer(r.severity),
    severityText: text(r.severityText),
    body: r.body,
    attributes: repeated(r.attributes),
    droppedAttributesCount: integer(r.dropped),
    flags: integer(r.flags),
    traceId: id(r.traceId),
    spanId: id(r.spanId),
    eventName: text(r.event),
  });

export interface ScopeSpec {
  name?: string;
  version?: string;
  attributes?: Both[];
  dropped?: number;
  schemaUrl?: string;
  records: Both[];
}
export const scopeLogs = (s: ScopeSpec): Both => {
  const isEmpty = [s.name, s.version, s.attributes, s.dropped].every((field) => field === undefined);
  const scope = message({ name: text(s.name), version: text(s.version), attributes: repeated(s.attributes), droppedAttributesCount: integer(s.dropped) });
  return message({ scope: isEmpty ? undefined : scope, logRecords: repeated(s.records), schemaUrl: text(s.schemaUrl) });
};

export interface ResourceSpec {
  attributes?: Both[];
  dropped?: number;
  schemaUrl?: string;
  scopes: Both[];
}
export const resourceLogs = (r: ResourceSpec): Both => {
  const isEmpty = r.attributes === undefined && r.dropped === undefined;
  const resource = message({ attributes: repeated(r.attributes), droppedAttributesCount: integer(r.dropped) });
  return message({ resource: isEmpty ? undefined : resource, scopeLogs: repeated(r.scopes), schemaUrl: text(r.schemaUrl) });
};

export const request = (...resources: Both[]): Both => message({ resourceLogs: repeated(resources) });

const protoFolder = fileURLToPath(new URL("../proto/", import.meta.url));
protobuf.util.recursionLimit = 1_000; // 65 levels of values are some 260 messages
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => protoFolder + target;
root.loadSync("opentelemetry/proto/collector/logs/v1/logs_service.proto");
const requestType = root.lookupType("opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest");

/** The request's protobuf, in hex. */
export function protobufHex({ pb }: Both): string {
  return Buffer.from(requestType.encode(requestType.fromObject(pb as Record<string, unknown>)).finish()).toString("hex");
}
