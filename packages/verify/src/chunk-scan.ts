// chunk-scan.ts: many lines at once. Answers only whether a stretch of lines is in perfect order by itself, and what the chain, the
// tree and the other checks need to know of it to go on. What is wrong with a stretch that is not, chain.ts finds line by line.
// Hot: every line of a log passes here, so lines are compared where they stand, and no text is made of them.

import { Buffer, isUtf8 } from "node:buffer";
import { hash as digest } from "node:crypto";
import { type Chunk, createScratch, Gathered, type Scratch } from "./chunk.ts";
import type { LoadedRange } from "./file-range.ts";
import { LineScanner } from "./line-scan.ts";
import { ascii, literal, NEWLINE, startsWith, wordAt } from "./tokens.ts";

const PREV_CHARS = 44;
const TIME_CHARS = 30;
/** A line's head alone, with the shortest of names, is longer. */
const MIN_LINE_BYTES = 130;

/** Scans one stretch after the other: begin, its slices in order, finish. */
export class ChunkScanner {
  readonly #scanner = new LineScanner();
  #scratch = createScratch(0);
  #gathered = new Gathered(this.#scratch);
  #log = literal("");
  #marks: readonly number[] = [];
  /** Of the line before. */
  readonly #received = Buffer.alloc(TIME_CHARS);

  /**
   * @param bytes of the whole stretch
   * @param log the name that each line must bear
   * @param marks the lines whose times are wanted
   */
  begin(bytes: number, log: string, marks: readonly number[]): void {
    this.#log = literal(JSON.stringify(log));
    this.#marks = marks;
    this.#gathered = new Gathered(this.#scratchFor(bytes));
  }

  /**
   * Scans the whole lines of a slice. Writes into its buffer (the byte before a line, once that is done with).
   * @returns false when anything at all is out of order: the stretch is to be given up
   */
  scan({ buffer: b, first, last, restBytes }: LoadedRange): boolean {
    if (restBytes > 0 || !isUtf8(b.subarray(first, last))) return false;
    const s = this.#scanner;
    const gathered = this.#gathered;
    const log = this.#log;
    const marks = this.#marks;
    let before = -1;
    for (let start = first; start < last; ) {
      const end = s.scan(b, start);
      if (end < 0 || b[end] !== NEWLINE) return false;
      if (s.logEnd - s.logStart !== log.bytes.length || !startsWith(b, s.logStart, log)) return false;
      const time = s.receivedStart;
      if (gathered.count === 0) {
        gathered.begin(s.seq, ascii(b, s.prevStart, s.prevStart + PREV_CHARS), ascii(b, time, time + TIME_CHARS));
      } else {
        if (s.seq !== gathered.nextSeq || !s.isLinked) return false;
        const isLater =
          before < 0 ? b.compare(this.#received, 0, TIME_CHARS, time, time + TIME_CHARS) > 0 : isAfter(b, time, before);
        if (!isLater) return false;
      }
      before = time;
      if (marks.includes(s.seq)) gathered.marks.push({ seq: s.seq, received: ascii(b, time, time + TIME_CHARS) });
      gathered.note(s, b);
      // The leaf hash is over 0x00 and the line: the newline before the line has served, and lends its place.
      b[start - 1] = 0;
      gathered.add(
        digest("sha256", new Uint8Array(b.buffer, b.byteOffset + start - 1, end - start + 1), "binary"),
        s.expectedPrev,
      );
      start = end + 1;
    }
    if (before >= 0) b.copy(this.#received, 0, before, before + TIME_CHARS);
    return true;
  }

  /** @returns undefined when no line began in the stretch */
  finish(): Chunk | undefined {
    if (this.#gathered.count === 0) return undefined;
    return this.#gathered.finish(ascii(this.#received, 0, TIME_CHARS));
  }

  #scratchFor(bytes: number): Scratch {
    const mostLines = Math.ceil(bytes / MIN_LINE_BYTES);
    if (this.#scratch.ids.length < mostLines * 2) this.#scratch = createScratch(mostLines);
    return this.#scratch;
  }
}

/** Times are as long as each other, and compare as text. */
function isAfter(b: Buffer, start: number, before: number): boolean {
  let i = 0;
  while (i < TIME_CHARS - 4 && wordAt(b, start + i) === wordAt(b, before + i)) i += 4;
  for (; i < TIME_CHARS; i++) if (b[start + i] !== b[before + i]) return b[start + i]! > b[before + i]!;
  return false;
}
