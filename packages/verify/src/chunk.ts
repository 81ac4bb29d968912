// chunk.ts: what is known of a stretch of lines that is in order, small enough to be handed from thread to thread. Knows hashes and numbers;
// chunk-scan.ts fills it.

import { Buffer } from "node:buffer";
import { hash as digest } from "node:crypto";
import { HASH_BYTES } from "@proofline/tlog";
import { spellHash } from "./hash-token.ts";
import type { LineScanner } from "./line-scan.ts";
import type { ProducerRun } from "./producers.ts";
import { hashId } from "./record-ids.ts";
import { type Literal, literalOf, startsWith, utf8 } from "./tokens.ts";
import type { Reference } from "./value-scan.ts";

/** 2^8 = 256 lines: what a tile holds. */
export const BLOCK_LEVEL = 8;

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
  /**
   * All lines but the last as aligned groups of up to 256, left to right: the level of each (it has 2^level lines), and its root in
   * `groupRoots`, 32 bytes each. So the tree need not take them one by one.
   */
  readonly groupLevels: Uint8Array;
  readonly groupRoots: Uint8Array;
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
  readonly spelled: Literal;
  readonly name: string;
  run: { first: number; last: number; isLast: boolean; seq: number };
}

/** Room for the hashes and ids of so many lines, used again for chunk after chunk. */
export interface Scratch {
  readonly leaves: Uint8Array;
  readonly ids: Uint32Array;
}

export function createScratch(mostLines: number): Scratch {
  return { leaves: new Uint8Array(mostLines * HASH_BYTES), ids: new Uint32Array(mostLines * 2) };
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

  /** @param scratch written over; the chunk has copies */
  constructor(scratch: Scratch) {
    this.leaves = scratch.leaves;
    this.#ids = scratch.ids;
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
      const spelled = literalOf(Uint8Array.from(b.subarray(s.streamStart, s.streamEnd)));
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
      if (stream.spelled.bytes.length !== s.streamEnd - s.streamStart || !startsWith(b, s.streamStart, stream.spelled)) continue;
      this.#stream = at;
      return stream;
    }
    return undefined;
  }

  #endRun({ name, run }: Stream): void {
    this.#runs.push({ ...run, stream: name, received: this.#first.received });
  }

  /**
   * @param leaf the line's leaf hash, as a binary string
   * @param spelled gets the hash as the next line should spell it
   */
  add(leaf: string, spelled: Int32Array): void {
    spellHash(leaf, this.leaves, this.count * HASH_BYTES, spelled);
    this.count++;
    this.nextSeq++;
  }

  finish(lastReceived: string): Chunk {
    for (const stream of this.#streams) this.#endRun(stream);
    const { seq: firstSeq, prev: firstPrev, received: firstReceived } = this.#first;
    const leaves = this.leaves.slice(0, this.count * HASH_BYTES);
    const { levels: groupLevels, roots: groupRoots } = groupsOf(leaves, firstSeq);
    return {
      firstSeq,
      count: this.count,
      firstPrev,
      firstReceived,
      lastReceived,
      lastLeaf: Buffer.from(leaves.subarray(-HASH_BYTES)).toString("base64"),
      leaves,
      groupLevels,
      groupRoots,
      ids: this.#ids.slice(0, this.count * 2),
      conflicts: this.#conflicts,
      runs: this.#runs.sort((a, b) => a.seq - b.seq),
      references: this.#references,
      marks: this.marks,
    };
  }
}

function groupsOf(leaves: Uint8Array, firstSeq: number): { levels: Uint8Array; roots: Uint8Array } {
  const end = leaves.length / HASH_BYTES - 1; // the last line stays by itself: the next one may contradict it
  const levels: number[] = [];
  const roots: Uint8Array[] = [];
  for (let at = 0; at < end; ) {
    let level = 0;
    while (level < BLOCK_LEVEL && (firstSeq + at) % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= end) level++;
    const width = 2 ** level;
    const group = leaves.slice(at * HASH_BYTES, (at + width) * HASH_BYTES);
    foldInPlace(group, width);
    levels.push(level);
    roots.push(group.subarray(0, HASH_BYTES));
    at += width;
  }
  return { levels: Uint8Array.from(levels), roots: new Uint8Array(Buffer.concat(roots)) };
}

// 0x01 and two hashes side by side. The hashes stand at a multiple of four, so that they can be copied in by the word: the copies and the
// calls around a hash cost more than the hash.
const nodeBytes = new ArrayBuffer(4 + 2 * HASH_BYTES);
const nodeInput = new Uint8Array(nodeBytes, 3, 1 + 2 * HASH_BYTES);
nodeInput[0] = 0x01;
const nodeWords = new Int32Array(nodeBytes, 4);

/** So many hashes, a power of two, to one, which ends up in front. A node goes where hashes stood that have been read. */
function foldInPlace(block: Uint8Array, count: number): void {
  const words = new Int32Array(block.buffer);
  for (let width = count; width > 1; width /= 2) {
    for (let pair = 0; pair < width / 2; pair++) {
      for (let i = 0; i < nodeWords.length; i++) nodeWords[i] = words[pair * nodeWords.length + i]!;
      const node = digest("sha256", nodeInput, "binary");
      for (let i = 0; i < HASH_BYTES; i++) block[pair * HASH_BYTES + i] = node.charCodeAt(i);
    }
  }
}
