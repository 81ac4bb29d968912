// chunk.ts: what is known of a stretch of lines that is in order, small enough to be handed from thread to thread. Knows hashes and numbers;
// chunk-scan.ts fills it.

import { Buffer } from "node:buffer";
import { hash as digest } from "node:crypto";
import { HASH_BYTES, TILE_WIDTH } from "@proofline/tlog";
import type { LineScanner } from "./line-scan.ts";
import type { ProducerRun } from "./producers.ts";
import { hashId } from "./record-ids.ts";
import { startsWith, utf8 } from "./tokens.ts";
import type { Reference } from "./value-scan.ts";

/** Lines of one log, each in its one spelling, numbered without a gap, linked by their hashes, each later than the one before. */
export interface Chunk {
  readonly firstSeq: number;
  readonly count: number;
  /** Base64. */
  readonly firstPrev: string;
  readonly firstReceived: string;
  readonly lastReceived: string;
  /** Base64: what the next line's `prev` has to be. */
  readonly lastLeaf: string;
  /** 32 bytes a line. */
  readonly leaves: Uint8Array;
  /** Roots of the aligned groups of 256 lines that lie in the chunk, 32 bytes each; the first group is lines [firstBlock * 256, …). */
  readonly blockRoots: Uint8Array;
  readonly firstBlock: number;
  /** Two words a line. */
  readonly ids: Uint32Array;
  /** Places in the chunk of lines that may repeat an id. */
  readonly conflicts: readonly number[];
  /** Of lines that are no conflicts; in the order of their first lines. */
  readonly runs: readonly ProducerRun[];
  readonly references: readonly (Reference & { readonly seq: number })[];
  /** The times of the marked lines that are in the chunk. */
  readonly marks: readonly { readonly seq: number; readonly received: string }[];
}

/** A stream of the chunk, its name as it is spelled, and the numbers of its lines. */
interface Stream {
  readonly spelled: Uint8Array;
  readonly name: string;
  run: { first: number; last: number; isLast: boolean; seq: number };
}

/** What is gathered of the lines, one after the other. */
export class Gathered {
  count = 0;
  nextSeq = 0;
  readonly leaves: Uint8Array;
  readonly marks: { seq: number; received: string }[] = [];
  readonly #ids: Uint32Array;
  readonly #conflicts: number[] = [];
  readonly #streams: Stream[] = [];
  #stream = 0;
  readonly #runs: ProducerRun[] = [];
  readonly #references: (Reference & { seq: number })[] = [];
  #first = { seq: 0, prev: "", received: "" };

  constructor(mostLines: number) {
    this.leaves = new Uint8Array(mostLines * HASH_BYTES);
    this.#ids = new Uint32Array(mostLines * 2);
  }

  begin(seq: number, prev: string, received: string): void {
    this.#first = { seq, prev, received };
    this.nextSeq = seq;
  }

  /** Takes what the scanner says of the line that comes next. */
  note(s: LineScanner, b: Buffer): void {
    const id = hashId(b, s.idStart, s.idEnd);
    this.#ids[this.count * 2] = id.low;
    this.#ids[this.count * 2 + 1] = id.high;
    if (s.isConflict) this.#conflicts.push(this.count);
    else if (s.streamStart > 0) this.#noteNumber(s, b);
    if (s.references.length > 0) for (const reference of s.references) this.#references.push({ ...reference, seq: s.seq });
  }

