// protobuf.ts: writes the wire format, front to back, into one growing buffer. Knows no message; see otlp.ts.

const utf8 = new TextEncoder();
/** Less than 128, so that the length is one byte. */
const SHORT = 64;

export class ProtobufWriter {
  #bytes: Uint8Array = new Uint8Array(4096);
  #view: DataView = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Forgets what was written and keeps the room. @param head bytes left free in front, for the caller */
  reset(head = 0): void {
    this.#length = head;
    if (this.#bytes.length > 1 << 20) this.#take(new Uint8Array(4096));
  }

  get length(): number {
    return this.#length;
  }

  /** What was written; a view that the next write changes. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  tag(field: number, wire: 0 | 1 | 2 | 5): void {
    this.varint((field << 3) | wire);
  }

  /** @param value an integer from 0 to 2^53-1 */
  varint(value: number): void {
    this.#room(10);
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Any int64, in two's complement as the wire has it. */
  int64(value: number | bigint): void {
    if (typeof value === "number" && value >= 0) {
      this.varint(value);
      return;
    }
    this.#room(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      this.#bytes[this.#length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  /** @param seconds with @param nanos: a time as fixed64 nanoseconds */
  fixed64Time(seconds: number, nanos: number): void {
    this.#room(8);
    if (seconds >= 0 && seconds < 2 ** 34 && nanos >= 0) {
      // seconds * 10^9 + nanos in two 32-bit halves, each step exact in a double: a bigint would cost more than the rest.
      const upper = Math.floor(seconds / 65_536) * 1e9;
      const lower = (upper % 65_536) * 65_536 + (seconds % 65_536) * 1e9 + nanos;
      this.#view.setUint32(this.#length, lower % 2 ** 32, true);
      this.#view.setUint32(this.#length + 4, Math.floor(upper / 65_536) + Math.floor(lower / 2 ** 32), true);
    } else {
      this.#view.setBigUint64(this.#length, BigInt.asUintN(64, BigInt(seconds) * 1_000_000_000n + BigInt(nanos)), true);
    }
    this.#length += 8;
  }

  fixed32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  double(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** Bytes from hex digits, such as a trace id. */
  hex(digits: string): void {
    this.bytes(Buffer.from(digits, "hex"));
  }

  /** Lone surrogates become U+FFFD, as everywhere on the web. */
  string(text: string): void {
    if (text.length <= SHORT && this.#ascii(text)) return;
    const mark = this.open(text.length * 3);
    this.#length += utf8.encodeInto(text, this.#bytes.subarray(this.#length)).written;
    this.close(mark);
  }

  /** Short plain text, which most is, byte by byte: a call into the runtime costs more. false: nothing was written. */
  #ascii(text: string): boolean {
    const { length } = text;
    this.#room(length + 1);
    const bytes = this.#bytes;
    const start = this.#length;
    bytes[start] = length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      bytes[start + 1 + i] = code;
    }
    this.#length = start + 1 + length;
    return true;
  }

  /** Begins a length-delimited part and keeps one byte for its length. Give the mark to {@link close}. */
  open(expect = 16): number {
    this.#room(expect + 16);
    this.#length += 1;
    return this.#length;
  }

  close(mark: number): void {
    const size = this.#length - mark;
    if (size < 128) {
      this.#bytes[mark - 1] = size;
      return;
    }
    let extra = 0;
    for (let rest = Math.floor(size / 128); rest > 0; rest = Math.floor(rest / 128)) extra++;
    this.#room(extra);
    this.#bytes.copyWithin(mark + extra, mark, this.#length);
    this.#length = mark - 1;
    this.varint(size);
    this.#length += size;
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const bigger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    bigger.set(this.#bytes.subarray(0, this.#length));
    this.#take(bigger);
  }

  #take(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
