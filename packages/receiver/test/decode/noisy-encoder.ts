// noisy-encoder.ts: writes a message in the oddest way that protobuf allows: fields in any order, numbers longer than needed,
// unknown fields and groups in between, singular messages in pieces. A decoder must not see the difference.

import type { MessageField, MessageType } from "../../../../test/support/otlp.ts";

export type Random = () => number;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;
const WIRE_TYPES: Readonly<Record<string, number>> = {
  fixed64: FIXED64,
  double: FIXED64,
  fixed32: FIXED32,
  string: LENGTH,
  bytes: LENGTH,
};

/** @param message in protobufjs' plain form, 64-bit numbers as digits */
export function encodeNoisily(type: MessageType, message: object, random: Random): Uint8Array {
  return Uint8Array.from(encode(type, message as Record<string, unknown>, random));
}

/** A varint in at least `bytes` bytes. */
export function varint(value: bigint | number, bytes = 1): number[] {
  const out: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  while (left > 0x7fn || out.length < bytes - 1) {
    out.push(Number(left & 0x7fn) | 0x80);
    left >>= 7n;
  }
  return [...out, Number(left)];
}

/** A length-delimited field. */
export function lengthField(number: number, bytes: Iterable<number>): number[] {
  const content = [...bytes];
  return [...varint(number * 8 + LENGTH), ...varint(content.length), ...content];
}

function encode(type: MessageType, message: Record<string, unknown>, random: Random): number[] {
  const runs: number[][][] = [];
  for (const field of type.fieldsArray) {
    const value = message[field.name];
    if (value === undefined) continue;
    field.resolve();
    const items: unknown[] = field.repeated ? (value as unknown[]) : [value];
    const run = items.map((item) => encodeField(field, item, random));
    // Earlier values of a scalar lose; an empty piece of a message changes nothing.
    if (!field.repeated && !field.partOf && random() < 0.2) run.unshift(encodeField(field, zero(field), random));
    runs.push(run);
  }
  const out: number[] = [];
  while (runs.length > 0) {
    if (random() < 0.1) out.push(...unknownField(random, 2));
    const at = Math.floor(random() * runs.length);
    const run = runs[at]!;
    out.push(...(run.shift() ?? []));
    if (run.length === 0) runs.splice(at, 1);
  }
  return random() < 0.1 ? [...out, ...unknownField(random, 2)] : out;
}

function zero(field: MessageField): unknown {
  if (field.resolvedType && "fieldsArray" in field.resolvedType) return {};
  if (field.type === "string") return "earlier";
  if (field.type === "bytes") return Uint8Array.from([1, 2, 3]);
  return field.type === "fixed64" ? "7" : 7;
}

function encodeField(field: MessageField, value: unknown, random: Random): number[] {
  const pad = (): number => (random() < 0.05 ? 1 + Math.floor(random() * 10) : 1);
  const isMessage = field.resolvedType !== null && "fieldsArray" in field.resolvedType;
  const wireType = isMessage ? LENGTH : (WIRE_TYPES[field.type] ?? VARINT);
  const tag = varint(field.id * 8 + wireType, random() < 0.05 ? 5 : 1);
  const view = new DataView(new ArrayBuffer(8));
  if (wireType === LENGTH) {
    const bytes = isMessage
      ? encode(field.resolvedType as MessageType, value as Record<string, unknown>, random)
      : [...(typeof value === "string" ? Buffer.from(value) : (value as Uint8Array))];
    return [...tag, ...varint(bytes.length, pad()), ...bytes];
  }
  if (wireType === VARINT)
    return [...tag, ...varint(typeof value === "boolean" ? Number(value) : BigInt(value as string), pad())];
  if (field.type === "fixed32") view.setUint32(0, value as number, true);
  else if (field.type === "double") view.setFloat64(0, value as number, true);
  else view.setBigUint64(0, BigInt(value as string), true);
  return [...tag, ...new Uint8Array(view.buffer, 0, wireType === FIXED32 ? 4 : 8)];
}

/** A field that no message has, of any wire type, groups included. */
function unknownField(random: Random, depth: number): number[] {
  const number = 900 + Math.floor(random() * 200_000);
  const head = (wireType: number): number[] => varint(number * 8 + wireType);
  const bytes = (count: number): number[] => Array.from({ length: count }, () => Math.floor(random() * 256));
  switch (Math.floor(random() * (depth > 0 ? 5 : 4))) {
    case 0:
      return [...head(VARINT), ...varint(Math.floor(random() * 2 ** 40), 1 + Math.floor(random() * 10))];
    case 1:
      return [...head(FIXED64), ...bytes(8)];
    case 2:
      return lengthField(number, bytes(Math.floor(random() * 20)));
    case 3:
      return [...head(FIXED32), ...bytes(4)];
    default: {
      const inner = Array.from({ length: Math.floor(random() * 3) }, () => unknownField(random, depth - 1)).flat();
      return [...head(3), ...inner, ...head(4)];
    }
  }
}
