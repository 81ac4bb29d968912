// protobuf.ts: an ExportLogsServiceRequest in protobuf to records. One broken record never costs its neighbours; what is kept
// of it, above.ts decides. Source: opentelemetry-proto v1.11.0, logs.proto, resource.proto, logs_service.proto.

import { emptyRecord, type Fields, type Resource, type Scope } from "@proofline/event";
import { broken, complete, type Part, unreadable } from "./above.ts";
import { type Decoded, type DecodedRecord, type DecodeLimits, defaultDecodeLimits, envelopeError, Fault } from "./decoded.ts";
import type { NoteList } from "./notes.ts";
import { concatRanges, frameProtobuf } from "./protobuf-frame.ts";
import { readLogRecord } from "./protobuf-record.ts";
import { ValueDecoder } from "./protobuf-value.ts";
import { LENGTH, tag, VARINT, type WireReader } from "./wire.ts";
import type { WireText } from "./wire-text.ts";

// ExportLogsServiceRequest: resource_logs 1.
const RESOURCE_LOGS = tag(1, LENGTH);
const REQUEST_FIELDS = 0b10;
// ResourceLogs: resource 1, scope_logs 2, schema_url 3; 1000 is reserved. ScopeLogs has the same shape: scope 1, log_records 2,
// schema_url 3.
const ABOVE = tag(1, LENGTH);
const BELOW = tag(2, LENGTH);
const SCHEMA_URL = tag(3, LENGTH);
const GROUP_FIELDS = 0b1110;
// Resource: attributes 1, dropped_attributes_count 2; entity_refs 3 is skipped.
const RESOURCE_ATTRIBUTES = tag(1, LENGTH);
const RESOURCE_DROPPED = tag(2, VARINT);
const RESOURCE_FIELDS = 0b110;
// InstrumentationScope: name 1, version 2, attributes 3, dropped_attributes_count 4.
const SCOPE_NAME = tag(1, LENGTH);
const SCOPE_VERSION = tag(2, LENGTH);
const SCOPE_ATTRIBUTES = tag(3, LENGTH);
const SCOPE_DROPPED = tag(4, VARINT);
const SCOPE_FIELDS = 0b11110;

/** A message may come in pieces; that it does is rare, so that this is far more than any sender needs. */
const MAX_PIECES = 1_000;

/**
 * Decodes the body of an export request. Zero bytes are a valid, empty request.
 * @param body is not kept: strings, bytes and `raw` are copies
 * @returns a record for each LogRecord in it; what one of them did not say is as in an empty record
 * @throws {DecodeError} when the envelope is broken, so that records cannot be told apart; nothing else, for any bytes
 * Cost: linear in the body; memory bounded by `limits` and the body.
 */
export function decodeLogsProtobuf(body: Uint8Array, limits: DecodeLimits = defaultDecodeLimits): Decoded {
  const request = new ProtobufRequest(body, limits);
  const records: DecodedRecord[] = [];
  request.eachRecord((end, resource, scope) => records.push(request.decode(end, resource, scope)));
  return { records };
}

/** A ResourceLogs or a ScopeLogs, whose fields may stand in any order: byte ranges as start, end, start, end, … */
interface Group {
  /** The resource or scope; several are one message in pieces. */
  readonly above: readonly number[];
  /** How many ScopeLogs or LogRecords there are. */
  readonly below: number;
  readonly schemaUrl: readonly [start: number, end: number];
}

/** Called for each LogRecord in order: it stands where the request's reader is, and ends at `end`. */
export type OnRecord = (end: number, resource: Part<Resource>, scope: Part<Scope>) => void;

/** One export request that is gone over once. What becomes of a record is its caller's. */
export class ProtobufRequest {
  /** Where the request is read, and what is read with it. */
  readonly values: ValueDecoder;
  readonly #limits: DecodeLimits;
  readonly #wire: WireReader;
  readonly #text: WireText;
  readonly #notes: NoteList;
  #onRecord: OnRecord = () => {};
  #records = 0;
  #groups = 0;

  constructor(body: Uint8Array, limits: DecodeLimits) {
    this.#limits = limits;
    this.values = new ValueDecoder(body, limits);
    this.#wire = this.values.wire;
    this.#text = this.values.text;
    this.#notes = this.values.notes;
  }

  /**
   * Reads the envelope; the caller reads the records, or leaves them.
   * @throws {DecodeError} when the envelope is broken; records before the place may have been handed out
   */
  eachRecord(onRecord: OnRecord): void {
    this.#onRecord = onRecord;
    const wire = this.#wire;
    const end = wire.bytes.length;
    try {
      while (wire.pos < end) {
        const fieldTag = wire.tag(end);
        if (fieldTag === RESOURCE_LOGS) this.#resourceLogs(wire.lengthEnd(end));
        else wire.skipUnknown(fieldTag, end, REQUEST_FIELDS);
      }
    } catch (thrown) {
      throw envelopeError(thrown);
    }
  }

