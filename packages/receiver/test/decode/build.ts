// build.ts: small requests for the decoder tests, byte by byte in protobuf and character by character in JSON.

import type { LogRecord } from "@proofline/event";
import { type DecodedRecord, type DecodeLimits, decodeLogsJson, decodeLogsProtobuf } from "@proofline/receiver";
import { encodeMessage, messageType, type OtlpLogRecord } from "../../../../test/support/otlp.ts";
import { lengthField } from "./noisy-encoder.ts";

/** A LogRecord's bytes. */
export function recordBytes(record: OtlpLogRecord): Uint8Array {
  return encodeMessage(messageType("logs.v1.LogRecord"), record);
}

/** A request of records given as bytes, under one resource and scope, also as bytes. */
export function requestOf(o: { resource?: Iterable<number>; scope?: Iterable<number>; records: Iterable<number>[] }): Uint8Array {
  const scopeLogs = [...(o.scope ? lengthField(1, o.scope) : []), ...o.records.flatMap((record) => lengthField(2, record))];
  return Uint8Array.from(lengthField(1, [...(o.resource ? lengthField(1, o.resource) : []), ...lengthField(2, scopeLogs)]));
}

/** Decodes one LogRecord given as bytes. */
export function decodeRecord(bytes: Iterable<number>, limits?: DecodeLimits): DecodedRecord {
  const { records } = decodeLogsProtobuf(requestOf({ records: [bytes] }), limits);
  if (records.length !== 1) throw new Error(`${records.length} records from one`);
  return records[0]!;
}

/** Decodes a request given as JSON text. */
export function decodeJson(text: string, limits?: DecodeLimits): DecodedRecord[] {
  return decodeLogsJson(new TextEncoder().encode(text), limits).records;
}

/** Decodes one LogRecord given as JSON text. */
export function decodeJsonRecord(text: string, limits?: DecodeLimits): DecodedRecord {
  const records = decodeJson(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[${text}]}]}]}`, limits);
  if (records.length !== 1) throw new Error(`${records.length} records from one`);
  return records[0]!;
}

/** A record that must have been understood. */
export function understood({ record, raw }: DecodedRecord): LogRecord {
  if (record.quarantine !== undefined || raw !== undefined) throw new Error(`in quarantine: ${record.quarantine?.reason}`);
  return record;
}

export function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}
