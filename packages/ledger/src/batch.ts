// batch.ts: lines on their way to the disk: one buffer for their bytes, one for their hashes. Gives a line its head and links it to
// the line before. Knows no files. Two batches are enough for ever: one is filled while the other is written.
// Hot: a line is written once, hashed where it lies, and its hash is spelled once.

import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { MAX_LINE_BYTES } from "@proofline/event";
import { HASH_BYTES } from "@proofline/tlog";
import { HeadTemplate } from "./head-template.ts";
import type { Moment } from "./received-clock.ts";

const NEWLINE = 0x0a;
const LEAF_PREFIX = 0x00;
/** Shorter lines than this do not exist: a head alone is longer. */
const MIN_LINE_BYTES = 120;
/** The first byte is spare: the leaf's prefix has its place before the line, also before the first one. */
const SPARE = 1;

export class Batch {
  readonly #buffer: Buffer;
  readonly #hashes: Buffer;
  #used = SPARE;
  #count = 0;
  /** seq of its first line. Set by LineWriter. */
  first = 0;

  /** @param bytes about how many bytes of lines it holds; at least one line fits into any */
  constructor(bytes: number) {
    this.#buffer = Buffer.allocUnsafeSlow(SPARE + Math.max(bytes, MAX_LINE_BYTES + 1));
    this.#hashes = Buffer.allocUnsafeSlow(Math.ceil(this.#buffer.length / MIN_LINE_BYTES) * HASH_BYTES);
  }

  get count(): number {
    return this.#count;
  }

  /** Whether one more line fits, however long. */
  get hasRoom(): boolean {
    return this.#used + MAX_LINE_BYTES + 1 <= this.#buffer.length;
  }

  /** The lines, each with its newline. Valid until clear(). */
  get lines(): Uint8Array {
    return this.#buffer.subarray(SPARE, this.#used);
  }

  /** The lines' leaf hashes, 32 bytes each. Valid until clear(). */
  get hashes(): Uint8Array {
    return this.#hashes.subarray(0, this.#count * HASH_BYTES);
  }

  clear(): void {
    this.#used = SPARE;
    this.#count = 0;
  }

  /** Appends head and tail, which is [from, to) of `tails`, as one line. It must fit: see hasRoom. */
  add(head: Uint8Array, tails: Uint8Array, from: number, to: number): void {
    const buffer = this.#buffer;
    const start = this.#used;
    buffer.set(head, start);
    let end = start + head.length;
    buffer.set(tails.subarray(from, to), end);
    end += to - from;
    this.#hashes.write(leafHashInPlace(buffer, start, end, "binary"), this.#count++ * HASH_BYTES, HASH_BYTES, "latin1");
    buffer[end] = NEWLINE;
    this.#used = end + 1;
  }

  /** Makes the newest line the one before the next. */
  linkTo(head: HeadTemplate): void {
    head.link(this.#hashes, (this.#count - 1) * HASH_BYTES);
  }
}

/**
 * The leaf hash of the line at [start, end), in base64 or as 32 characters of a byte each: tlog's leafHash without a copy of the line. The
 * prefix is put before the line for as long as it takes, in the place of the newline before. `start` is at least 1.
 */
export function leafHashInPlace(buffer: Buffer, start: number, end: number, encoding: "base64" | "binary" = "base64"): string {
  const before = buffer[start - 1]!;
  buffer[start - 1] = LEAF_PREFIX;
  const leaf = hash("sha256", buffer.subarray(start - 1, end), encoding);
  buffer[start - 1] = before;
  return leaf;
}

/** Gives lines their places, one after the other. */
export class LineWriter {
  readonly #head: HeadTemplate;

  /** @param prev leaf hash of the newest line, in base64 */
  constructor(log: string, prev: string) {
    this.#head = new HeadTemplate(log, prev);
  }

  /** Leaf hash of the newest line, in base64. */
  get prev(): string {
    return this.#head.prev;
  }

  /** Writes the line at `seq` with the tail [from, to) of `tails`, received `later` nanoseconds after `moment`. The batch must have room. */
  write(batch: Batch, seq: number, moment: Moment, later: number, tails: Uint8Array, from: number, to: number): void {
    if (batch.count === 0) batch.first = seq;
    batch.add(this.#head.fill(seq, moment, later), tails, from, to);
    batch.linkTo(this.#head);
  }
}
