// json-reader.ts: reads JSON from bytes, strictly and once, without touching a number's spelling: JSON.parse turns
// 9007199254740993 into 9007199254740992. Builds no tree: whoever asks says what it expects. Knows no OTLP. Source: RFC 8259.

import { unescapeString } from "./json-string.ts";
import { HAS_ESCAPES, JsonSyntax, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from "./json-syntax.ts";
import { WireText } from "./wire-text.ts";

/** What stands at the cursor. */
export type JsonKind = "object" | "array" | "string" | "number" | "boolean" | "null";

const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;

/** A cursor over a JSON text. Every method throws a Fault BAD_JSON with the place where the text is not JSON. */
export class JsonReader {
  readonly bytes: Uint8Array;
  readonly #syntax: JsonSyntax;
  readonly #text: WireText;
  readonly #onReplaced: () => void;

  /** @param onReplaced called for each string that was not well-formed: its ill-formed parts are U+FFFD */
  constructor(body: Uint8Array, onReplaced: () => void) {
    this.bytes = new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
    this.#syntax = new JsonSyntax(this.bytes);
    this.#text = new WireText(this.bytes, onReplaced);
    this.#onReplaced = onReplaced;
    this.#syntax.start();
  }

  /** In bytes from the start. */
  get pos(): number {
    return this.#syntax.pos;
  }

  set pos(pos: number) {
    this.#syntax.pos = pos;
  }

  kind(): JsonKind {
    switch (this.bytes[this.#syntax.pos]!) {
      case OPEN_OBJECT:
        return "object";
      case OPEN_ARRAY:
        return "array";
      case QUOTE:
        return "string";
      case LETTER_T:
      case LETTER_F:
        return "boolean";
      case LETTER_N:
        return "null";
      default:
        return "number";
    }
  }

  /** Moves behind the value, whatever it is. */
  skip(): void {
    this.#syntax.value();
  }

  /** Moves behind a null, and says whether there was one. */
  skipNull(): boolean {
    if (this.bytes[this.#syntax.pos] !== LETTER_N) return false;
    this.skip();
    return true;
  }

  /** Moves into the array or object that stands here. False when it is empty; the cursor is then behind it. */
  open(): boolean {
    return this.#syntax.open();
  }

  /** Moves from an array's item to the next one. False when there is none; the cursor is then behind the array. */
  nextItem(): boolean {
    return this.#syntax.next(false);
  }

  /** Moves from a member's value to the next member's name, as `nextItem`. */
  nextMember(): boolean {
    return this.#syntax.next(true);
  }

  /** The name of a member; moves to its value. */
  name(): string {
    const start = this.pos + 1;
    const has = this.#syntax.string();
    const end = this.pos - 1;
    this.#syntax.colon();
    // Names that we know are well-formed: of the others nobody will ask.
    return (has & HAS_ESCAPES) === 0 ? this.#text.key(start, end) : unescapeString(this.bytes, start, end, () => {});
  }

  /** The string that stands here. It may share memory with its neighbours: see WireText. */
  string(): string {
    const start = this.pos + 1;
    const has = this.#syntax.string();
    const end = this.pos - 1;
    if (has === 0) return this.#text.ascii(start, end);
    return (has & HAS_ESCAPES) === 0 ? this.#text.own(start, end) : unescapeString(this.bytes, start, end, this.#onReplaced);
  }

  /** As `string`, of one that is likely to come again. */
  key(): string {
    const start = this.pos + 1;
    const has = this.#syntax.string();
    const end = this.pos - 1;
    return (has & HAS_ESCAPES) === 0 ? this.#text.key(start, end) : unescapeString(this.bytes, start, end, this.#onReplaced);
  }

  boolean(): boolean {
    const isTrue = this.bytes[this.pos] === LETTER_T;
    this.skip();
    return isTrue;
  }

  /** The number that stands here, as it is spelled. */
  number(): string {
    const start = this.pos;
    this.skip();
    return this.#text.ascii(start, this.pos);
  }

  /** After the last value: nothing more may follow. */
  finish(): void {
    this.#syntax.finish();
  }
}
