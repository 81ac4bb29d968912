// json-scalar.ts: the scalars of ProtoJSON from their spelling: exact 64-bit integers, doubles, base64 and hex. Every function gives
// undefined for what is not one, and never a nearby value. Source: protobuf.dev/programming-guides/json.

const INTEGER = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;
const PLAIN = /^-?[0-9]+$/;
const NUMBER = /^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
/** Digits of the largest 64-bit number. Longer ones are not handed to BigInt, whose time grows with the square. */
const MAX_DIGITS = 20;

/** An integer type of protobuf: its bounds, and what to call it. */
export interface IntegerType {
  readonly name: string;
  readonly least: bigint;
  readonly most: bigint;
}
export const INT32: IntegerType = { name: "a signed 32-bit integer", least: -(2n ** 31n), most: 2n ** 31n - 1n };
export const UINT32: IntegerType = { name: "an unsigned 32-bit integer", least: 0n, most: 2n ** 32n - 1n };
export const INT64: IntegerType = { name: "a signed 64-bit integer", least: -(2n ** 63n), most: 2n ** 63n - 1n };
export const UINT64: IntegerType = { name: "an unsigned 64-bit integer", least: 0n, most: 2n ** 64n - 1n };

/** An integer. A fraction of zeros and an exponent are allowed, as in `1.0` and `1e3`. */
export function parseInteger(spelling: string, { least, most }: IntegerType): bigint | undefined {
  const value = spelling.length <= MAX_DIGITS && PLAIN.test(spelling) ? BigInt(spelling) : parseSpelled(spelling);
  return value === undefined || value < least || value > most ? undefined : value;
}

function parseSpelled(spelling: string): bigint | undefined {
  const match = INTEGER.exec(spelling);
  if (match === null) return undefined;
  const [, minus, whole = "", fraction = "", exponent = "0"] = match;
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  if (digits === "") return 0n;
  const zeros = Number(exponent) - fraction.length;
  if (digits.length + zeros > MAX_DIGITS) return undefined;
  const kept = zeros < 0 ? digits.slice(0, zeros) : digits + "0".repeat(zeros);
  if (zeros < 0 && (kept === "" || /[^0]/.test(digits.slice(zeros)))) return undefined;
  return BigInt(`${minus}${kept}`);
}

/** A double as number, as digits in a string, or by the three names. One too large for a double is none. */
export function parseDouble(spelling: string): number | undefined {
  if (spelling === "NaN" || spelling === "Infinity" || spelling === "-Infinity") return Number(spelling);
  if (!NUMBER.test(spelling)) return undefined;
  const value = Number(spelling);
  return Number.isFinite(value) ? value : undefined;
}

/** Bytes from base64, in the standard or the URL-safe alphabet, padded or not. */
export function parseBase64(text: string): Uint8Array | undefined {
  const bare = text.replace(/={1,2}$/, "");
  if (/[^A-Za-z0-9+/_-]/.test(bare) || bare.length % 4 === 1) return undefined;
  if (bare.length < text.length && text.length % 4 !== 0) return undefined;
  return new Uint8Array(Buffer.from(bare, "base64"));
}

/**
 * A trace or span id of so many bytes, in lower case; "" when it is all zeros or of another length, which OTLP calls no id.
 * Base64 has another length.
 */
export function parseHexId(text: string, bytes: number): string | undefined {
  if (text.length !== 2 * bytes) return "";
  if (!/^[0-9a-fA-F]+$/.test(text)) return undefined;
  return /^0+$/.test(text) ? "" : text.toLowerCase();
}
