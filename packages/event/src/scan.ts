// scan.ts: reads the tokens of a line and refuses every spelling but the one that spell.ts writes. Knows no field names.
import { LineError, type LineErrorCode } from "./errors.ts";
import { spellDouble } from "./spell.ts";
import { Double } from "./value.ts";

const NUMBER = /-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** A backslash, or a control below U+0020. */
const NEEDS_UNESCAPING = /[^ -[\]-\uffff]/;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '"': '"', "\\": "\\", b: "\b", t: "\t", n: "\n", f: "\f", r: "\r" };

/** A place in a text. Every method that reads stands behind what it read, or throws a LineError. */
export class Scanner {
  readonly text: string;
  position = 0;
  constructor(text: string) {
    this.text = text;
  }

  fail(code: LineErrorCode, message: string, at: number = this.position): never {
    throw new LineError(code, Buffer.byteLength(this.text.slice(0, at)), message);
  }

  at(literal: string): boolean {
    return this.text.startsWith(literal, this.position);
  }

  take(literal: string): boolean {
    if (!this.text.startsWith(literal, this.position)) return false;
    this.position += literal.length;
    return true;
  }

  expect(literal: string): void {
    if (!this.take(literal)) this.fail("SYNTAX", `expected ${literal}`);
  }

  /** A string in quotes. SYNTAX, BAD_STRING. */
  string(): string {
    const start = this.position;
    this.expect('"');
    const end = this.text.indexOf('"', this.position);
    if (end < 0) this.fail("SYNTAX", "a string without an end", start);
    const plain = this.text.slice(this.position, end);
    if (NEEDS_UNESCAPING.test(plain)) return this.#escaped(start);
    this.position = end + 1;
    return plain;
  }

  #escaped(start: number): string {
    let result = "";
    for (let from = this.position; ; ) {
      const char = this.text[this.position];
      if (char === undefined) return this.fail("SYNTAX", "a string without an end", start);
      if (char < " ") return this.fail("BAD_STRING", "a control character that is not escaped");
      if (char !== '"' && char !== "\\") {
        this.position++;
        continue;
      }
      result += this.text.slice(from, this.position);
      this.position++;
      if (char === '"') return result;
      result += this.#escape();
      from = this.position;
    }
  }

  /** What follows a backslash. Only the escapes that JSON.stringify writes. */
  #escape(): string {
    const short = SHORT_ESCAPES[this.text[this.position] ?? ""];
    if (short !== undefined) {
      this.position++;
      return short;
    }
    const code = /^u00([01][0-9a-f])/.exec(this.text.slice(this.position, this.position + 5))?.[1];
    const char = code === undefined ? "" : String.fromCharCode(Number.parseInt(code, 16));
    if (char === "" || "\b\t\n\f\r".includes(char))
      this.fail("BAD_STRING", "an escape that is not needed, or not in its shortest form", this.position - 1);
    this.position += 5;
    return char;
  }

  /** An int64 up to 2^53-1 either way, or a double. BAD_NUMBER for any other spelling than ours. */
  number(): number | Double {
    const token = this.#numberToken();
    const value = Number(token);
    if (/[.eE]/.test(token)) {
      if (spellDouble(value) !== token) this.#badNumber(token, "expected the shortest digits of a double");
      return new Double(value);
    }
    if (!Number.isSafeInteger(value)) this.#badNumber(token, "an integer beyond 2^53-1 is spelled with $int");
    if (String(value) !== token) this.#badNumber(token, "an integer has no leading zero and no -0");
    return value;
  }

  /** An integer between two limits. SYNTAX, BAD_NUMBER, OUT_OF_RANGE. */
  integer(min: number, max: number): number {
    const start = this.position;
    const value = this.number();
    if (typeof value !== "number") return this.fail("BAD_NUMBER", "expected an integer", start);
    if (value < min || value > max) this.fail("OUT_OF_RANGE", `expected ${min} to ${max}`, start);
    return value;
  }

  #numberToken(): string {
    NUMBER.lastIndex = this.position;
    const token = NUMBER.exec(this.text)?.[0];
    if (token === undefined) return this.fail("SYNTAX", "expected a number");
    this.position += token.length;
    return token;
  }

  #badNumber(token: string, message: string): never {
    this.fail("BAD_NUMBER", message, this.position - token.length);
  }
}
