// expected.ts: the oracle of the decoder tests: a request in our tests' form to the records that it must become. Written for
// clearness from the rules, sharing nothing with the decoders but the types.

import {
  Double,
  type Fields,
  type LogRecord,
  type Note,
  type Resource,
  type Scope,
  sortNotes,
  type Value,
} from "@proofline/event";
import type { AnyValue, KeyValue, OtlpLogRecord, OtlpRequest, ResourceLogs, ScopeLogs } from "../../../../test/support/otlp.ts";

export function expectedRecords(request: OtlpRequest): LogRecord[] {
  return (request.resourceLogs ?? []).flatMap((group) =>
    (group.scopeLogs ?? []).flatMap((scopeLogs) =>
      (scopeLogs.logRecords ?? []).map((record) => expectedRecord(record, scopeLogs, group)),
    ),
  );
}

function expectedRecord(record: OtlpLogRecord, scopeLogs: ScopeLogs, group: ResourceLogs): LogRecord {
  const notes: Note[] = [];
  const scope: Scope = {
    name: scopeLogs.scope?.name ?? "",
    version: scopeLogs.scope?.version ?? "",
    schemaUrl: scopeLogs.schemaUrl ?? "",
    attributes: fields(scopeLogs.scope?.attributes, "scope.attributes", notes),
    droppedAttributes: scopeLogs.scope?.droppedAttributesCount ?? 0,
  };
  const resource: Resource = {
    schemaUrl: group.schemaUrl ?? "",
    attributes: fields(group.resource?.attributes, "resource", notes),
    droppedAttributes: group.resource?.droppedAttributesCount ?? 0,
  };
  const attributes = fields(record.attributes, "attributes", notes);
  const body = record.body && value(record.body, "body", notes);
  return {
    id: "",
    event: record.eventName ?? "",
    time: BigInt(record.timeUnixNano ?? 0),
    observed: BigInt(record.observedTimeUnixNano ?? 0),
    traceId: id(record.traceId, 16),
    spanId: id(record.spanId, 8),
    flags: (record.flags ?? 0) & 0xff,
    severity: record.severityNumber ?? 0,
    severityText: record.severityText ?? "",
    attributes,
    droppedAttributes: record.droppedAttributesCount ?? 0,
    body,
    scope,
    resource,
    redactions: [],
    producer: undefined,
    writer: "",
    notes: sortNotes(notes),
    quarantine: undefined,
  };
}

function fields(list: readonly KeyValue[] | undefined, path: string, notes: Note[]): Fields {
  const map: Fields = new Map();
  for (const { key = "", value: any } of list ?? []) {
    const place = `${path}.${key}`;
    if (map.has(key)) notes.push({ path: place, note: "duplicate_key" });
    map.set(key, any === undefined ? null : value(any, place, notes));
  }
  return map;
}

function value(any: AnyValue, path: string, notes: Note[]): Value {
  if (any.stringValue !== undefined) return any.stringValue;
  if (any.boolValue !== undefined) return any.boolValue;
  if (any.doubleValue !== undefined) return new Double(any.doubleValue);
  if (any.bytesValue !== undefined) return Uint8Array.from(any.bytesValue);
  if (any.arrayValue !== undefined) return (any.arrayValue.values ?? []).map((item, i) => value(item, `${path}[${i}]`, notes));
  if (any.kvlistValue !== undefined) return fields(any.kvlistValue.values, path, notes);
  if (any.intValue === undefined) return null;
  const int = BigInt(any.intValue);
  return int >= -(2n ** 53n) + 1n && int <= 2n ** 53n - 1n ? Number(int) : int;
}

function id(bytes: Uint8Array | undefined, length: number): string {
  if (bytes === undefined || bytes.length !== length || bytes.every((byte) => byte === 0)) return "";
  return Buffer.from(bytes).toString("hex");
}
