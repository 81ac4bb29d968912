// chunk-scan.ts: many lines at once. Answers only whether a stretch of lines is in perfect order by itself, and what the chain, the
// tree and the other checks need to know of it to go on. What is wrong with a stretch that is not, chain.ts finds line by line.
// Hot: every line of a log passes here, so lines are compared where they stand, and no text is made of them.

import { type Buffer, isUtf8 } from "node:buffer";
import { hash as digest } from "node:crypto";
import { HASH_BYTES } from "@proofline/tlog";
import { type Chunk, createScratch, Gathered, type Scratch } from "./chunk.ts";
import type { LoadedRange } from "./file-range.ts";
import { LineScanner } from "./line-scan.ts";
import { ascii, decodeHash, literal, NEWLINE, startsWith } from "./tokens.ts";

const PREV_CHARS = 44;
const TIME_CHARS = 30;
/** A line's head alone, with the shortest of names, is longer. */
const MIN_LINE_BYTES = 130;

export class ChunkScanner {
  readonly #scanner = new LineScanner();
  #scratch = createScratch(0);
  readonly #claimed = new Uint8Array(HASH_BYTES);

  /**
   * Scans the whole lines of a range. Writes into the range's buffer (the byte before a line, once that is done with).
   * @param log the name that each line must bear
   * @param marks the lines whose times are wanted
   * @returns undefined when anything at all is out of order
   */
  scan({ buffer: b, first, last, restBytes }: LoadedRange, log: string, marks: readonly number[]): Chunk | undefined {
    if (restBytes > 0 || first === last || !isUtf8(b.subarray(first, last))) return undefined;
    const s = this.#scanner;
    const spelled = literal(JSON.stringify(log));
    const gathered = new Gathered(this.#scratchFor(last - first));
    let receivedStart = 0;
    for (let start = first; start < last; ) {
      const end = s.scan(b, start);
      if (end < 0 || b[end] !== NEWLINE) return undefined;
      if (s.logEnd - s.logStart !== spelled.bytes.length || !startsWith(b, s.logStart, spelled)) return undefined;
      if (gathered.count === 0) {
        const prev = ascii(b, s.prevStart, s.prevStart + PREV_CHARS);
        gathered.begin(s.seq, prev, ascii(b, s.receivedStart, s.receivedStart + TIME_CHARS));
      } else if (s.seq !== gathered.nextSeq || !this.#follows(b, gathered) || !isLater(b, s.receivedStart, receivedStart))
        return undefined;
      receivedStart = s.receivedStart;
      if (marks.includes(s.seq))
        gathered.marks.push({ seq: s.seq, received: ascii(b, receivedStart, receivedStart + TIME_CHARS) });
      gathered.note(s, b);
      // The leaf hash is over 0x00 and the line: the newline before the line has served, and lends its place.
      b[start - 1] = 0;
      gathered.add(digest("sha256", new Uint8Array(b.buffer, b.byteOffset + start - 1, end - start + 1), "binary"));
      start = end + 1;
    }
    return gathered.finish(ascii(b, receivedStart, receivedStart + TIME_CHARS));
  }

  #scratchFor(bytes: number): Scratch {
    const mostLines = Math.ceil(bytes / MIN_LINE_BYTES);
    if (this.#scratch.ids.length < mostLines * 2) this.#scratch = createScratch(mostLines);
    return this.#scratch;
  }

  /** Whether the line names the hash of the one before. */
  #follows(b: Buffer, gathered: Gathered): boolean {
    decodeHash(b, this.#scanner.prevStart, this.#claimed);
    const at = (gathered.count - 1) * HASH_BYTES;
    for (let i = 0; i < HASH_BYTES; i++) if (this.#claimed[i] !== gathered.leaves[at + i]) return false;
    return true;
  }
}

/** Times are as long as each other, and compare as text. */
function isLater(b: Buffer, start: number, before: number): boolean {
  for (let i = 0; i < TIME_CHARS; i++) if (b[start + i] !== b[before + i]) return b[start + i]! > b[before + i]!;
  return false;
}
