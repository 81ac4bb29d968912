// tail-writer.ts: tails as bytes, for a caller that has a record's bytes and makes no record of them. The names and the spelling of the
// fields are here, their order and what goes into them is the caller's; format.ts is what the result is held against.
// Hot: nothing is allocated for a field.

import { Buffer } from "node:buffer";
import { formatTime } from "./time.ts";

type TailField =
  | ("id" | "event" | "time" | "observed" | "traceId" | "spanId" | "flags" | "severity" | "severityText" | "attributes")
  | (
      | "droppedAttributes"
      | "body"
      | "redactions"
      | "producerStream"
      | "producerNumber"
      | "producerEnd"
      | "writer"
      | "null"
      | "true"
      | "false"
    );

/** Bytes that are written again and again: kept as words, for they are copied four at a time. */
export class Piece {
  readonly length: number;
  /** Little-endian; the last one is filled up with anything. */
  readonly words: Int32Array;

  constructor(bytes: Uint8Array) {
    this.length = bytes.length;
    this.words = new Int32Array(Math.ceil(bytes.length / 4));
    for (let i = 0; i < bytes.length; i++) this.words[i >> 2]! |= bytes[i]! << (8 * (i & 3));
  }

  /** In UTF-8. */
  static of(text: string): Piece {
    return new Piece(Buffer.from(text));
  }
}

/** The fields of a tail, each with its comma and colon, in the order of the line; and the words that values are spelled with. */
export const TAIL_FIELDS: Readonly<Record<TailField, Piece>> = {
  id: Piece.of('"id":'),
  event: Piece.of(',"event":'),
  time: Piece.of(',"time":'),
  observed: Piece.of(',"observed":'),
  traceId: Piece.of(',"trace_id":'),
  spanId: Piece.of(',"span_id":'),
  flags: Piece.of(',"flags":'),
  severity: Piece.of(',"severity":'),
  severityText: Piece.of(',"severity_text":'),
  attributes: Piece.of(',"attributes":{'),
  droppedAttributes: Piece.of(',"dropped_attributes":'),
  body: Piece.of(',"body":'),
  redactions: Piece.of(',"redactions":['),
  producerStream: Piece.of(',"producer":{"stream":'),
  producerNumber: Piece.of(',"number":'),
  producerEnd: Piece.of(',"end":true'),
  writer: Piece.of(',"writer":'),
  null: Piece.of("null"),
  true: Piece.of("true"),
  false: Piece.of("false"),
};

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
/** Longer pieces are copied by a native call, which costs as much as so many bytes. */
const LONG = 256;
/** What is written word by word may go so many bytes too far. */
const OVERSHOOT = 3;
const SECOND_NS = 1_000_000_000;
/** `"2026-11-20T21:14:03.` */
const SECOND_CHARS = 21;
/** The two hex digits of a byte, as a little-endian word. */
const HEX = Uint16Array.from({ length: 256 }, (_, byte) => {
  const digits = byte.toString(16).padStart(2, "0");
  return digits.charCodeAt(0) | (digits.charCodeAt(1) << 8);
});

interface Native extends Buffer {
  utf8Write(text: string, at: number, length?: number): number;
  latin1Write(text: string, at: number, length?: number): number;
}

/** Writes at the end of a buffer that grows. */
export class TailWriter {
  /** What was written stands in it up to `at`. Replaced when it grows. */
  bytes: Uint8Array;
  at = 0;
  /** Of the same bytes. */
  #view: DataView;
  #native: Native;
  /** The second of the last time: its first nanosecond as the two halves of a uint64, and its spelling. Of another second the other one. */
  #second: Second = secondOf(0, 0);
  #other: Second = this.#second;

  constructor(bytes: number) {
    this.bytes = new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
    this.#view = viewOf(this.bytes);
    this.#native = native(this.bytes);
  }

  /** Goes on in another buffer, from its beginning. */
  use(buffer: ArrayBuffer): void {
    this.bytes = new Uint8Array(buffer);
    this.#view = viewOf(this.bytes);
    this.#native = native(this.bytes);
    this.at = 0;
  }

  byte(value: number): void {
    if (this.at === this.bytes.length) this.#grow(1);
    this.bytes[this.at++] = value;
  }

