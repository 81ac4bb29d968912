// protobuf-value.ts: AnyValue and KeyValue from protobuf, at any depth up to the limit. Knows opentelemetry.proto.common.v1 and
// nothing above it. Source: opentelemetry-proto v1.11.0, common.proto.

import { ATTR_AUDIT_RECORD_ID, Double, type Fields, MAX_DEPTH, type Value } from "@proofline/event";
import type { DecodeLimits } from "./decoded.ts";
import { NoteList } from "./notes.ts";
import { tooDeep, tooMany, tooManyAttributes } from "./value-limits.ts";
import { FIXED64, LENGTH, tag, VARINT, WireReader } from "./wire.ts";
import { WireText } from "./wire-text.ts";

// KeyValue: key 1, value 2; key_strindex 3 belongs to profiles and counts as unknown.
const KEY = tag(1, LENGTH);
const VALUE = tag(2, LENGTH);
const KEY_VALUE_FIELDS = 0b110;

// AnyValue, a oneof: string 1, bool 2, int 3, double 4, array 5, kvlist 6, bytes 7; string_value_strindex 8 counts as unknown.
const STRING_VALUE = tag(1, LENGTH);
const BOOL_VALUE = tag(2, VARINT);
const INT_VALUE = tag(3, VARINT);
const DOUBLE_VALUE = tag(4, FIXED64);
const ARRAY_VALUE = tag(5, LENGTH);
const KVLIST_VALUE = tag(6, LENGTH);
const BYTES_VALUE = tag(7, LENGTH);
const ANY_VALUE_FIELDS = 0b1111_1110;

// ArrayValue and KeyValueList: values 1.
const VALUES = tag(1, LENGTH);
const VALUES_FIELDS = 0b10;

/** Decodes values where its reader stands. One for a request; `begin` before each message whose values are counted together. */
export class ValueDecoder {
  readonly wire: WireReader;
  readonly text: WireText;
  readonly notes: NoteList = new NoteList();
  readonly #limits: DecodeLimits;
  #valuesLeft = 0;
  #attributesLeft = 0;

  constructor(body: Uint8Array, limits: DecodeLimits) {
    const bytes = new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
    this.wire = new WireReader(bytes);
    this.text = new WireText(bytes, () => this.notes.add("replaced_characters"));
    this.#limits = limits;
  }

  begin(): void {
    this.#valuesLeft = this.#limits.maxValues;
    this.#attributesLeft = this.#limits.maxAttributes;
    this.notes.clear();
  }

