// wire-text.ts: bytes of a request to strings, fast. Most strings of a record are short ASCII, and most keys were seen in the
// record before: one native call serves thousands of strings, and a known key costs a comparison. Knows no encoding's framing.

import { isUtf8 } from "node:buffer";
import { Fault } from "./decoded.ts";

/** Bytes turned into one string at a time, of which short strings are then cut. */
const WINDOW_BYTES = 65_536;
/** V8 refuses longer strings. */
const MAX_STRING_BYTES = 0x1fff_ffe8;

const KEY_SLOTS = 1_024;
const MAX_KEY_BYTES = 64;
const KEY_WORDS = MAX_KEY_BYTES / 4;
/** ASCII keys by hash, one a slot: a sender of ever new keys costs itself time, and us no memory. */
const keys: string[] = new Array<string>(KEY_SLOTS).fill("");
/** The same keys as their bytes, four at a time; the last word ends where the key ends. */
const keyWords: Int32Array = new Int32Array(KEY_SLOTS * KEY_WORDS);

/** Ids stand side by side in a record: the digits of one are made together with those of the next. */
const HEX_BYTES = 26;

/** Node's own conversions, without the argument checks of `toString`. */
interface FastBuffer extends Buffer {
  utf8Slice(start: number, end: number): string;
  latin1Slice(start: number, end: number): string;
  hexSlice(start: number, end: number): string;
}

export class WireText {
  readonly #buffer: FastBuffer;
  readonly #view: DataView;
  readonly #onReplaced: () => void;
  #window = "";
  #from = 0;
  #to = 0;
  #hex = "";
  #hexFrom = 0;

  /** @param onReplaced called for each string that was not UTF-8 */
  constructor(bytes: Uint8Array, onReplaced: () => void) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as FastBuffer;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#onReplaced = onReplaced;
  }

  /**
   * The string in bytes `start` to `end`, ill-formed sequences replaced by U+FFFD. It may share memory with up to 64 KiB of
   * its neighbours: whoever keeps it beyond the request takes {@link own}.
   */
  string(start: number, end: number): string {
    return this.isAscii(start, end) ? this.ascii(start, end) : this.#utf8(start, end);
  }

  /** As `string`, of bytes known to be ASCII. */
  ascii(start: number, end: number): string {
    if (start < this.#from || end > this.#to) this.#move(start, end);
    return this.#window.substring(start - this.#from, end - this.#from);
  }

  /** As `string`, in memory of its own. */
  own(start: number, end: number): string {
    return this.#utf8(start, end);
  }

  /** As `own`, from the cache when the same key was read before. */
  key(start: number, end: number): string {
    const length = end - start;
    if (length === 0 || length > MAX_KEY_BYTES) return this.#utf8(start, end);
    const view = this.#view;
    // Length, middle and end tell the usual names apart; hashing all of a key would cost as much as comparing it.
    const last = length < 4 ? this.#short(start, end) : view.getInt32(end - 4);
    const middle = length < 4 ? last : view.getInt32(start + ((length - 4) >> 1));
    const slot = Math.imul(middle ^ Math.imul(last + length, 0x9e3779b1), 0x85ebca6b) >>> 22;
    const cached = keys[slot]!;
    if (cached.length === length) {
      let word = slot * KEY_WORDS;
      let at = start;
      while (at < end - 4 && view.getInt32(at) === keyWords[word]) {
        at += 4;
        word++;
      }
      if (at >= end - 4 && last === keyWords[word]) return cached;
    }
    return this.#newKey(start, end, slot, last);
  }

  #newKey(start: number, end: number, slot: number, last: number): string {
    const text = this.#utf8(start, end);
    // Of a key that is not ASCII the length in bytes is not that of the string.
    if (!this.isAscii(start, end)) return text;
    keys[slot] = text;
    let word = slot * KEY_WORDS;
    for (let at = start; at < end - 4; at += 4) keyWords[word++] = this.#view.getInt32(at);
    keyWords[word] = last;
    return text;
  }

  /** Up to three bytes as a number. */
  #short(start: number, end: number): number {
    let word = 0;
    for (let at = start; at < end; at++) word = (word << 8) | this.#view.getUint8(at);
    return word;
  }

  /** The bytes, up to 16, as lower-case hex digits; "" when all are zero. */
  id(start: number, end: number): string {
    let bits = 0;
    for (let at = start; at < end; at++) bits |= this.#view.getUint8(at);
    if (bits === 0) return "";
    if (start < this.#hexFrom || end > this.#hexFrom + this.#hex.length / 2) {
      this.#hexFrom = start;
      this.#hex = this.#buffer.hexSlice(start, Math.min(start + HEX_BYTES, this.#buffer.length));
    }
    return this.#hex.substring(2 * (start - this.#hexFrom), 2 * (end - this.#hexFrom));
  }

  isAscii(start: number, end: number): boolean {
    const view = this.#view;
    const last = end - 4;
    if (last < start) return (this.#short(start, end) & 0x808080) === 0;
    // The last word may overlap the one before: cheaper than its bytes one by one.
    let bits = view.getInt32(last);
    for (let at = start; at < last; at += 4) bits |= view.getInt32(at);
    return (bits & 0x80808080) === 0;
  }

  #utf8(start: number, end: number): string {
    if (end - start > MAX_STRING_BYTES) throw new Fault("TOO_LARGE", `a string of ${end - start} bytes`, start);
    const text = this.#buffer.utf8Slice(start, end);
    // U+FFFD may also have been sent; only then is the second look needed.
    if (text.includes("\ufffd") && !isUtf8(this.#buffer.subarray(start, end))) this.#onReplaced();
    return text;
  }

  #move(start: number, end: number): void {
    if (end - start > MAX_STRING_BYTES) throw new Fault("TOO_LARGE", `a string of ${end - start} bytes`, start);
    this.#from = start;
    this.#to = Math.min(Math.max(end, start + WINDOW_BYTES), this.#buffer.length);
    this.#window = this.#buffer.latin1Slice(this.#from, this.#to);
  }
}