  piece({ words, length }: Piece): void {
    if (this.at + length + OVERSHOOT > this.bytes.length) this.#grow(length + OVERSHOOT);
    if (length > LONG) this.#long(words, length);
    else {
      const view = this.#view;
      for (let word = 0, at = this.at; word < words.length; word++, at += 4) view.setInt32(at, words[word]!, true);
    }
    this.at += length;
  }

  /** Makes sure that so many bytes can be written to `bytes` at `at` by hand. */
  room(needed: number): void {
    if (this.at + needed > this.bytes.length) this.#grow(needed);
  }

  /** A text as it is, in UTF-8. */
  text(text: string): void {
    const most = text.length * 3;
    if (this.at + most > this.bytes.length) this.#grow(most);
    this.at += this.#native.utf8Write(text, this.at, most);
  }

  /** The digits of an integer. */
  integer(value: number): void {
    if (value < 0 || value > 0x7fff_ffff) {
      this.text(String(value));
      return;
    }
    if (this.at + 10 > this.bytes.length) this.#grow(10);
    let digits = 1;
    for (let limit = 10; value >= limit; limit *= 10) digits++;
    let rest = value;
    for (let at = this.at + digits - 1; at >= this.at; at--) {
      const next = (rest / 10) | 0;
      this.bytes[at] = 0x30 + rest - next * 10;
      rest = next;
    }
    this.at += digits;
  }

  /** Bytes as lower-case hex digits, between quotes. */
  hex(source: Uint8Array, start: number, end: number): void {
    const length = 2 * (end - start) + 2;
    if (this.at + length > this.bytes.length) this.#grow(length);
    const { bytes } = this;
    const view = this.#view;
    let { at } = this;
    bytes[at++] = 0x22;
    for (let from = start; from < end; from++, at += 2) view.setUint16(at, HEX[source[from]!]!, true);
    bytes[at++] = 0x22;
    this.at = at;
  }

  /** Unix nanoseconds, given as the lower and upper 32 bits of a uint64, as formatTime spells them, between quotes. */
  time(low: number, high: number): void {
    if (this.at + 32 > this.bytes.length) this.#grow(32);
    let nanos = since(this.#second, low, high);
    if (!(nanos >= 0 && nanos < SECOND_NS)) {
      const second = this.#other;
      this.#other = this.#second;
      nanos = since(second, low, high);
      this.#second = nanos >= 0 && nanos < SECOND_NS ? second : secondOf(low, high);
      nanos = since(this.#second, low, high);
    }
    const { bytes, at } = this;
    this.piece(this.#second.text);
    for (let i = at + SECOND_CHARS + 8; i >= at + SECOND_CHARS; i--) {
      const next = (nanos / 10) | 0;
      bytes[i] = 0x30 + nanos - next * 10;
      nanos = next;
    }
    bytes[at + 30] = 0x5a;
    bytes[at + 31] = 0x22;
    this.at = at + 32;
  }

  #grow(needed: number): void {
    const size = Math.max(2 * this.bytes.length, this.at + needed);
    const larger = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
    this.#view = viewOf(larger);
    this.#native = native(larger);
  }

  #long(words: Int32Array, length: number): void {
    if (LITTLE_ENDIAN) this.bytes.set(new Uint8Array(words.buffer, 0, length), this.at);
    else for (let word = 0; word < words.length; word++) this.#view.setInt32(this.at + 4 * word, words[word]!, true);
  }
}

interface Second {
  readonly low: number;
  readonly high: number;
  /** With the quote before it and the point behind it. */
  readonly text: Piece;
}

/** Nanoseconds since the beginning of a second: exact where they are fewer than there are in one. */
function since(second: Second, low: number, high: number): number {
  return (high - second.high) * 2 ** 32 + (low - second.low);
}

function secondOf(low: number, high: number): Second {
  const ns = (BigInt(high) << 32n) | BigInt(low);
  const start = ns - (ns % BigInt(SECOND_NS));
  return {
    low: Number(start & 0xffff_ffffn),
    high: Number(start >> 32n),
    text: Piece.of(`"${formatTime(start).slice(0, SECOND_CHARS - 1)}`),
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function native(bytes: Uint8Array): Native {
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length) as Native;
}
