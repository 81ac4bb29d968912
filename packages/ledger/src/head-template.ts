// head-template.ts: the head of one line after the other, in place: from a line to the next one only some digits and the hash change. Knows no
// tails. Hot; event's formatHead is what the result is held against.

import { Buffer } from "node:buffer";
import { formatHead } from "@proofline/event";
import { type Moment, SECOND, SECOND_NS } from "./received-clock.ts";

const ZERO = 0x30;
const NINE = 0x39;
const HASH_CHARS = 44;
/** `2026-11-20T21:14:03.` */
const SECOND_CHARS = 20;
const NANO_CHARS = 9;
const AFTER_SEQ = ',"prev":"'.length;
const AFTER_PREV = '","received":"'.length;

export class HeadTemplate {
  readonly #log: string;
  #head: Buffer = Buffer.alloc(0);
  #seq = Number.NaN;
  #seconds = Number.NaN;
  #seqStart = 0;
  #seqEnd = 0;

  constructor(log: string) {
    this.#log = log;
  }

  /**
   * The head of the line at `seq`. Valid until the next call.
   * @param prev leaf hash of the line before, in base64
   * @param later nanoseconds after `moment`, at which the line was received
   */
  fill(seq: number, prev: string, { seconds, nanos }: Moment, later: number): Buffer {
    const total = nanos + later;
    const carry = Math.floor(total / SECOND);
    const isNext = seq === this.#seq + 1 && seconds + carry === this.#seconds && this.#countUp();
    if (!isNext) this.#begin(seq, prev, seconds + carry);
    this.#seq = seq;
    const head = this.#head;
    const prevAt = this.#seqEnd + AFTER_SEQ;
    if (isNext) head.write(prev, prevAt, HASH_CHARS, "latin1");
    const nanosAt = prevAt + HASH_CHARS + AFTER_PREV + SECOND_CHARS;
    let rest = total - carry * SECOND;
    for (let at = nanosAt + NANO_CHARS - 1; at >= nanosAt; at--) {
      const tens = (rest / 10) | 0;
      head[at] = ZERO + rest - tens * 10;
      rest = tens;
    }
    return head;
  }

  #begin(seq: number, prev: string, seconds: number): void {
    const head = formatHead({ log: this.#log, seq, prev, received: BigInt(seconds) * SECOND_NS });
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
