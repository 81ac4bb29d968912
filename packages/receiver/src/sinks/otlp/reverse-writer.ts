// reverse-writer.ts: writes the protobuf wire format from its end to its beginning, so that a length is known when it is written.
// Fields come out in the opposite order of the calls. Knows no message. Source: protobuf.dev/programming-guides/encoding.

const FIRST_BYTES = 16 * 1024;

export class ReverseWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** Where the written part begins. */
  #at = FIRST_BYTES;

  /** Bytes written so far: a mark for {@link field}. */
  get length(): number {
    return this.#bytes.length - this.#at;
  }

  /** What was written, as bytes of its own; then it is empty again. */
  take(): Uint8Array {
    const bytes = Uint8Array.prototype.slice.call(this.#bytes, this.#at);
    this.#at = this.#bytes.length;
    return bytes;
  }

  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length); // before #bytes is looked at: it may be another one then
    this.#bytes.set(bytes, at);
  }

  byte(value: number): void {
    const at = this.#room(1);
    this.#bytes[at] = value;
  }

  text(text: string): void {
    const at = this.#room(Buffer.byteLength(text));
    this.#bytes.write(text, at, "utf8");
  }

  /** @param value an integer from 0 to 2^53-1 */
  varint(value: number): void {
    let size = 1;
    for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size += 1;
    let at = this.#room(size);
    let rest = value;
    for (; size > 1; size -= 1) {
      this.#bytes[at] = (rest % 128) | 128;
      at += 1;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[at] = rest;
  }

  /** Any int64, in two's complement as the wire has it. */
  int64(value: number | bigint): void {
    const bits = typeof value === "number" && value >= 0 ? value : BigInt.asUintN(64, BigInt(value));
    if (bits < 2 ** 53) {
      this.varint(Number(bits));
      return;
    }
    const groups: number[] = [];
    for (let rest = BigInt(bits); rest > 0n; rest >>= 7n) groups.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    this.raw(Uint8Array.from(groups));
  }

  fixed32(value: number): void {
    const at = this.#room(4);
    this.#bytes.writeUInt32LE(value, at);
  }

  fixed64(value: bigint): void {
    const at = this.#room(8);
    this.#bytes.writeBigUInt64LE(value, at);
  }

  double(value: number): void {
    const at = this.#room(8);
    this.#bytes.writeDoubleLE(value, at);
  }

  /**
   * Makes what was written since `mark` the content of a length-delimited field.
   * @param tag field number and wire type 2, below 128
   */
  field(tag: number, mark: number): void {
    this.varint(this.length - mark);
    this.byte(tag);
  }

  /** A text field; one that is empty is left out, as the wire has it. */
  textField(tag: number, text: string): void {
    if (text === "") return;
    const mark = this.length;
    this.text(text);
    this.field(tag, mark);
  }

  #room(more: number): number {
    if (this.#at < more) {
      const written = this.#bytes.subarray(this.#at);
      const bigger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, written.length + more));
      bigger.set(written, bigger.length - written.length);
      this.#at = bigger.length - written.length;
      this.#bytes = bigger;
    }
    this.#at -= more;
    return this.#at;
  }
}
