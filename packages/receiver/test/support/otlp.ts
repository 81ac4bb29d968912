// otlp.ts: OTLP requests for tests, in both encodings, from one JSON-shaped description. The encoder is protobufjs with the
// official .proto files: a reference that shares no code with the receiver.

import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import protobuf from "protobufjs";

const protoFolder = fileURLToPath(new URL("../../../../test/proto/", import.meta.url));
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => protoFolder + target;
root.loadSync("opentelemetry/proto/collector/logs/v1/logs_service.proto");
const requestType = root.lookupType("opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest");

export const gzipped: (bytes: Uint8Array) => Promise<Buffer> = promisify(gzip);

export type AnyValue = { stringValue: string } | { intValue: string } | { kvlistValue: { values: KeyValue[] } };
export interface KeyValue {
  key: string;
  value: AnyValue;
}
export interface TestRecord {
  eventName?: string;
  timeUnixNano?: string;
  severityNumber?: number;
  severityText?: string;
  body?: AnyValue;
  attributes?: KeyValue[];
  traceId?: string;
  spanId?: string;
  droppedAttributesCount?: number;
}
export interface Request {
  resourceLogs: {
    resource?: { attributes: KeyValue[] };
    scopeLogs: { scope?: { name: string; version?: string }; logRecords: TestRecord[] }[];
  }[];
}

export function attribute(key: string, value: string): KeyValue {
  return { key, value: { stringValue: value } };
}

/** A whole audit record with an id. */
export function auditRecord(id: string, more: Readonly<Record<string, string>> = {}): TestRecord {
  const attributes = {
    "audit.record.id": id,
    "audit.actor.id": "ann",
    "audit.actor.type": "user",
    "audit.action": "APPROVE",
    "audit.outcome": "success",
    ...more,
  };
  return {
    eventName: "invoice.approved",
    timeUnixNano: "1763719200000000001",
    severityNumber: 9,
    attributes: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    traceId: "5b8aa5a2d2c872e8321cf37308d69df2",
    spanId: "051581bf3cb55c13",
  };
}

export function request(...logRecords: TestRecord[]): Request {
  return {
    resourceLogs: [
      {
        resource: { attributes: [attribute("service.name", "invoices")] },
        scopeLogs: [{ scope: { name: "invoices.audit", version: "1.2.3" }, logRecords }],
      },
    ],
  };
}

export function toJson(body: Request): Buffer {
  return Buffer.from(JSON.stringify(body));
}

/** Trace and span ids are hex in OTLP's JSON and bytes on the wire; protobufjs would read them as base64. */
export function toProtobuf(body: Request): Buffer {
  const wire = structuredClone(body) as unknown as { resourceLogs: { scopeLogs: { logRecords: Record<string, unknown>[] }[] }[] };
  for (const { scopeLogs } of wire.resourceLogs) {
    for (const { logRecords } of scopeLogs) {
      for (const record of logRecords) {
        for (const id of ["traceId", "spanId"]) if (typeof record[id] === "string") record[id] = Buffer.from(record[id], "hex");
      }
    }
  }
  return Buffer.from(requestType.encode(requestType.fromObject(wire)).finish());
}
