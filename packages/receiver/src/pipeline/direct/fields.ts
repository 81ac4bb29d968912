// fields.ts: finds the fields of a LogRecord in its protobuf bytes, and what lifting takes out of its attributes. Notes places, makes no
// values. Says no to whatever has another shape than nearly all records have.
// Source: opentelemetry-proto v1.11.0, logs.proto and common.proto.

import type { ValueDecoder } from "../../decode/protobuf-value.ts";
import { FIXED32, FIXED64, LENGTH, tag, VARINT, type WireReader } from "../../decode/wire.ts";
import { type Key, type Keys, MAX_KEY_BYTES } from "./keys.ts";

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
// KeyValue: key 1, value 2. AnyValue: string 1, bool 2, int 3.
const KEY = tag(1, LENGTH);
const VALUE = tag(2, LENGTH);
const STRING_VALUE = tag(1, LENGTH);
const BOOL_VALUE = tag(2, VARINT);
const INT_VALUE = tag(3, VARINT);

const MAX_ATTRIBUTES = 128;
/** A longer one has no chance to fit into a line as it is, and could have more values than a record may. */
export const MAX_RECORD_BYTES = 60_000;
/** From here on an integer may be a card's number. */
const SMALLEST_CARD = 1e12;

/** `lifted`: it goes elsewhere. `redactions`: a producer's, which go elsewhere when they are well made. `other`: by way of its value. */
export type Kind = "string" | "integer" | "boolean" | "null" | "other" | "lifted" | "redactions";

export interface FoundAttribute {
  key: Key;
  kind: Kind;
  /** Of a string, its bytes. */
  start: number;
  end: number;
  /** Where the AnyValue begins; it ends at `end`. */
  valueStart: number;
  /** An integer, or 1 for true. */
  number: number;
}

/** The fields of one record after the other. Absent ones are 0, as are empty ones. */
export class RecordFields {
  readonly #keys: Keys;
  /** The first `count` are of this record. */
  readonly attributes: FoundAttribute[];
  count = 0;
  #serial = 0;
  /** Whether every value was read; one of the kind `other` is not. */
  isRead = true;
  isAudit = false;
  idStart = 0;
  idEnd = 0;
  eventStart = 0;
  eventEnd = 0;
  timeLow = 0;
  timeHigh = 0;
  observedLow = 0;
  observedHigh = 0;
  /** Where the bytes of a valid id begin. */
  traceId = 0;
  spanId = 0;
  flags = 0;
  severity = 0;
  severityTextStart = 0;
  severityTextEnd = 0;
  droppedAttributes = 0;
  bodyKind: "none" | "null" | "string" | "other" = "none";
  bodyStart = 0;
  bodyEnd = 0;
  bodyValue = 0;
  hasActor = false;
  hasAction = false;
  hasOutcome = false;
  /** The attribute that names the producer's stream, -1 when there is none. */
  stream = -1;
  streamNumber = 0;
  isEnd = false;

  constructor(keys: Keys) {
    this.#keys = keys;
    const none = (): FoundAttribute => ({ key: keys.start, kind: "null", start: 0, end: 0, valueStart: 0, number: 0 });
    this.attributes = Array.from({ length: MAX_ATTRIBUTES }, none);
  }

  /** Reads the LogRecord up to `end`. False, for the long way, when there is anything unusual in it. @throws {Fault} likewise */
  read({ wire }: ValueDecoder, end: number): boolean {
    if (end - wire.pos > MAX_RECORD_BYTES) return false;
    this.#clear();
    let before = this.#keys.start;
    while (wire.pos < end) {
      const fieldTag = wire.tag(end);
      switch (fieldTag) {
        case ATTRIBUTES: {
          if (this.count === MAX_ATTRIBUTES) return false;
          const attribute = this.attributes[this.count++]!;
          if (!this.#keyValue(wire, wire.lengthEnd(end), attribute, before)) return false;
          before = attribute.key;
          break;
        }
        case TIME:
          wire.fixed64Halves(end);
          this.timeLow = wire.low;
          this.timeHigh = wire.high;
          break;
        case OBSERVED:
          wire.fixed64Halves(end);
          this.observedLow = wire.low;
          this.observedHigh = wire.high;
          break;
        case SEVERITY_NUMBER:
          this.severity = wire.int32(end);
          break;
        case SEVERITY_TEXT: {
          if (this.severityTextEnd > 0) return false;
          const stop = wire.lengthEnd(end);
          this.severityTextStart = wire.pos;
          this.severityTextEnd = stop;
          wire.pos = stop;
          break;
        }
        case BODY:
          if (this.bodyKind !== "none" || !this.#body(wire, wire.lengthEnd(end))) return false;
          break;
        case DROPPED:
          this.droppedAttributes = wire.uint32(end);
          break;
        case FLAGS:
          this.flags = wire.fixed32(end) & 0xff;
          break;
        case TRACE_ID:
          this.traceId = readId(wire, wire.lengthEnd(end), 16);
          break;
        case SPAN_ID:
          this.spanId = readId(wire, wire.lengthEnd(end), 8);
          break;
        case EVENT_NAME: {
          if (this.eventEnd > 0) return false;
          const stop = wire.lengthEnd(end);
          this.eventStart = wire.pos;
          this.eventEnd = stop;
          wire.pos = stop;
          break;
        }
        default:
          wire.skipUnknown(fieldTag, end, RECORD_FIELDS);
      }
    }
    return this.#lift();
  }

  #clear(): void {
    this.#serial++;
    this.count = 0;
    this.isRead = true;
    this.isAudit = this.hasActor = this.hasAction = this.hasOutcome = this.isEnd = false;
    this.idStart = this.idEnd = this.eventStart = this.eventEnd = this.severityTextStart = this.severityTextEnd = 0;
    this.timeLow = this.timeHigh = this.observedLow = this.observedHigh = this.traceId = this.spanId = 0;
    this.flags = this.severity = this.droppedAttributes = this.bodyStart = this.bodyEnd = this.bodyValue = 0;
    this.bodyKind = "none";
    this.stream = -1;
    this.streamNumber = 0;
  }

  /** A key, then a value with one member at most, then the end. */
  #keyValue(wire: WireReader, end: number, attribute: FoundAttribute, before: Key): boolean {
    if (wire.pos >= end || wire.tag(end) !== KEY) return false;
    const keyEnd = wire.lengthEnd(end);
    const keyStart = wire.pos;
    if (keyEnd - keyStart > MAX_KEY_BYTES) return false;
    const key = this.#keys.at(wire.view, keyStart, keyEnd, before);
    if (key.isUnusual || key.serial === this.#serial || this.#keys.evictedSerial === this.#serial) return false;
    key.serial = this.#serial;
    if (key.isAudit) this.isAudit = true;
    attribute.key = key;
    attribute.kind = "null";
    attribute.start = attribute.end = attribute.valueStart = end;
    wire.pos = keyEnd;
    if (keyEnd < end) {
      if (wire.tag(end) !== VALUE || wire.lengthEnd(end) !== end) return false;
      attribute.valueStart = wire.pos;
      attribute.kind = anyValue(wire, end, attribute);
      if (attribute.kind === "other") this.isRead = false;
    }
    wire.pos = end;
    return true;
  }

  #body(wire: WireReader, end: number): boolean {
    const found = { start: end, number: 0 };
    this.bodyValue = wire.pos;
    const kind = anyValue(wire, end, found);
    if (kind === "other") this.isRead = false;
    this.bodyKind = kind === "null" || kind === "string" ? kind : "other";
    this.bodyStart = found.start;
    this.bodyEnd = end;
    wire.pos = end;
    return true;
  }

