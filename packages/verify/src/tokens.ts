// tokens.ts: the spelling of strings, numbers and ids in a line, checked on its bytes without making objects.
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
export const MINUS = 0x2d;
export const DOT = 0x2e;
export const ZERO = 0x30;
const NINE = 0x39;

/** 1 for each byte that stands for itself inside a string. */
const PLAIN = new Uint8Array(256).fill(1, 0x20);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;

/** For each character after a backslash that is a whole escape: 1. */
const SHORT_ESCAPE = new Uint8Array(256);
for (const char of '"\\btnfr') SHORT_ESCAPE[char.charCodeAt(0)] = 1;

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
  const here = viewOf(b); // a local: a variable of the module is read again at each step
  const last = words.length - 1;
  let i = 0;
  let p = at;
  for (; i < last - 3; i += 4, p += 16) {
    const differs =
      (here.getInt32(p, true) ^ words[i]!) |
      (here.getInt32(p + 4, true) ^ words[i + 1]!) |
      (here.getInt32(p + 8, true) ^ words[i + 2]!) |
      (here.getInt32(p + 12, true) ^ words[i + 3]!);
    if (differs !== 0) return false;
  }
  for (; i < last; i++, p += 4) if (here.getInt32(p, true) !== words[i]) return false;
  return here.getInt32(at + length - 4, true) === words[last];
}

/** The bytes as a view that is kept as long as the same bytes are asked for. */
export function viewOf(b: Uint8Array): DataView {
  if (b !== viewed) look(b);
  return view;
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

/** Digits without a leading zero, up to 2^53-1, read as they are passed over. @returns their end; the value is {@link lastCount} */
export function skipCount(b: Uint8Array, at: number): number {
  let p = at;
  let value = 0;
  for (let c = b[p]!; c >= ZERO && c <= NINE; c = b[++p]!) value = value * 10 + (c - ZERO);
  const digits = p - at;
  if (digits < 1 || (b[at] === ZERO && digits > 1) || digits > 16 || value > Number.MAX_SAFE_INTEGER) return -1;
  counted = value;
  return p;
}

let counted = 0;

/** What {@link skipCount} read last. */
export function lastCount(): number {
  return counted;
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

export function isDigit(c: number): boolean {
  return c >= ZERO && c <= NINE;
}

/** Bytes that are known to be ASCII, as text. */
export function ascii(b: Uint8Array, start: number, end: number): string {
  return Buffer.prototype.latin1Slice.call(b, start, end);
}

/** Bytes that are known to be UTF-8, as text. */
export function utf8(b: Uint8Array, start: number, end: number): string {
  return Buffer.prototype.utf8Slice.call(b, start, end);
}
