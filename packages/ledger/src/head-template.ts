// head-template.ts: the head of one line after the other, in place: from a line to the next one only some digits and the hash change. Knows no
// tails. Hot; event's formatHead is what the result is held against.

import { Buffer } from "node:buffer";
import { formatHead } from "@proofline/event";
import { HASH_BYTES } from "@proofline/tlog";
import { type Moment, SECOND, SECOND_NS } from "./received-clock.ts";

const ZERO = 0x30;
const NINE = 0x39;
const HASH_CHARS = 44;
/** `2026-11-20T21:14:03.` */
const SECOND_CHARS = 20;
const NANO_CHARS = 9;
const AFTER_SEQ = ',"prev":"'.length;
const AFTER_PREV = '","received":"'.length;
const BASE64 = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const PADDING = 0x3d;

export class HeadTemplate {
  readonly #log: string;
  #head: Buffer;
  #seq = Number.NaN;
  #seconds = Number.NaN;
  #seqStart = 0;
  #seqEnd = 0;

  /** @param prev leaf hash of the line before the first, in base64 */
  constructor(log: string, prev: string) {
    this.#log = log;
    this.#head = Buffer.from(prev.padStart(AFTER_SEQ + HASH_CHARS));
  }

  /** Leaf hash of the line before the next, in base64. */
  get prev(): string {
    const at = this.#seqEnd + AFTER_SEQ;
    return this.#head.toString("latin1", at, at + HASH_CHARS);
  }

  /** The next line's `prev` is the leaf hash at `at`. */
  link(hashes: Uint8Array, at: number): void {
    const head = this.#head;
    const last = at + HASH_BYTES - 2;
    let to = this.#seqEnd + AFTER_SEQ;
    for (let from = at; from < last; from += 3, to += 4) {
      const bits = (hashes[from]! << 16) | (hashes[from + 1]! << 8) | hashes[from + 2]!;
      head[to] = BASE64[bits >> 18]!;
      head[to + 1] = BASE64[(bits >> 12) & 63]!;
      head[to + 2] = BASE64[(bits >> 6) & 63]!;
      head[to + 3] = BASE64[bits & 63]!;
    }
    const bits = (hashes[last]! << 16) | (hashes[last + 1]! << 8);
    head[to] = BASE64[bits >> 18]!;
    head[to + 1] = BASE64[(bits >> 12) & 63]!;
    head[to + 2] = BASE64[(bits >> 6) & 63]!;
    head[to + 3] = PADDING;
  }

  /**
   * The head of the line at `seq`. Valid until the next call of this or of link().
   * @param later nanoseconds after `moment`, at which the line was received
   */
  fill(seq: number, { seconds, nanos }: Moment, later: number): Buffer {
    const total = nanos + later;
    const carry = Math.floor(total / SECOND);
    const isNext = seq === this.#seq + 1 && seconds + carry === this.#seconds && this.#countUp();
    if (!isNext) this.#begin(seq, seconds + carry);
    this.#seq = seq;
    const head = this.#head;
    const nanosAt = this.#seqEnd + AFTER_SEQ + HASH_CHARS + AFTER_PREV + SECOND_CHARS;
    let rest = total - carry * SECOND;
    for (let at = nanosAt + NANO_CHARS - 1; at >= nanosAt; at--) {
      const tens = (rest / 10) | 0;
      head[at] = ZERO + rest - tens * 10;
      rest = tens;
    }
    return head;
  }

  #begin(seq: number, seconds: number): void {
    const head = formatHead({ log: this.#log, seq, prev: this.prev, received: BigInt(seconds) * SECOND_NS });
    this.#head = Buffer.from(head);
    this.#seconds = seconds;
    this.#seqEnd = this.#head.lastIndexOf(',"prev":"');
    this.#seqStart = this.#seqEnd - String(seq).length;
  }

  /** False when there is one digit more from now on. */
  #countUp(): boolean {
    const head = this.#head;
    for (let at = this.#seqEnd - 1; at >= this.#seqStart; at--) {
      if (head[at] !== NINE) {
        head[at]!++;
        return true;
      }
      head[at] = ZERO;
    }
    return false;
  }
}