  /** What liftAudit does. False where it would note that something has the wrong type. */
  #lift(): boolean {
    let [number, end, event, older] = [-1, -1, -1, -1];
    for (let i = 0; i < this.count; i++) {
      const attribute = this.attributes[i]!;
      const { kind, start } = attribute;
      const isText = kind === "string";
      const isFilled = isText && start < attribute.end;
      switch (attribute.key.role) {
        case "none":
          break;
        case "id":
          if (!isFilled) return false;
          this.idStart = start;
          this.idEnd = attribute.end;
          attribute.kind = "lifted";
          break;
        case "stream":
          if (!isFilled) return false;
          this.stream = i;
          break;
        case "number":
          if (kind !== "integer" || attribute.number < 1) return false;
          number = i;
          break;
        case "end":
          if (kind !== "boolean") return false;
          end = i;
          break;
        case "redactions":
          if (kind !== "other") return false;
          attribute.kind = "redactions";
          break;
        case "event":
          if (isFilled) event = i;
          break;
        case "older_event":
          if (isFilled) older = i;
          break;
        case "actor":
          if (!isText && kind !== "null") return false;
          this.hasActor = isFilled;
          break;
        case "action":
          if (!isText && kind !== "null") return false;
          this.hasAction = isFilled;
          break;
        case "outcome":
          if (!isText && kind !== "null") return false;
          this.hasOutcome = isFilled;
          break;
        case "text":
          if (!isText && kind !== "null") return false;
          break;
      }
    }
    if (this.eventEnd === this.eventStart) {
      const named = event >= 0 ? event : older;
      if (named >= 0) {
        this.eventStart = this.attributes[named]!.start;
        this.eventEnd = this.attributes[named]!.end;
      }
    }
    return this.#liftProducer(number, end);
  }

  #liftProducer(number: number, end: number): boolean {
    if (this.stream < 0) return number < 0 && end < 0;
    if (number < 0) return false;
    this.streamNumber = this.attributes[number]!.number;
    this.attributes[this.stream]!.kind = "lifted";
    this.attributes[number]!.kind = "lifted";
    if (end >= 0) {
      this.isEnd = this.attributes[end]!.number === 1;
      this.attributes[end]!.kind = "lifted";
    }
    return true;
  }
}

/** What an AnyValue holds. Of a string, `start` is where its bytes begin. */
function anyValue(wire: WireReader, end: number, found: { start: number; number: number }): Kind {
  if (wire.pos === end) return "null";
  switch (wire.tag(end)) {
    case STRING_VALUE:
      if (wire.lengthEnd(end) !== end) return "other";
      found.start = wire.pos;
      return "string";
    case INT_VALUE: {
      const value = wire.int64(end);
      if (wire.pos !== end || typeof value !== "number" || value >= SMALLEST_CARD) return "other";
      found.number = value;
      return "integer";
    }
    case BOOL_VALUE:
      found.number = wire.bool(end) ? 1 : 0;
      return wire.pos === end ? "boolean" : "other";
    default:
      return "other";
  }
}

/** Where a trace or span id begins; 0 when it is none. */
function readId(wire: WireReader, stop: number, length: number): number {
  const start = wire.pos;
  wire.pos = stop;
  if (stop - start !== length) return 0;
  for (let at = start; at < stop; at++) if (wire.bytes[at] !== 0) return start;
  return 0;
}
