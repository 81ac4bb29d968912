// tokens.ts: the spelling of strings, numbers, times and ids in a line, checked on its bytes without making objects.
// Every function takes the bytes and a place, and answers where the token ends, or -1 when it is not spelled as SPEC.md of the event
// room says. The bytes are known to be UTF-8, and a newline stands after the line: no loop needs to look for the end.

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const COLON = 0x3a;
export const DOLLAR = 0x24;
export const NEWLINE = 0x0a;

const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const TIME_CHARS = 30;
const LAST_TIME = "2554-07-21T23:34:33.709551615Z"; // 2^64-1 nanoseconds

/** 1 for each byte that stands for itself inside a string. */
const PLAIN = new Uint8Array(256).fill(1, 0x20);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;

/** For each character after a backslash that is a whole escape: 1. */
const SHORT_ESCAPE = new Uint8Array(256);
for (const char of '"\\btnfr') SHORT_ESCAPE[char.charCodeAt(0)] = 1;

/** The six bits of each base64 character, 255 for any other. */
const BASE64 = new Uint8Array(256).fill(255);
const BASE64_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
for (let i = 0; i < BASE64_CHARS.length; i++) BASE64[BASE64_CHARS.charCodeAt(i)] = i;

/** A fixed piece of a line, in a form that is quick to compare with. */
export interface Literal {
  readonly bytes: Uint8Array;
  /** The same, four bytes a word; the last word may overlap the one before. Empty for less than four bytes. */
  readonly words: Int32Array;
  /** The third byte: of a field, the first letter of its name. */
  readonly third: number;
}

export function literal(text: string): Literal {
  return literalOf(new TextEncoder().encode(text));
}

export function literalOf(bytes: Uint8Array): Literal {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length < 4 ? 0 : Math.ceil(bytes.length / 4);
  const words = Int32Array.from({ length: count }, (_, i) => view.getInt32(Math.min(4 * i, bytes.length - 4), true));
  return { bytes, words, third: bytes[2] ?? -1 };
}

let viewed: Uint8Array = new Uint8Array(0);
let view: DataView = new DataView(viewed.buffer);

/** Four bytes at a time, wherever they stand: fixed pieces are near half of a line. */
export function startsWith(b: Uint8Array, at: number, { bytes, words }: Literal): boolean {
  const length = bytes.length;
  if (at < 0 || at + length > b.length) return false;
  if (length < 4) {
    for (let i = 0; i < length; i++) if (b[at + i] !== bytes[i]) return false;
    return true;
  }
  if (b !== viewed) look(b);
  const last = words.length - 1;
  for (let i = 0; i < last; i++) if (view.getInt32(at + 4 * i, true) !== words[i]) return false;
  return view.getInt32(at + length - 4, true) === words[last];
}

/** Four bytes, as an int32. @param at at least four bytes before the end of `b` */
export function wordAt(b: Uint8Array, at: number): number {
  if (b !== viewed) look(b);
  return view.getInt32(at, true);
}

function look(b: Uint8Array): void {
  viewed = b;
  view = new DataView(b.buffer, b.byteOffset, b.byteLength);
}

export function skip(b: Uint8Array, at: number, expected: Literal): number {
  return startsWith(b, at, expected) ? at + expected.bytes.length : -1;
}

/** A string in quotes. */
export function skipString(b: Uint8Array, at: number): number {
  if (b[at] !== QUOTE) return -1;
  let p = at + 1;
  for (;;) {
    while (PLAIN[b[p]!] === 1) p++;
    const c = b[p];
    if (c === QUOTE) return p + 1;
    if (c !== BACKSLASH) return -1;
    p = skipEscape(b, p + 1);
    if (p < 0) return -1;
  }
}

/** A string that is not empty. */
export function skipFilledString(b: Uint8Array, at: number): number {
  const end = skipString(b, at);
  return end === at + 2 ? -1 : end;
}

/** What follows a backslash: only what JSON.stringify writes, in its shortest form. */
function skipEscape(b: Uint8Array, at: number): number {
  const c = b[at]!;
  if (SHORT_ESCAPE[c] === 1) return at + 1;
  if (c !== 0x75 || b[at + 1] !== ZERO || b[at + 2] !== ZERO) return -1;
  const high = b[at + 3]! - ZERO;
  const low = hexDigit(b[at + 4]!);
  if ((high !== 0 && high !== 1) || low < 0) return -1;
  const code = high * 16 + low;
  // \b \t \n \f \r have short forms.
  return code === 8 || code === 9 || code === 10 || code === 12 || code === 13 ? -1 : at + 5;
}

function hexDigit(c: number): number {
  if (c >= ZERO && c <= NINE) return c - ZERO;
  return c >= 0x61 && c <= 0x66 ? c - 0x57 : -1;
}

/** A trace or span id in quotes: lower-case hex, not all zero. */
export function skipHexId(b: Uint8Array, at: number, digits: 16 | 32): number {
  const end = at + 1 + digits;
  if (b[at] !== QUOTE || b[end] !== QUOTE) return -1;
  let any = 0;
  for (let p = at + 1; p < end; p++) {
    const digit = hexDigit(b[p]!);
    if (digit < 0) return -1;
    any |= digit;
  }
  return any === 0 ? -1 : end + 1;
}

/** 64 lower-case hex digits, without quotes. */
export function skipSha256(b: Uint8Array, at: number): number {
  for (let p = at; p < at + 64; p++) if (hexDigit(b[p]!) < 0) return -1;
  return at + 64;
}

/** An integer within ±(2^53-1), as digits. Its value is {@link readInteger}. */
export function skipInteger(b: Uint8Array, at: number): number {
  const end = skipNumber(b, at);
  if (end < 0) return -1;
  for (let p = at; p < end; p++) if (!isDigit(b[p]!) && b[p] !== MINUS) return -1;
  return end;
}

