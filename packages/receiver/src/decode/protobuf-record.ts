// protobuf-record.ts: the fields of a LogRecord from protobuf. Knows nothing of what stands above it or beside it.
// Source: opentelemetry-proto v1.11.0, logs.proto.

import type { LogRecord } from "@proofline/event";
import type { ValueDecoder } from "./protobuf-value.ts";
import { FIXED32, FIXED64, LENGTH, tag, VARINT } from "./wire.ts";

// LogRecord; 4 is reserved.
const TIME = tag(1, FIXED64);
const SEVERITY_NUMBER = tag(2, VARINT);
const SEVERITY_TEXT = tag(3, LENGTH);
const BODY = tag(5, LENGTH);
const ATTRIBUTES = tag(6, LENGTH);
const DROPPED = tag(7, VARINT);
const FLAGS = tag(8, FIXED32);
const TRACE_ID = tag(9, LENGTH);
const SPAN_ID = tag(10, LENGTH);
const OBSERVED = tag(11, FIXED64);
const EVENT_NAME = tag(12, LENGTH);
const RECORD_FIELDS = 0b1_1111_1110_1110;

/** Reads a LogRecord up to `end` into an empty record, its notes included. @throws {Fault} */
export function readLogRecord(values: ValueDecoder, end: number, record: LogRecord): void {
  const { wire, notes } = values;
  while (wire.pos < end) {
    const fieldTag = wire.tag(end);
    switch (fieldTag) {
      case ATTRIBUTES:
        values.attribute(wire.lengthEnd(end), record.attributes, "attributes");
        break;
      case TIME:
        record.time = wire.fixed64(end);
        break;
      case OBSERVED:
        record.observed = wire.fixed64(end);
        break;
      case SEVERITY_NUMBER:
        record.severity = wire.int32(end);
        break;
      case SEVERITY_TEXT:
        record.severityText = values.string(end, "severity_text");
        break;
      case BODY: {
        const mark = notes.length;
        record.body = values.anyValue(wire.lengthEnd(end), record.body ?? null, 1, false);
        if (notes.length !== mark) notes.underField(mark, "body");
        break;
      }
      case DROPPED:
        record.droppedAttributes = wire.uint32(end);
        break;
      case FLAGS:
        record.flags = wire.fixed32(end) & 0xff;
        break;
      case TRACE_ID:
        record.traceId = readId(values, end, 16);
        break;
      case SPAN_ID:
        record.spanId = readId(values, end, 8);
        break;
      case EVENT_NAME:
        record.event = values.string(end, "event");
        break;
      default:
        wire.skipUnknown(fieldTag, end, RECORD_FIELDS);
    }
  }
  record.notes = notes.take();
}

/** A trace or span id; "" when it is none. */
function readId({ wire, text }: ValueDecoder, end: number, length: number): string {
  const stop = wire.lengthEnd(end);
  const start = wire.pos;
  wire.pos = stop;
  return stop - start === length ? text.id(start, stop) : "";
}
