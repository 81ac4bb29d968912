// json-value.ts: AnyValue and KeyValue from OTLP/JSON, at any depth up to the limit, and the scalar fields of the messages above
// them. Source: opentelemetry-proto v1.11.0, docs/specification.md, "JSON Protobuf Encoding".

import { ATTR_AUDIT_RECORD_ID, Double, type Fields, MAX_DEPTH, type Value } from "@proofline/event";
import { type DecodeLimits, Fault } from "./decoded.ts";
import { type JsonKind, JsonReader } from "./json-reader.ts";
import { INT32, INT64, type IntegerType, parseBase64, parseDouble, parseHexId, parseInteger } from "./json-scalar.ts";
import { NoteList } from "./notes.ts";
import { tooDeep, tooMany, tooManyAttributes } from "./value-limits.ts";

/** Decodes values where its reader stands. One for a request; `begin` before each message whose values are counted together. */
export class JsonValues {
  readonly reader: JsonReader;
  readonly notes: NoteList = new NoteList();
  readonly #limits: DecodeLimits;
  #valuesLeft = 0;
  /** Where we are, for a fault's reason: names of OTLP and indexes, never keys or values of the sender. */
  #path: (string | number)[] = [];

  constructor(body: Uint8Array, limits: DecodeLimits) {
    this.reader = new JsonReader(body, () => this.notes.add("replaced_characters"));
    this.#limits = limits;
  }

  begin(): void {
    this.#valuesLeft = this.#limits.maxValues;
    this.#path = [];
    this.notes.clear();
  }

  /**
   * Goes over the members of a message. Of equal names the last one wins, which is noted.
   * @param read called at each member's value, must move behind it; null is passed on. False: not a member that it knows
   * @param field of a member that stood there before, its name in the line; undefined: the message's own
   */
  message(read: (name: string) => boolean, field: (name: string) => string | undefined): void {
    const { reader } = this;
    const seen: string[] = [];
    if (reader.kind() !== "object") this.refuse("an object");
    for (let more = reader.open(); more; more = reader.nextMember()) {
      const name = reader.name();
      this.#path.push(name);
      if (!read(name)) reader.skip();
      else if (seen.includes(name)) this.#repeated(field(name));
      else seen.push(name);
      this.#path.pop();
    }
  }

  /** A string; `field` is its name in the line. null is "". */
  string(field: string): string {
    if (this.reader.skipNull()) return "";
    const mark = this.notes.length;
    const text = this.#string();
    if (this.notes.length !== mark) this.notes.underField(mark, field);
    return text;
  }

  /** An integer from a number or a string of digits. null is 0. */
  integer(type: IntegerType): bigint {
    if (this.reader.skipNull()) return 0n;
    const kind = this.reader.kind();
    const value = parseInteger(this.#spelling(kind), type);
    return value ?? this.#refuseKind(kind, type.name);
  }

  /** An enum: OTLP allows its numbers only, not its names. null is 0. */
  enumeration(): number {
    const kind = this.reader.kind();
    if (kind !== "number" && kind !== "null") this.refuse("the number of an enum value");
    return Number(this.integer(INT32));
  }

  /** A trace or span id of so many bytes, hex digits of any case. null is "". */
  id(bytes: number): string {
    if (this.reader.skipNull()) return "";
    const kind = this.reader.kind();
    const id = kind === "string" ? parseHexId(this.#plainString(), bytes) : undefined;
    return id ?? this.#refuseKind(kind, `${2 * bytes} hex digits`);
  }

  /** The attributes of a record, resource or scope; `field` is their name in the line. null is none. */
  attributes(field: string): Fields {
    const mark = this.notes.length;
    const fields: Fields = new Map();
    this.#items((index) => {
      if (index >= this.#limits.maxAttributes) throw tooManyAttributes(this.#limits, -1);
      this.#keyValue(fields, 1);
    });
    if (this.notes.length !== mark) this.notes.underField(mark, field);
    return fields;
  }

  /** A record's body. null is absent. */
  body(): Value | undefined {
    if (this.reader.skipNull()) return undefined;
    const mark = this.notes.length;
    const value = this.#anyValue(1);
    if (this.notes.length !== mark) this.notes.underField(mark, "body");
    return value;
  }

  /** @throws {Fault} MALFORMED, saying what stands here, never what it holds: it may be secret */
  refuse(expected: string): never {
    return this.#refuseKind(this.reader.kind(), expected);
  }

  #refuseKind(kind: JsonKind, expected: string): never {
    const place = this.#path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
    const found = `found ${kind === "null" ? "null" : `${/^[ao]/.test(kind) ? "an" : "a"} ${kind}`} where OTLP has ${expected}`;
    throw new Fault("MALFORMED", place === "" ? found : `${place.slice(1)}: ${found}`, -1);
  }

