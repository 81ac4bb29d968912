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

/** The fields of a tail, each with its comma and colon, in the order of the line; and the words that values are spelled with. */
export const TAIL_FIELDS: Readonly<Record<TailField, Uint8Array>> = {
  id: ascii('"id":'),
  event: ascii(',"event":'),
  time: ascii(',"time":'),
  observed: ascii(',"observed":'),
  traceId: ascii(',"trace_id":'),
  spanId: ascii(',"span_id":'),
  flags: ascii(',"flags":'),
  severity: ascii(',"severity":'),
  severityText: ascii(',"severity_text":'),
  attributes: ascii(',"attributes":{'),
  droppedAttributes: ascii(',"dropped_attributes":'),
  body: ascii(',"body":'),
  redactions: ascii(',"redactions":['),
  producerStream: ascii(',"producer":{"stream":'),
  producerNumber: ascii(',"number":'),
  producerEnd: ascii(',"end":true'),
  writer: ascii(',"writer":'),
  null: ascii("null"),
  true: ascii("true"),
  false: ascii("false"),
};

/** Shorter pieces are copied byte by byte: a native call costs as much as forty of them. */
const SHORT = 40;
const SECOND_NS = 1_000_000_000;
/** `"2026-11-20T21:14:03.` */
const SECOND_CHARS = 21;
const HEX = ascii("0123456789abcdef");

function ascii(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

interface Native extends Buffer {
  utf8Write(text: string, at: number, length?: number): number;
  latin1Write(text: string, at: number, length?: number): number;
}

/** Writes at the end of a buffer that grows. */
export class TailWriter {
  /** What was written stands in it up to `at`. Replaced when it grows. */
  bytes: Uint8Array;
  at = 0;
  #native: Native;
  /** The second of the last time: its first nanosecond as the two halves of a uint64, and its spelling. Of another second the other one. */
  #second: Second = secondOf(0, 0);
  #other: Second = this.#second;

  constructor(bytes: number) {
    this.bytes = new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
    this.#native = native(this.bytes);
  }

  /** Goes on in another buffer, from its beginning. */
  use(buffer: ArrayBuffer): void {
    this.bytes = new Uint8Array(buffer);
    this.#native = native(this.bytes);
    this.at = 0;
  }

  byte(value: number): void {
    if (this.at === this.bytes.length) this.#grow(1);
    this.bytes[this.at++] = value;
  }

  raw(part: Uint8Array): void {
    this.copy(part, 0, part.length);
  }

  copy(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.at + length > this.bytes.length) this.#grow(length);
    const { bytes } = this;
    let { at } = this;
    if (length > SHORT) {
      bytes.set(source.subarray(start, end), at);
      this.at = at + length;
      return;
    }
    for (let from = start; from < end; from++) bytes[at++] = source[from]!;
    this.at = at;
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
    let { at } = this;
    bytes[at++] = 0x22;
    for (let from = start; from < end; from++) {
      const byte = source[from]!;
      bytes[at++] = HEX[byte >> 4]!;
      bytes[at++] = HEX[byte & 15]!;
    }
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
    const { text } = this.#second;
    for (let i = 0; i < SECOND_CHARS; i++) bytes[at + i] = text[i]!;
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
    this.#native = native(larger);
  }
}

interface Second {
  readonly low: number;
  readonly high: number;
  /** With the quote before it and the point behind it. */
  readonly text: Uint8Array;
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
    text: ascii(`"${formatTime(start).slice(0, SECOND_CHARS - 1)}`),
  };
}

function native(bytes: Uint8Array): Native {
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length) as Native;
}
