// otlp.ts: one log record as a whole ExportLogsServiceRequest. Repeated fields of protobuf concatenate, so a batch is the bytes of
// its records one after the other, and nothing is encoded twice. Source: opentelemetry-proto 1.11.0, logs/v1/logs.proto.
// Unlike the stock serializer it can say an int64 beyond 2^53, and it encodes the resource and the scope once, not once a record.

import { ProtobufWriter } from "./protobuf.ts";
import type { AuditLogRecord } from "./sink.ts";

/** Not reentrant; its answer is a view that is valid until the next call. */
export class RecordEncoder {
  readonly #writer = new ProtobufWriter();
  /** Most records come from the same scope as the one before. */
  #last: { readonly resource: object; readonly scope: object; readonly envelope: Envelope } | undefined;
  readonly #envelopes = new WeakMap<object, WeakMap<object, Envelope>>();

  /** @param head bytes to leave free in front of the request, for the caller's own */
  encode(record: AuditLogRecord, head = 0): Uint8Array {
    const envelope = this.#envelope(record);
    const writer = this.#writer;
    writer.reset(head);
    writer.tag(1, 2); // resource_logs
    const resourceLogs = writer.open();
    writer.raw(envelope.resource);
    writer.tag(2, 2); // scope_logs
    const scopeLogs = writer.open();
    writer.raw(envelope.scope);
    writer.tag(2, 2); // log_records
    const logRecord = writer.open();
    writeRecord(writer, record);
    writer.close(logRecord);
    writer.raw(envelope.scopeTail);
    writer.close(scopeLogs);
    writer.raw(envelope.resourceTail);
    writer.close(resourceLogs);
    return writer.finish();
  }

  #envelope(record: AuditLogRecord): Envelope {
    const last = this.#last;
    if (last?.resource === record.resource && last.scope === record.instrumentationScope) return last.envelope;
    const envelope = this.#find(record);
    this.#last = { resource: record.resource, scope: record.instrumentationScope, envelope };
    return envelope;
  }

  #find(record: AuditLogRecord): Envelope {
    const scopes = this.#envelopes.get(record.resource) ?? new WeakMap<object, Envelope>();
    const envelope = scopes.get(record.instrumentationScope) ?? encodeEnvelope(record);
    this.#envelopes.set(record.resource, scopes.set(record.instrumentationScope, envelope));
    return envelope;
  }
}

type Envelopes = Pick<AuditLogRecord, "resource" | "instrumentationScope">;

interface Envelope {
  readonly resource: Uint8Array;
  readonly resourceTail: Uint8Array;
  readonly scope: Uint8Array;
  readonly scopeTail: Uint8Array;
}

function encodeEnvelope({ resource, instrumentationScope }: Envelopes): Envelope {
  return {
    resource: written((writer) => message(writer, 1, () => writeFields(writer, 1, resource.attributes))),
    resourceTail: written((writer) => text(writer, 3, resource.schemaUrl)),
    scope: written((writer) =>
      message(writer, 1, () => {
        text(writer, 1, instrumentationScope.name);
        text(writer, 2, instrumentationScope.version);
        writeFields(writer, 3, instrumentationScope.attributes ?? {});
      }),
    ),
    scopeTail: written((writer) => text(writer, 3, instrumentationScope.schemaUrl)),
  };
}

function writeRecord(writer: ProtobufWriter, record: AuditLogRecord): void {
  writer.tag(1, 1);
  writer.fixed64Time(record.hrTime[0], record.hrTime[1]);
  if (record.severityNumber !== undefined && record.severityNumber !== 0) {
    writer.tag(2, 0);
    writer.int64(Math.trunc(record.severityNumber));
  }
  text(writer, 3, record.severityText);
  if (record.body !== undefined) message(writer, 5, () => writeValue(writer, record.body));
  writeFields(writer, 6, record.attributes);
  if (record.droppedAttributesCount > 0) {
    writer.tag(7, 0);
    writer.varint(record.droppedAttributesCount);
  }
  const span = record.spanContext;
  if (span !== undefined) {
    if (span.traceFlags !== 0) {
      writer.tag(8, 5);
      writer.fixed32(span.traceFlags);
    }
    writer.tag(9, 2);
    writer.hex(span.traceId);
    writer.tag(10, 2);
    writer.hex(span.spanId);
  }
  writer.tag(11, 1);
  writer.fixed64Time(record.hrTimeObserved[0], record.hrTimeObserved[1]);
  text(writer, 12, record.eventName);
}

function writeFields(writer: ProtobufWriter, field: number, fields: object): void {
  const entries = (fields instanceof Map ? fields : Object.entries(fields)) as Iterable<[string, unknown]>;
  for (const [key, value] of entries) {
    if (value === undefined) continue;
    writer.tag(field, 2);
    const pair = writer.open();
    writer.tag(1, 2);
    writer.string(key);
    writer.tag(2, 2);
    const mark = writer.open();
    writeValue(writer, value);
    writer.close(mark);
    writer.close(pair);
  }
}

/** AnyValue. What has no spelling on the wire (it should not come this far) is named. */
function writeValue(writer: ProtobufWriter, value: unknown): void {
  if (value === null) return;
  switch (typeof value) {
    case "undefined":
      return;
    case "string":
      writer.tag(1, 2);
      writer.string(value);
      return;
    case "boolean":
      writer.tag(2, 0);
      writer.varint(value ? 1 : 0);
      return;
    case "number":
      writeNumber(writer, value);
      return;
    case "bigint":
      writer.tag(3, 0);
      writer.int64(value);
      return;
    case "object":
      writeObject(writer, value);
      return;
    case "symbol":
    case "function":
      writer.tag(1, 2);
      writer.string(`[${typeof value}]`);
  }
}

function writeNumber(writer: ProtobufWriter, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    writer.tag(3, 0);
    writer.int64(value);
  } else {
    writer.tag(4, 1);
    writer.double(value);
  }
}

function writeObject(writer: ProtobufWriter, value: object): void {
  if (value instanceof Uint8Array) {
    writer.tag(7, 2);
    writer.bytes(value);
  } else if (Array.isArray(value)) {
    message(writer, 5, () => {
      for (const item of value) message(writer, 1, () => writeValue(writer, item));
    });
  } else message(writer, 6, () => writeFields(writer, 1, value));
}

function text(writer: ProtobufWriter, field: number, value: string | undefined): void {
  if (value === undefined || value === "") return;
  writer.tag(field, 2);
  writer.string(value);
}

function message(writer: ProtobufWriter, field: number, write: () => void): void {
  writer.tag(field, 2);
  const mark = writer.open();
  write();
  writer.close(mark);
}

function written(write: (writer: ProtobufWriter) => void): Uint8Array {
  const writer = new ProtobufWriter();
  write(writer);
  return writer.finish().slice();
}