  #anyValue(level: number): Value {
    let set: string | undefined;
    let value: Value = null;
    this.message(
      (name) => {
        if (!VALUE_NAMES.has(name)) return false;
        if (this.reader.skipNull()) {
          if (set === name) [set, value] = [undefined, null];
          return true;
        }
        if (set !== undefined && set !== name) this.refuse("one value in an AnyValue");
        set = name;
        value = this.#case(name, level);
        return true;
      },
      () => undefined,
    );
    return value;
  }

  #case(name: string, level: number): Value {
    const { reader } = this;
    const kind = reader.kind();
    switch (name) {
      case "stringValue":
        return this.#string();
      case "boolValue":
        return kind === "boolean" ? reader.boolean() : this.refuse("true or false");
      case "intValue": {
        const value = this.integer(INT64);
        return Number.isSafeInteger(Number(value)) ? Number(value) : value;
      }
      case "doubleValue": {
        const value = parseDouble(this.#spelling(kind));
        return value === undefined ? this.#refuseKind(kind, 'a double, "NaN", "Infinity" or "-Infinity"') : new Double(value);
      }
      case "bytesValue":
        return (kind === "string" ? parseBase64(this.#plainString()) : undefined) ?? this.#refuseKind(kind, "base64");
      case "arrayValue":
        return this.#array(level + 1);
      default:
        return this.#kvlist(level + 1);
    }
  }

  #array(level: number): Value[] {
    let list: Value[] = [];
    this.#values(() => {
      list = [];
      this.#items((index) => {
        this.#count(level);
        const mark = this.notes.length;
        list.push(this.reader.skipNull() ? null : this.#anyValue(level));
        if (this.notes.length !== mark) this.notes.underIndex(mark, index);
      });
    });
    return list;
  }

  #kvlist(level: number): Fields {
    let fields: Fields = new Map();
    this.#values(() => {
      fields = new Map();
      this.#items(() => this.#keyValue(fields, level));
    });
    return fields;
  }

  #keyValue(fields: Fields, level: number): void {
    this.#count(level);
    const mark = this.notes.length;
    let key = "";
    let value: Value = null;
    this.message(
      (name) => {
        if (name === "key") key = this.#key();
        else if (name === "value") value = this.reader.skipNull() ? null : this.#anyValue(level);
        else return false;
        return true;
      },
      () => undefined,
    );
    const size = fields.size;
    fields.set(key, key === ATTR_AUDIT_RECORD_ID ? own(value) : value);
    if (fields.size === size) this.notes.add("duplicate_key");
    if (this.notes.length !== mark) this.notes.underKey(mark, key);
  }

  /** The `values` of an ArrayValue or KeyValueList. */
  #values(read: () => void): void {
    this.message(
      (name) => {
        if (name !== "values") return false;
        read();
        return true;
      },
      () => undefined,
    );
  }

  /** Goes over an array; null is an empty one. */
  #items(read: (index: number) => void): void {
    const { reader } = this;
    if (reader.skipNull()) return;
    if (reader.kind() !== "array") this.refuse("an array");
    let index = 0;
    for (let more = reader.open(); more; more = reader.nextItem()) {
      this.#path.push(index);
      read(index++);
      this.#path.pop();
    }
  }

  #key(): string {
    if (this.reader.skipNull()) return "";
    return this.reader.kind() === "string" ? this.reader.key() : this.refuse("a string");
  }

  #string(): string {
    return this.reader.kind() === "string" ? this.reader.string() : this.refuse("a string");
  }

  /** A string that holds something else than text: whether it is well-formed need not be noted. */
  #plainString(): string {
    const mark = this.notes.length;
    const text = this.reader.string();
    if (this.notes.length !== mark) this.notes.length = mark;
    return text;
  }

  /** What a number or the string in its place says; "" for anything else, which no number does. */
  #spelling(kind: JsonKind): string {
    if (kind === "number") return this.reader.number();
    return kind === "string" ? this.#plainString() : "";
  }

  #repeated(field: string | undefined): void {
    const mark = this.notes.length;
    this.notes.add("duplicate_key");
    if (field !== undefined) this.notes.underField(mark, field);
  }

  #count(level: number): void {
    if (level > MAX_DEPTH) throw tooDeep(-1);
    if (--this.#valuesLeft < 0) throw tooMany(this.#limits, -1);
  }
}

/** A record id outlives its request in the ledger's window of ids seen: it must not hold its neighbours in memory. */
function own(value: Value): Value {
  return typeof value === "string" ? Buffer.from(value).toString() : value;
}

const VALUE_NAMES: ReadonlySet<string> = new Set([
  "stringValue",
  "boolValue",
  "intValue",
  "doubleValue",
  "arrayValue",
  "kvlistValue",
  "bytesValue",
]);
