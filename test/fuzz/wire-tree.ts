// wire-tree.ts: a protobuf message as a tree of its fields, to be changed and written again. What a field says of itself (tag, length) may
// be made to lie; all lengths around it stay right, so that the lie gets as deep as it stands.

/** A field. Its content is `bytes`, or, for a message, `fields`. */
export interface Field {
  number: number;
  wireType: number;
  /** Varints, fixed numbers and texts as they stand on the wire, without a length. */
  bytes: Uint8Array;
  fields?: Field[];
  /** How many bytes more than needed the tag and the length take. */
  padTag?: number;
  padLength?: number;
  /** Written in place of the length. */
  lie?: number;
}

export const LENGTH = 2;
const WIRE_SIZES: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** Which fields of a message are messages. */
export interface Shape {
  readonly [field: number]: () => Shape;
}

const leaf: Shape = {};
const anyValue: Shape = { 5: () => ({ 1: () => anyValue }), 6: () => ({ 1: () => keyValue }) };
const keyValue: Shape = { 2: () => anyValue };
const attributed = (field: number): Shape => ({ [field]: () => keyValue });
export const logRecord: Shape = { 5: () => anyValue, 6: () => keyValue };
const scopeLogs: Shape = { 1: () => attributed(3), 2: () => logRecord };
export const resourceLogs: Shape = { 1: () => ({ ...attributed(1), 3: () => leaf }), 2: () => scopeLogs };
export const request: Shape = { 1: () => resourceLogs };

/** Reads a sound message. */
export function readTree(bytes: Uint8Array, shape: Shape): Field[] {
  const fields: Field[] = [];
  let pos = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[pos++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (pos < bytes.length) {
    const tag = varint();
    const [number, wireType] = [Math.floor(tag / 8), tag % 8];
    const length = wireType === LENGTH ? varint() : WIRE_SIZES[wireType];
    const start = pos;
    if (length === undefined) varint();
    else pos += length;
    const content = bytes.slice(start, pos);
    const below = wireType === LENGTH ? shape[number]?.() : undefined;
    fields.push(
      below === undefined
        ? { number, wireType, bytes: content }
        : { number, wireType, bytes: content, fields: readTree(content, below) },
    );
  }
  return fields;
}

export function writeTree(fields: readonly Field[]): Buffer {
  const pieces: Uint8Array[] = [];
  for (const field of fields) {
    const content = field.fields === undefined ? field.bytes : writeTree(field.fields);
    pieces.push(varint(field.number * 8 + field.wireType, field.padTag ?? 0));
    if (field.wireType === LENGTH) pieces.push(varint(field.lie ?? content.length, field.padLength ?? 0));
    pieces.push(content);
  }
  return Buffer.concat(pieces);
}

/** @param pad bytes more than needed, each worth nothing */
export function varint(value: number, pad = 0): Uint8Array {
  const out: number[] = [];
  let left = value;
  for (; left > 0x7f; left = Math.floor(left / 128)) out.push((left % 128) | 0x80);
  out.push(left);
  for (let i = 0; i < pad; i++) {
    out[out.length - 1]! |= 0x80;
    out.push(0);
  }
  return Uint8Array.from(out);
}

export function copyTree(fields: readonly Field[]): Field[] {
  return fields.map((field) => (field.fields === undefined ? { ...field } : { ...field, fields: copyTree(field.fields) }));
}

/** Every list of fields in a tree, itself first. */
export function listsOf(fields: Field[]): Field[][] {
  const lists = [fields];
  for (const { fields: below } of fields) if (below !== undefined) lists.push(...listsOf(below));
  return lists;
}
