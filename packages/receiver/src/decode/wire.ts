// wire.ts: reads the protobuf wire format from bytes, every read bounded by the end of the message it is in. Knows tags, varints and
// lengths, no message. Nothing is allocated for a field. Source: protobuf.dev/programming-guides/encoding.

import { Fault } from "./decoded.ts";

/** The number of a field and its wire type as one number, the way they stand on the wire. */
export function tag(field: number, wireType: number): number {
  return ((field << 3) | wireType) >>> 0;
}
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const GROUP_START = 3;
export const GROUP_END = 4;
export const FIXED32 = 5;

/** Groups in groups that are skipped; protobuf's own readers stop at the same depth. */
const MAX_GROUPS = 100;

/**
 * A cursor over one request. Every method reads at `pos`, moves it on, never beyond `end`, and throws a Fault (TRUNCATED,
 * BAD_VARINT, BAD_TAG, BAD_WIRE_TYPE, BAD_GROUP, TOO_DEEP) with the place when it cannot.
 */
export class WireReader {
  readonly bytes: Uint8Array;
  pos = 0;
  /** The last varint's lower and upper 32 bits, unsigned. */
  low = 0;
  high = 0;
  /** The same bytes, to be read in words. */
  readonly view: DataView;

  /** @param bytes a plain Uint8Array: two classes of arrays would make every read slower */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** A tag as it stands on the wire: `field << 3 | wireType`, below 2^32. */
  tag(end: number): number {
    const pos = this.pos;
    if (pos < end) {
      const first = this.bytes[pos]!;
      if (first < 0x80 && first > 7) {
        this.pos = pos + 1;
        return first;
      }
    }
    this.varint(end);
    if (this.high !== 0 || this.low < 8)
      throw new Fault("BAD_TAG", `no field has the tag ${this.high * 2 ** 32 + this.low}`, pos);
    return this.low;
  }

  /** A varint of up to ten bytes, into `low` and `high`. */
  varint(end: number): void {
    const { bytes } = this;
    const start = this.pos;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.pos >= end) throw new Fault("TRUNCATED", "a number runs past the end of its message", start);
      const byte = bytes[this.pos++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else if (byte > 1) break;
      else high |= bits << 31;
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw new Fault("BAD_VARINT", "a number of more than 64 bits", start);
  }

  /** A length, checked against what is left. Returns where the field ends; `pos` is where it begins. */
  lengthEnd(end: number): number {
    const { bytes, pos } = this;
    if (pos < end) {
      const first = bytes[pos]!;
      if (first < 0x80 && first <= end - pos - 1) {
        this.pos = pos + 1;
        return pos + 1 + first;
      }
      // Two bytes: the length of almost every record.
      if (first >= 0x80 && pos + 1 < end && bytes[pos + 1]! < 0x80) {
        const stop = pos + 2 + ((first & 0x7f) | (bytes[pos + 1]! << 7));
        if (stop <= end) {
          this.pos = pos + 2;
          return stop;
        }
      }
    }
    this.varint(end);
    const left = end - this.pos;
    const length = this.high * 2 ** 32 + this.low;
    if (length > left) throw new Fault("TRUNCATED", `a field of ${length} bytes where ${left} are left`, pos);
    return this.pos + length;
  }

  bool(end: number): boolean {
    this.varint(end);
    return this.low !== 0 || this.high !== 0;
  }

  /** An int32 or enum: the lower half, as protobuf truncates. */
  int32(end: number): number {
    this.varint(end);
    return this.low | 0;
  }

  uint32(end: number): number {
    this.varint(end);
    return this.low;
  }

  /** An int64: a number where that is exact, else a bigint. */
  int64(end: number): number | bigint {
    this.varint(end);
    const high = this.high | 0;
    if (high >= -0x20_0000 && high < 0x20_0000) {
      const value = high * 2 ** 32 + this.low;
      if (Number.isSafeInteger(value)) return value;
    }
    return (BigInt(high) << 32n) | BigInt(this.low);
  }

  fixed32(end: number): number {
    return this.view.getUint32(this.#fixed(4, end), true);
  }

  fixed64(end: number): bigint {
    return this.view.getBigUint64(this.#fixed(8, end), true);
  }

  /** As `fixed64`, into `low` and `high`. */
  fixed64Halves(end: number): void {
    const start = this.#fixed(8, end);
    this.low = this.view.getUint32(start, true);
    this.high = this.view.getUint32(start + 4, true);
  }

  double(end: number): number {
    return this.view.getFloat64(this.#fixed(8, end), true);
  }

  /**
   * Skips the field whose tag was just read when the message does not know it. A known field of another wire type is no newer
   * version of the protocol but a broken sender: to skip it would lose what was said.
   * @param known a bit for each field number that the message knows
   */
  skipUnknown(fieldTag: number, end: number, known: number): void {
    const field = fieldTag >>> 3;
    if (field < 31 && ((known >> field) & 1) === 1) {
      throw new Fault("BAD_WIRE_TYPE", `field ${field} has wire type ${fieldTag & 7}, which is not its own`, this.pos);
    }
    this.skip(fieldTag, end);
  }

  /** Skips the field whose tag was just read, groups and all. */
  skip(fieldTag: number, end: number): void {
    switch (fieldTag & 7) {
      case VARINT:
        this.varint(end);
        return;
      case FIXED64:
        this.#fixed(8, end);
        return;
      case LENGTH:
        this.pos = this.lengthEnd(end);
        return;
      case GROUP_START:
        this.#skipGroup(fieldTag, end, 1);
        return;
      case FIXED32:
        this.#fixed(4, end);
        return;
      case GROUP_END:
        throw new Fault("BAD_GROUP", `field ${fieldTag >>> 3} ends a group that did not begin`, this.pos);
      default:
        throw new Fault("BAD_WIRE_TYPE", `field ${fieldTag >>> 3} has wire type ${fieldTag & 7}, which does not exist`, this.pos);
    }
  }

  #skipGroup(startTag: number, end: number, depth: number): void {
    if (depth > MAX_GROUPS) throw new Fault("TOO_DEEP", `groups are nested deeper than ${MAX_GROUPS} levels`, this.pos);
    for (;;) {
      const fieldTag = this.tag(end);
      if ((fieldTag & 7) === GROUP_START) this.#skipGroup(fieldTag, end, depth + 1);
      else if ((fieldTag & 7) !== GROUP_END) this.skip(fieldTag, end);
      else if (fieldTag >>> 3 === startTag >>> 3) return;
      else throw new Fault("BAD_GROUP", `group ${startTag >>> 3} is ended by field ${fieldTag >>> 3}`, this.pos);
    }
  }

  /** Where a number of fixed size begins; `pos` moves behind it. */
  #fixed(size: number, end: number): number {
    const start = this.pos;
    if (size > end - start) throw new Fault("TRUNCATED", `a number of ${size} bytes where ${end - start} are left`, start);
    this.pos = start + size;
    return start;
  }
}
