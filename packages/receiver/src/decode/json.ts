// json.ts: an ExportLogsServiceRequest in OTLP/JSON to records, the same records as from protobuf. A first pass over a group finds what stands
// above its records and where they are, a second one reads them, one by one. Where JSON can say what protobuf cannot, the rule stands at the place. Source: opentelemetry-proto v1.11.0, docs/specification.md.

import { emptyRecord, type Fields, type LogRecord, type Note, type Resource, type Scope } from "@proofline/event";
import { broken, complete, type Part, type Unreadable, unreadable } from "./above.ts";
import { type Decoded, type DecodedRecord, type DecodeLimits, defaultDecodeLimits, envelopeError, Fault } from "./decoded.ts";
import { frameJson } from "./json-frame.ts";
import type { JsonReader } from "./json-reader.ts";
import { UINT32, UINT64 } from "./json-scalar.ts";
import { JsonValues } from "./json-value.ts";

/** The members of a LogRecord, and what the line calls them. Only lowerCamelCase is OTLP: `time_unix_nano` is unknown. */
const RECORD_FIELDS: Readonly<Record<string, string>> = {
  timeUnixNano: "time",
  observedTimeUnixNano: "observed",
  severityNumber: "severity",
  severityText: "severity_text",
  body: "body",
  attributes: "attributes",
  droppedAttributesCount: "dropped_attributes",
  flags: "flags",
  traceId: "trace_id",
  spanId: "span_id",
  eventName: "event",
};
const RESOURCE_FIELDS: Readonly<Record<string, string>> = {
  attributes: "resource",
  droppedAttributesCount: "resource_dropped_attributes",
};

/**
 * Decodes the body of an export request in JSON. Beyond what protobuf can say: null is absent (so `doubleValue: null`, which the
 * JavaScript exporter sends for NaN and both infinities alike, is an empty value: we do not guess); of equal names in one object
 * the last wins, noted `duplicate_key`, but lists of records are all read; two values in one AnyValue, a number out of
 * range, an enum's name and whatever else is no OTLP put the record in quarantine.
 * @param body is not kept
 * @returns a record for each element of a `logRecords`
 * @throws {DecodeError} BAD_JSON, WRONG_SHAPE, TOO_LARGE or TOO_MANY_RECORDS when the envelope is broken; nothing else, for any bytes
 * Cost: linear in the body; memory bounded by `limits` and the body.
 */
export function decodeLogsJson(body: Uint8Array, limits: DecodeLimits = defaultDecodeLimits): Decoded {
  const records: DecodedRecord[] = [];
  eachLogsJson(body, limits, (record) => records.push(record));
  return { records };
}

/**
 * As {@link decodeLogsJson}, a record at a time: a body of many small records would else become many times its size.
 * @param visit called for each record in wire order; the envelope may yet turn out to be broken
 */
export function eachLogsJson(body: Uint8Array, limits: DecodeLimits, visit: (record: DecodedRecord) => void): void {
  try {
    new RequestDecoder(body, limits, visit).request();
  } catch (thrown) {
    throw envelopeError(thrown);
  }
}

/** A resource or scope as it was read, its schema URL apart: that stands beside it. */
interface Above<T> {
  readonly value: T;
  readonly notes: readonly Note[];
  readonly unreadable: Unreadable | undefined;
}

/** A ResourceLogs or ScopeLogs, read to its end: only then is known what stands above the records in it. */
interface Group<T, Below> {
  above: Above<T> | undefined;
  schemaUrl: string;
  readonly notes: Note[];
  readonly below: Below[];
}

/** What a group and its members are called; `schemaUrl` as the line calls it. */
interface GroupNames {
  readonly self: string;
  readonly above: string;
  readonly below: string;
  readonly schemaUrl: string;
}
const RESOURCE_LOGS: GroupNames = {
  self: "an element of resourceLogs",
  above: "resource",
  below: "scopeLogs",
  schemaUrl: "resource_schema_url",
};
const SCOPE_LOGS: GroupNames = {
  self: "an element of scopeLogs",
  above: "scope",
  below: "logRecords",
  schemaUrl: "scope.schema_url",
};