/** The value of an integer that {@link skipInteger} accepted. */
export function readInteger(b: Uint8Array, at: number, end: number): number {
  const negative = b[at] === MINUS;
  let value = 0;
  for (let p = negative ? at + 1 : at; p < end; p++) value = value * 10 + (b[p]! - ZERO);
  return negative ? -value : value;
}

/** An integer or a double, in the one spelling that each has. */
export function skipNumber(b: Uint8Array, at: number): number {
  let p = at;
  if (b[p] === MINUS) p++;
  const digits = p;
  while (isDigit(b[p]!)) p++;
  if (p === digits) return -1;
  if (b[p] === DOT || b[p] === 0x65 || b[p] === 0x45) return skipDouble(b, at, p);
  const count = p - digits;
  if (b[digits] === ZERO) return count === 1 && digits === at ? p : -1; // no leading zero, no -0
  if (count < 16) return p;
  return count === 16 && Number.isSafeInteger(readInteger(b, at, p)) ? p : -1;
}

function skipDouble(b: Uint8Array, at: number, afterDigits: number): number {
  let p = afterDigits;
  if (b[p] === DOT) {
    const digits = ++p;
    while (isDigit(b[p]!)) p++;
    if (p === digits) return -1;
  }
  if (b[p] === 0x65) {
    p++;
    if (b[p] === MINUS || b[p] === 0x2b) p++;
    const digits = p;
    while (isDigit(b[p]!)) p++;
    if (p === digits) return -1;
  }
  if (p - at > 32) return -1; // the longest double has 25 characters
  const token = ascii(b, at, p);
  return spellDouble(Number(token)) === token ? p : -1;
}

function spellDouble(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const text = String(value);
  return Number.isInteger(value) && !text.includes("e") ? `${text}.0` : text;
}

function isDigit(c: number): boolean {
  return c >= ZERO && c <= NINE;
}

/** Base64 in quotes, of any length: padded, no bits set after the end. */
export function skipBase64(b: Uint8Array, at: number): number {
  if (b[at] !== QUOTE) return -1;
  let p = at + 1;
  while (BASE64[b[p]!] !== 255) p++;
  const bits = BASE64[b[p - 1]!]!;
  let padding = 0;
  for (; b[p] === 0x3d && padding < 3; p++) padding++;
  if (b[p] !== QUOTE || (p - at - 1) % 4 !== 0 || padding > 2) return -1;
  if ((padding === 1 && (bits & 3) !== 0) || (padding === 2 && (bits & 15) !== 0)) return -1;
  return p + 1;
}

/** 32 bytes in base64, in quotes. */
export function skipHash(b: Uint8Array, at: number): number {
  return b[at + 45] === QUOTE && b[at + 44] === 0x3d && b[at + 43] !== 0x3d && skipBase64(b, at) === at + 46 ? at + 46 : -1;
}

/** The 32 bytes of a hash that {@link skipHash} accepted. @param at of its first character */
export function decodeHash(b: Uint8Array, at: number, out: Uint8Array): void {
  let o = 0;
  for (let p = at; o < 30; p += 4) {
    const bits = (BASE64[b[p]!]! << 18) | (BASE64[b[p + 1]!]! << 12) | (BASE64[b[p + 2]!]! << 6) | BASE64[b[p + 3]!]!;
    out[o++] = bits >> 16;
    out[o++] = bits >> 8;
    out[o++] = bits;
  }
  const bits = (BASE64[b[at + 40]!]! << 18) | (BASE64[b[at + 41]!]! << 12) | (BASE64[b[at + 42]!]! << 6);
  out[30] = bits >> 16;
  out[31] = bits >> 8;
}

/** `"2026-11-20T21:14:03.123456789Z"`: a day that exists, to the end of an unsigned 64 bit count of nanoseconds. */
export function skipTime(b: Uint8Array, at: number): number {
  const p = at + 1;
  if (b[at] !== QUOTE || b[p + TIME_CHARS] !== QUOTE || b[p + 29] !== 0x5a) return -1;
  if (
    b[p + 4] !== MINUS ||
    b[p + 7] !== MINUS ||
    b[p + 10] !== 0x54 ||
    b[p + 13] !== COLON ||
    b[p + 16] !== COLON ||
    b[p + 19] !== DOT
  )
    return -1;
  const year = twoDigits(b, p) * 100 + twoDigits(b, p + 2);
  const month = twoDigits(b, p + 5);
  const day = twoDigits(b, p + 8);
  // A pair that is not two digits counts as NaN, which fails every comparison below.
  if (!(year >= 1970 && year <= 2554 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return -1;
  if (!(twoDigits(b, p + 11) <= 23 && twoDigits(b, p + 14) <= 59 && twoDigits(b, p + 17) <= 59)) return -1;
  for (let i = 20; i < 29; i++) if (!isDigit(b[p + i]!)) return -1;
  if (year === 2554 && ascii(b, p, p + TIME_CHARS) > LAST_TIME) return -1;
  return p + TIME_CHARS + 1;
}

function twoDigits(b: Uint8Array, at: number): number {
  const tens = b[at]!;
  const ones = b[at + 1]!;
  return isDigit(tens) && isDigit(ones) ? (tens - ZERO) * 10 + (ones - ZERO) : Number.NaN;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Bytes that are known to be ASCII, as text. */
export function ascii(b: Uint8Array, start: number, end: number): string {
  return Buffer.prototype.latin1Slice.call(b, start, end);
}

/** Bytes that are known to be UTF-8, as text. */
export function utf8(b: Uint8Array, start: number, end: number): string {
  return Buffer.prototype.utf8Slice.call(b, start, end);
}