  /** Reads a KeyValue that is an attribute of the message begun; `field` is what the line calls the message's attributes. */
  attribute(end: number, attributes: Fields, field: string): void {
    if (--this.#attributesLeft < 0) throw tooManyAttributes(this.#limits, this.wire.pos);
    const mark = this.notes.length;
    this.keyValue(end, attributes, 1);
    if (this.notes.length !== mark) this.notes.underField(mark, field);
  }

  /** Reads a string field of the message begun; `field` is its name in the line. */
  string(end: number, field: string): string {
    const mark = this.notes.length;
    const stop = this.wire.lengthEnd(end);
    const text = this.text.string(this.wire.pos, stop);
    this.wire.pos = stop;
    if (this.notes.length !== mark) this.notes.underField(mark, field);
    return text;
  }

  /**
   * Reads a KeyValue up to `end` into `fields`. A key that is there already keeps its place, takes the new value and is noted.
   * @param level of the value: 1 for an attribute
   */
  keyValue(end: number, fields: Fields, level: number): void {
    const { wire, text, notes } = this;
    this.#count(level);
    const mark = notes.length;
    let key = "";
    let value: Value = null;
    if (this.#isPlain(end)) {
      const keyStart = wire.pos + 2;
      const keyEnd = keyStart + wire.bytes[wire.pos + 1]!;
      key = text.key(keyStart, keyEnd);
      value = key === ATTR_AUDIT_RECORD_ID ? text.own(keyEnd + 4, end) : text.string(keyEnd + 4, end);
      wire.pos = end;
    }
    while (wire.pos < end) {
      const fieldTag = wire.tag(end);
      if (fieldTag === KEY) {
        const stop = wire.lengthEnd(end);
        key = text.key(wire.pos, stop);
        wire.pos = stop;
      } else if (fieldTag === VALUE) {
        // A record id outlives its request in the ledger's window of ids seen: it must not hold its neighbours in memory.
        value = this.anyValue(wire.lengthEnd(end), value, level, key === ATTR_AUDIT_RECORD_ID);
      } else wire.skipUnknown(fieldTag, end, KEY_VALUE_FIELDS);
    }
    const size = fields.size;
    fields.set(key, value);
    if (fields.size === size) notes.add("duplicate_key");
    if (notes.length !== mark) notes.underKey(mark, key);
  }

  /**
   * Reads an AnyValue up to `end`.
   * @param previous what the field held before: repeated messages merge, and the last member of the oneof wins
   * @param own a string must not share memory with its neighbours
   */
  anyValue(end: number, previous: Value, level: number, own: boolean): Value {
    const { wire, text } = this;
    let value = previous;
    while (wire.pos < end) {
      const fieldTag = wire.tag(end);
      switch (fieldTag) {
        case STRING_VALUE: {
          const stop = wire.lengthEnd(end);
          value = own ? text.own(wire.pos, stop) : text.string(wire.pos, stop);
          wire.pos = stop;
          break;
        }
        case BOOL_VALUE:
          value = wire.bool(end);
          break;
        case INT_VALUE:
          value = wire.int64(end);
          break;
        case DOUBLE_VALUE:
          value = new Double(wire.double(end));
          break;
        case ARRAY_VALUE:
          value = this.#array(wire.lengthEnd(end), Array.isArray(value) ? value : [], level + 1);
          break;
        case KVLIST_VALUE:
          value = this.#kvlist(wire.lengthEnd(end), value instanceof Map ? value : new Map(), level + 1);
          break;
        case BYTES_VALUE: {
          const stop = wire.lengthEnd(end);
          value = wire.bytes.slice(wire.pos, stop);
          wire.pos = stop;
          break;
        }
        default:
          wire.skipUnknown(fieldTag, end, ANY_VALUE_FIELDS);
      }
    }
    return value;
  }

  #array(end: number, list: Value[], level: number): Value[] {
    const { wire, notes } = this;
    while (wire.pos < end) {
      const fieldTag = wire.tag(end);
      if (fieldTag === VALUES) {
        this.#count(level);
        const mark = notes.length;
        list.push(this.anyValue(wire.lengthEnd(end), null, level, false));
        if (notes.length !== mark) notes.underIndex(mark, list.length - 1);
      } else wire.skipUnknown(fieldTag, end, VALUES_FIELDS);
    }
    return list;
  }

  #kvlist(end: number, fields: Fields, level: number): Fields {
    const { wire } = this;
    while (wire.pos < end) {
      const fieldTag = wire.tag(end);
      if (fieldTag === VALUES) this.keyValue(wire.lengthEnd(end), fields, level);
      else wire.skipUnknown(fieldTag, end, VALUES_FIELDS);
    }
    return fields;
  }

  /**
   * Whether the KeyValue has the shape of nearly every attribute: a key, then a string, then the end; the lengths one byte each.
   * The general way reads it too, in half as much time again.
   */
  #isPlain(end: number): boolean {
    const { bytes, pos } = this.wire;
    if (end - pos < 6 || end - pos > 0x100 || bytes[pos] !== KEY || bytes[pos + 1]! > 0x7f) return false;
    const at = pos + 2 + bytes[pos + 1]!;
    const length = end - at - 4;
    if (length < 0 || length > 0x7d || bytes[at] !== VALUE || bytes[at + 1] !== length + 2) return false;
    return bytes[at + 2] === STRING_VALUE && bytes[at + 3] === length;
  }

  /** Counts one value against the limits. */
  #count(level: number): void {
    if (level > MAX_DEPTH) throw tooDeep(this.wire.pos);
    if (--this.#valuesLeft < 0) throw tooMany(this.#limits, this.wire.pos);
  }
}