type ResourceFields = Omit<Resource, "schemaUrl">;
type ScopeFields = Omit<Scope, "schemaUrl">;
/** Of its records, the places. */
type ScopeLogs = Group<ScopeFields, number>;

const NO_RESOURCE: ResourceFields = { attributes: new Map(), droppedAttributes: 0 };
const NO_SCOPE: ScopeFields = { name: "", version: "", attributes: new Map(), droppedAttributes: 0 };

class RequestDecoder {
  readonly #limits: DecodeLimits;
  readonly #values: JsonValues;
  readonly #reader: JsonReader;
  readonly #visit: (record: DecodedRecord) => void;
  #groups = 0;
  #count = 0;

  constructor(body: Uint8Array, limits: DecodeLimits, visit: (record: DecodedRecord) => void) {
    this.#limits = limits;
    this.#visit = visit;
    this.#values = new JsonValues(body, limits);
    this.#reader = this.#values.reader;
  }

  request(): void {
    this.#members("the request", (name) => {
      if (name !== "resourceLogs") return false;
      this.#list(name, () => this.#resourceLogs());
      return true;
    });
    this.#reader.finish();
  }

  #resourceLogs(): void {
    const readResource = (): Above<ResourceFields> | undefined => this.#above("resource", () => this.#resource(), NO_RESOURCE);
    const group = this.#group(RESOURCE_LOGS, readResource, () => this.#scopeLogs());
    const end = this.#reader.pos;
    const resource = part(group, NO_RESOURCE);
    for (const scopeLogs of group.below) {
      const scope = part(scopeLogs, NO_SCOPE);
      for (const start of scopeLogs.below) {
        this.#reader.pos = start;
        const read = this.#record();
        const isBroken = "bytes" in read;
        this.#visit(isBroken ? broken(read, resource, scope, frameJson) : complete(read, resource, scope, frameJson));
      }
    }
    this.#reader.pos = end;
  }

  #scopeLogs(): ScopeLogs {
    const readScope = (): Above<ScopeFields> | undefined => this.#above("scope", () => this.#scope(), NO_SCOPE);
    return this.#group(SCOPE_LOGS, readScope, () => {
      this.#limit(++this.#count, "log records");
      const start = this.#reader.pos;
      this.#reader.skip();
      return start;
    });
  }

  /** Reads a ResourceLogs or ScopeLogs. A list of what is below that is repeated goes on where the first ended: no record is lost. */
  #group<T, Below>(names: GroupNames, readAbove: () => Above<T> | undefined, readBelow: () => Below): Group<T, Below> {
    this.#limit(++this.#groups, "groups");
    const group: Group<T, Below> = { above: undefined, schemaUrl: "", notes: [], below: [] };
    const seen = new Set<string>();
    this.#members(names.self, (name) => {
      if (name === names.below) this.#list(name, () => group.below.push(readBelow()));
      else if (name === names.above || name === "schemaUrl") {
        if (seen.has(name)) group.notes.push({ path: name === names.above ? name : names.schemaUrl, note: "duplicate_key" });
        seen.add(name);
        if (name === names.above) group.above = readAbove();
        else group.schemaUrl = this.#schemaUrl(names.schemaUrl, group.notes);
      } else return false;
      return true;
    });
    return group;
  }

  /** @param field its name in the line */
  #schemaUrl(field: string, notes: Note[]): string {
    const kind = this.#reader.kind();
    if (kind !== "string" && kind !== "null") throw this.#wrongShape("schemaUrl", "a string");
    this.#values.begin();
    const schemaUrl = this.#values.string(field);
    notes.push(...this.#values.notes.take());
    return schemaUrl;
  }

  /** An object of the envelope. @param read as JsonValues.message */
  #members(what: string, read: (name: string) => boolean): void {
    const reader = this.#reader;
    if (reader.kind() !== "object") throw this.#wrongShape(what, "an object");
    for (let more = reader.open(); more; more = reader.nextMember()) if (!read(reader.name())) reader.skip();
  }

  #list(what: string, read: () => void): void {
    const reader = this.#reader;
    if (reader.skipNull()) return;
    if (reader.kind() !== "array") throw this.#wrongShape(what, "an array");
    for (let more = reader.open(); more; more = reader.nextItem()) read();
  }

  #wrongShape(what: string, expected: string): Fault {
    const start = this.#reader.pos;
    this.#reader.skip();
    return new Fault("WRONG_SHAPE", `${what} is not ${expected}`, start);
  }

  #limit(count: number, what: string): void {
    if (count <= this.#limits.maxRecords) return;
    throw new Fault("TOO_MANY_RECORDS", `more than ${this.#limits.maxRecords} ${what} in one request`, this.#reader.pos);
  }

  #above<T>(what: string, read: () => T, none: T): Above<T> | undefined {
    if (this.#reader.skipNull()) return undefined;
    const start = this.#reader.pos;
    this.#values.begin();
    try {
      const value = read();
      return { value, notes: this.#values.notes.take(), unreadable: undefined };
    } catch (thrown) {
      return { value: none, notes: [], unreadable: this.#unreadable(thrown, what, start) };
    }
  }

  #resource(): ResourceFields {
    const values = this.#values;
    let attributes: Fields = new Map();
    let droppedAttributes = 0;
    values.message(
      (name) => {
        if (name === "attributes") attributes = values.attributes("resource");
        else if (name === "droppedAttributesCount") droppedAttributes = Number(values.integer(UINT32));
        else return false;
        return true;
      },
      (name) => RESOURCE_FIELDS[name],
    );
    return { attributes, droppedAttributes };
  }

  #scope(): ScopeFields {
    const values = this.#values;
    let [name, version, droppedAttributes] = ["", "", 0];
    let attributes: Fields = new Map();
    values.message(
      (member) => {
        if (member === "name") name = values.string("scope.name");
        else if (member === "version") version = values.string("scope.version");
        else if (member === "attributes") attributes = values.attributes("scope.attributes");
        else if (member === "droppedAttributesCount") droppedAttributes = Number(values.integer(UINT32));
        else return false;
        return true;
      },
      (member) => `scope.${member === "droppedAttributesCount" ? "dropped_attributes" : member}`,
    );
    return { name, version, attributes, droppedAttributes };
  }

  #record(): LogRecord | Unreadable {
    const start = this.#reader.pos;
    const record = emptyRecord();
    this.#values.begin();
    try {
      this.#values.message(
        (name) => this.#recordMember(name, record),
        (name) => RECORD_FIELDS[name],
      );
    } catch (thrown) {
      return this.#unreadable(thrown, "log record", start);
    }
    record.notes = this.#values.notes.take();
    return record;
  }

  #recordMember(name: string, record: LogRecord): boolean {
    const values = this.#values;
    if (name === "timeUnixNano") record.time = values.integer(UINT64);
    else if (name === "observedTimeUnixNano") record.observed = values.integer(UINT64);
    else if (name === "severityNumber") record.severity = values.enumeration();
    else if (name === "severityText") record.severityText = values.string("severity_text");
    else if (name === "body") record.body = values.body();
    else if (name === "attributes") record.attributes = values.attributes("attributes");
    else if (name === "droppedAttributesCount") record.droppedAttributes = Number(values.integer(UINT32));
    else if (name === "flags") record.flags = Number(values.integer(UINT32)) & 0xff;
    else if (name === "traceId") record.traceId = values.id(16);
    else if (name === "spanId") record.spanId = values.id(8);
    else if (name === "eventName") record.event = values.string("event");
    else return false;
    return true;
  }

  /** The report on a message at `start`; moves behind it. What is not JSON is the envelope's fault, not the message's. */
  #unreadable(thrown: unknown, what: string, start: number): Unreadable {
    const reader = this.#reader;
    reader.pos = start;
    reader.skip();
    return unreadable(thrown, what, start, reader.bytes.slice(start, reader.pos));
  }
}

function part<T extends object>(group: Group<T, unknown>, none: T): Part<T & { readonly schemaUrl: string }> {
  const above = group.above ?? { value: none, notes: [], unreadable: undefined };
  return {
    value: { ...above.value, schemaUrl: group.schemaUrl },
    notes: [...group.notes, ...above.notes],
    unreadable: above.unreadable,
    kept: above.unreadable === undefined,
  };
}
