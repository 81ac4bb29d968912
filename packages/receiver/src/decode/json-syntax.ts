// json-syntax.ts: where a JSON value ends, and whether it is one. Builds nothing, and keeps one bit for each open bracket, so
// that a body of nothing but brackets costs a scan and no stack. Source: RFC 8259.

import { Fault } from "./decoded.ts";

export const QUOTE = 0x22;
export const MINUS = 0x2d;
export const OPEN_ARRAY = 0x5b;
export const OPEN_OBJECT = 0x7b;
const CLOSE_ARRAY = 0x5d;
const CLOSE_OBJECT = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

export const HAS_ESCAPES = 1;
/** The top bit of a byte, so that it is found by joining all bytes. */
export const HAS_UTF8 = 0x80;

/** 1 for the bytes that do not stand for themselves in a string. */
const SPECIAL: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
);

const NAMES = { string: "a string", value: "a value", colon: '":"', object: '"," or "}"', array: '"," or "]"', end: "the end" };

/** A cursor that moves over syntax. Every method throws a Fault BAD_JSON where something else stands than it moves over. */
export class JsonSyntax {
  readonly #bytes: Uint8Array;
  pos = 0;
  /** A bit for each open bracket: 1 for an object. */
  #open: Uint8Array = new Uint8Array(16);

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Moves to the first value: over white space and, as RFC 8259 allows, a byte order mark. */
  start(): void {
    const bytes = this.#bytes;
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.pos = 3;
    this.#space();
  }

  /** After the last value: nothing but white space. */
  finish(): void {
    this.#space();
    if (this.pos < this.#bytes.length) throw this.#expected(NAMES.end);
  }

  /** Over a whole value. Iterative: any depth. */
  value(): void {
    let depth = 0;
    for (;;) {
      const first = this.#bytes[this.pos];
      if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
        this.#push(depth++, first === OPEN_OBJECT);
        if (this.open()) {
          if (first === OPEN_OBJECT) this.#member();
          continue;
        }
        depth--;
      } else this.#scalar(first);
      for (;;) {
        if (depth === 0) return;
        const isObject = this.#isObject(depth - 1);
        if (this.next(isObject)) {
          if (isObject) this.#member();
          break;
        }
        depth--;
      }
    }
  }

  /** Over an opening bracket. False when the closing one follows, which is then passed too. */
  open(): boolean {
    const close = this.#bytes[this.pos] === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
    this.pos++;
    this.#space();
    if (this.#bytes[this.pos] !== close) return true;
    this.pos++;
    return false;
  }

  /** After an item: over the comma, or over the closing bracket and then false. */
  next(isObject: boolean): boolean {
    this.#space();
    const byte = this.#bytes[this.pos];
    if (byte !== COMMA && byte !== (isObject ? CLOSE_OBJECT : CLOSE_ARRAY))
      throw this.#expected(isObject ? NAMES.object : NAMES.array);
    this.pos++;
    if (byte !== COMMA) return false;
    this.#space();
    return true;
  }

  colon(): void {
    this.#space();
    if (this.#bytes[this.pos] !== COLON) throw this.#expected(NAMES.colon);
    this.pos++;
    this.#space();
  }

  /** Over a string. Says what is in it: 0 for ASCII as it stands, HAS_ESCAPES, HAS_UTF8, or both. */
  string(): number {
    const bytes = this.#bytes;
    if (bytes[this.pos] !== QUOTE) throw this.#expected(NAMES.string);
    let escapes = 0;
    let bits = 0;
    for (let at = this.pos + 1; at < bytes.length; at++) {
      const byte = bytes[at]!;
      bits |= byte;
      if (SPECIAL[byte] === 0) continue;
      if (byte === QUOTE) {
        this.pos = at + 1;
        return escapes | (bits & HAS_UTF8);
      }
      if (byte === BACKSLASH) {
        escapes = HAS_ESCAPES;
        at = this.#escape(at + 1);
      } else if (byte < 0x20) throw new Fault("BAD_JSON", "a control character stands unescaped in a string", at);
    }
    throw new Fault("BAD_JSON", "a string does not end", this.pos);
  }

  /** @returns where the escape's last byte is */
  #escape(at: number): number {
    const bytes = this.#bytes;
    const letter = bytes[at] ?? 0;
    if ('"\\/bfnrt'.includes(String.fromCharCode(letter))) return at;
    if (letter !== 0x75) throw new Fault("BAD_JSON", "a string has an escape that JSON does not know", at);
    for (let i = 1; i <= 4; i++)
      if (!isHex(bytes[at + i] ?? 0)) throw new Fault("BAD_JSON", "four hex digits must follow \\u", at);
    return at + 4;
  }

  #member(): void {
    this.string();
    this.colon();
  }

  #scalar(first: number | undefined): void {
    if (first === QUOTE) this.string();
    else if (first === 0x74) this.#literal("true");
    else if (first === 0x66) this.#literal("false");
    else if (first === 0x6e) this.#literal("null");
    else this.#number();
  }

  #literal(word: string): void {
    for (let i = 0; i < word.length; i++) if (this.#bytes[this.pos + i] !== word.charCodeAt(i)) throw this.#expected(NAMES.value);
    this.pos += word.length;
  }

  #number(): void {
    const bytes = this.#bytes;
    if (bytes[this.pos] === MINUS) this.pos++;
    if (bytes[this.pos] === 0x30) this.pos++;
    else this.#digits();
    if (bytes[this.pos] === 0x2e) {
      this.pos++;
      this.#digits();
    }
    if (((bytes[this.pos] ?? 0) | 0x20) !== 0x65) return;
    this.pos++;
    if (bytes[this.pos] === 0x2b || bytes[this.pos] === MINUS) this.pos++;
    this.#digits();
  }

  #digits(): void {
    const start = this.pos;
    while (isDigit(this.#bytes[this.pos] ?? 0)) this.pos++;
    if (this.pos === start) throw this.#expected(NAMES.value);
  }

  #space(): void {
    const bytes = this.#bytes;
    for (;;) {
      const byte = bytes[this.pos];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.pos++;
    }
  }

  #push(depth: number, isObject: boolean): void {
    const at = depth >> 3;
    if (at >= this.#open.length) {
      const longer = new Uint8Array(2 * this.#open.length);
      longer.set(this.#open);
      this.#open = longer;
    }
    const bit = 1 << (depth & 7);
    if (isObject) this.#open[at]! |= bit;
    else this.#open[at]! &= ~bit;
  }

  #isObject(depth: number): boolean {
    return ((this.#open[depth >> 3]! >> (depth & 7)) & 1) === 1;
  }

  #expected(what: string): Fault {
    const found = this.pos < this.#bytes.length ? "something else stands" : "the text ends";
    return new Fault("BAD_JSON", `${found} where JSON has ${what}`, this.pos);
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHex(byte: number): boolean {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}