  #resourceLogs(end: number): void {
    const start = this.#wire.pos;
    const group = this.#group(end);
    if (group.below === 0) return;
    const resource = this.#resourcePart(group);
    this.#below(start, end, (stop) => this.#scopeLogs(stop, resource));
  }

  #scopeLogs(end: number, resource: Part<Resource>): void {
    const start = this.#wire.pos;
    const group = this.#group(end);
    if (group.below === 0) return;
    this.#records += group.below;
    this.#limit(this.#records, "log records");
    const scope = this.#scopePart(group);
    this.#below(start, end, (stop) => this.#onRecord(stop, resource, scope));
  }

  /** Checks the framing of a whole group before anything in it is decoded. Keeps no list of what is below: it may be long. */
  #group(end: number): Group {
    const wire = this.#wire;
    this.#limit(++this.#groups, "groups");
    const above: number[] = [];
    let below = 0;
    let schemaUrl: readonly [number, number] = [0, 0];
    while (wire.pos < end) {
      const fieldTag = wire.tag(end);
      if (fieldTag === BELOW) {
        below++;
        wire.pos = wire.lengthEnd(end);
      } else if (fieldTag === ABOVE) {
        const stop = wire.lengthEnd(end);
        if (above.push(wire.pos, stop) > 2 * MAX_PIECES)
          throw new Fault("TOO_LARGE", `a resource or scope in over ${MAX_PIECES} pieces`, stop);
        wire.pos = stop;
      } else if (fieldTag === SCHEMA_URL) {
        const stop = wire.lengthEnd(end);
        schemaUrl = [wire.pos, stop];
        wire.pos = stop;
      } else wire.skipUnknown(fieldTag, end, GROUP_FIELDS);
    }
    return { above, below, schemaUrl };
  }

  /** Goes over a group that `#group` has checked once more, for what is below. */
  #below(start: number, end: number, decode: (stop: number) => void): void {
    const wire = this.#wire;
    wire.pos = start;
    while (wire.pos < end) {
      const fieldTag = wire.tag(end);
      if (fieldTag === BELOW) {
        const stop = wire.lengthEnd(end);
        decode(stop);
        wire.pos = stop;
      } else wire.skip(fieldTag, end);
    }
  }

  #limit(count: number, what: string): void {
    if (count <= this.#limits.maxRecords) return;
    throw new Fault("TOO_MANY_RECORDS", `more than ${this.#limits.maxRecords} ${what} in one request`, this.#wire.pos);
  }

  #resourcePart(group: Group): Part<Resource> {
    return this.#part(group, "resource", "resource_schema_url", (schemaUrl, read) => {
      const wire = this.#wire;
      const attributes: Fields = new Map();
      let droppedAttributes = 0;
      read((fieldTag, end) => {
        if (fieldTag === RESOURCE_ATTRIBUTES) this.values.attribute(wire.lengthEnd(end), attributes, "resource");
        else if (fieldTag === RESOURCE_DROPPED) droppedAttributes = wire.uint32(end);
        else wire.skipUnknown(fieldTag, end, RESOURCE_FIELDS);
      });
      return { schemaUrl, attributes, droppedAttributes };
    });
  }

  #scopePart(group: Group): Part<Scope> {
    return this.#part(group, "scope", "scope.schema_url", (schemaUrl, read) => {
      const wire = this.#wire;
      const attributes: Fields = new Map();
      let name = "";
      let version = "";
      let droppedAttributes = 0;
      read((fieldTag, end) => {
        if (fieldTag === SCOPE_NAME) name = this.values.string(end, "scope.name");
        else if (fieldTag === SCOPE_VERSION) version = this.values.string(end, "scope.version");
        else if (fieldTag === SCOPE_ATTRIBUTES) this.values.attribute(wire.lengthEnd(end), attributes, "scope.attributes");
        else if (fieldTag === SCOPE_DROPPED) droppedAttributes = wire.uint32(end);
        else wire.skipUnknown(fieldTag, end, SCOPE_FIELDS);
      });
      return { name, version, schemaUrl, attributes, droppedAttributes };
    });
  }

  /**
   * What stands above records, or an empty one and the reason when it cannot be understood.
   * @param build is called again, to read nothing, when reading failed
   */
  #part<T>(
    group: Group,
    what: string,
    schemaField: string,
    build: (schemaUrl: string, read: (field: ReadField) => void) => T,
  ): Part<T> {
    const { above } = group;
    const [start, end] = group.schemaUrl;
    const wire = this.#wire;
    this.values.begin();
    const schemaUrl = this.#text.own(start, end);
    this.#notes.underField(0, schemaField);
    const schemaNotes = this.#notes.take();
    let piece = 0;
    try {
      const value = build(schemaUrl, (field) => {
        for (; piece < above.length; piece += 2) {
          wire.pos = above[piece]!;
          const stop = above[piece + 1]!;
          while (wire.pos < stop) field(wire.tag(stop), stop);
        }
      });
      return { value, notes: [...schemaNotes, ...this.#notes.take()], unreadable: undefined, kept: true };
    } catch (thrown) {
      const why = unreadable(thrown, what, above[piece] ?? 0, concatRanges(wire.bytes, above));
      return { value: build(schemaUrl, () => {}), notes: schemaNotes, unreadable: why, kept: false };
    }
  }

  /** The record that ends at `end`, from where the reader stands. */
  decode(end: number, resource: Part<Resource>, scope: Part<Scope>): DecodedRecord {
    this.values.begin();
    const start = this.#wire.pos;
    const record = emptyRecord();
    try {
      readLogRecord(this.values, end, record);
    } catch (thrown) {
      return broken(unreadable(thrown, "log record", start, this.#wire.bytes.slice(start, end)), resource, scope, frameProtobuf);
    }
    return complete(record, resource, scope, frameProtobuf);
  }
}

type ReadField = (fieldTag: number, end: number) => void;