  #noteNumber(s: LineScanner, b: Buffer): void {
    const { number, isLast, seq } = s;
    const stream = this.#findStream(s, b);
    if (stream === undefined) {
      const spelled = Uint8Array.from(b.subarray(s.streamStart, s.streamEnd));
      this.#stream = this.#streams.length;
      this.#streams.push({
        spelled,
        name: utf8(b, s.streamStart, s.streamEnd),
        run: { first: number, last: number, isLast, seq },
      });
      return;
    }
    const { run } = stream;
    if (number === run.last + 1 && !run.isLast) {
      run.last = number;
      run.isLast = isLast;
    } else {
      this.#endRun(stream);
      stream.run = { first: number, last: number, isLast, seq };
    }
  }

  /** Producers take turns more often than they mix: the stream after the last one is tried first. */
  #findStream(s: LineScanner, b: Buffer): Stream | undefined {
    const streams = this.#streams;
    for (let tried = 0, at = this.#stream; tried < streams.length; tried++, at++) {
      if (at >= streams.length) at = 0;
      const stream = streams[at]!;
      if (stream.spelled.length !== s.streamEnd - s.streamStart || !startsWith(b, s.streamStart, stream.spelled)) continue;
      this.#stream = at;
      return stream;
    }
    return undefined;
  }

  #endRun({ name, run }: Stream): void {
    this.#runs.push({ ...run, stream: name, received: this.#first.received });
  }

  /** @param leaf the line's leaf hash, as a binary string */
  add(leaf: string): void {
    const at = this.count * HASH_BYTES;
    for (let i = 0; i < HASH_BYTES; i++) this.leaves[at + i] = leaf.charCodeAt(i);
    this.count++;
    this.nextSeq++;
  }

  finish(lastReceived: string): Chunk {
    for (const stream of this.#streams) this.#endRun(stream);
    const { seq: firstSeq, prev: firstPrev, received: firstReceived } = this.#first;
    const leaves = this.leaves.slice(0, this.count * HASH_BYTES);
    const firstBlock = Math.ceil(firstSeq / TILE_WIDTH);
    return {
      firstSeq,
      count: this.count,
      firstPrev,
      firstReceived,
      lastReceived,
      lastLeaf: Buffer.from(leaves.subarray(-HASH_BYTES)).toString("base64"),
      leaves,
      firstBlock,
      blockRoots: blockRoots(leaves, firstBlock * TILE_WIDTH - firstSeq),
      ids: this.#ids.slice(0, this.count * 2),
      conflicts: this.#conflicts,
      runs: this.#runs.sort((a, b) => a.seq - b.seq),
      references: this.#references,
      marks: this.marks,
    };
  }
}

/** The roots of the full groups of 256 leaves from leaf `skip` on. */
function blockRoots(leaves: Uint8Array, skip: number): Uint8Array {
  const blocks = Math.max(0, Math.floor((leaves.length / HASH_BYTES - skip) / TILE_WIDTH));
  const roots = new Uint8Array(blocks * HASH_BYTES);
  const block = new Uint8Array(TILE_WIDTH * HASH_BYTES);
  for (let i = 0; i < blocks; i++) {
    const start = (skip + i * TILE_WIDTH) * HASH_BYTES;
    block.set(leaves.subarray(start, start + TILE_WIDTH * HASH_BYTES));
    foldInPlace(block);
    roots.set(block.subarray(0, HASH_BYTES), i * HASH_BYTES);
  }
  return roots;
}

// 0x01 and two hashes side by side. The hashes stand at a multiple of four, so that they can be copied in by the word: the copies and the
// calls around a hash cost more than the hash.
const nodeBytes = new ArrayBuffer(4 + 2 * HASH_BYTES);
const nodeInput = new Uint8Array(nodeBytes, 3, 1 + 2 * HASH_BYTES);
nodeInput[0] = 0x01;
const nodeWords = new Int32Array(nodeBytes, 4);

/** 256 hashes to one, which ends up in front. A node goes where hashes stood that have been read. */
function foldInPlace(block: Uint8Array): void {
  const words = new Int32Array(block.buffer);
  for (let width = TILE_WIDTH; width > 1; width /= 2) {
    for (let pair = 0; pair < width / 2; pair++) {
      for (let i = 0; i < nodeWords.length; i++) nodeWords[i] = words[pair * nodeWords.length + i]!;
      const node = digest("sha256", nodeInput, "binary");
      for (let i = 0; i < HASH_BYTES; i++) block[pair * HASH_BYTES + i] = node.charCodeAt(i);
    }
  }
}
