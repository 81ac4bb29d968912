// segment-walk.ts: the lines of a log's segments, in order, into its check: chunk by chunk while all is well, line by line where it is
// not. Knows files and ranges; what is right or wrong with a line is for the check.

import type { Chunk } from "./chunk.ts";
import { scanRanges } from "./chunk-pool.ts";
import { type FileRange, linesOf, loadRange, rangeBuffer, rangesOf, slicesOf } from "./file-range.ts";
import { LineReader, tooLong } from "./line-reader.ts";
import type { LogCheck } from "./log-check.ts";
import { type Segment, unreadable } from "./log-folder.ts";
import type { Findings } from "./report.ts";
import { openSegment, type SegmentBytes } from "./segment-bytes.ts";

export interface WalkOptions {
  readonly log: string;
  readonly segments: readonly Segment[];
  readonly check: LogCheck;
  readonly findings: Findings;
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
  /** Called after each stretch. */
  readonly onProgress: (lines: number, bytes: number) => void;
  /** Called for each stretch, with references waiting in the check. */
  readonly onReferences: () => Promise<void>;
}

export interface Walked {
  /** Of an unfinished line at the very end; 0 when there is none. */
  readonly tornBytes: number;
  /** Segments whose name is not the number of the first line in them. */
  readonly misnamed: readonly { readonly segment: Segment; readonly firstSeq: number }[];
}

/** Feeds the check. Lines that begin at `from` or later, up to `to`. */
export async function walkSegments(o: WalkOptions): Promise<Walked> {
  const walk = new Walk(o);
  const start = Math.max(
    0,
    o.segments.findLastIndex(({ first }) => first <= o.from),
  );
  const segments = o.segments.slice(start);
  const ranges = segments.flatMap(({ path, bytes }) => rangesOf(path, bytes));
  const firsts = new Map(segments.map((segment) => [segment.path, segment]));
  let bytes = 0;
  for await (const { range, chunk } of scanRanges(ranges, o.log, o.check.marks)) {
    const segment = firsts.get(range.path) as Segment;
    if (range.start === 0) walk.enter(segment);
    const isLast = range === ranges.at(-1);
    if (chunk === undefined || !walk.takeChunk(chunk)) walk.takeLines(range, isLast);
    bytes += range.end - range.start;
    o.onProgress(o.check.chain.next, bytes);
    await o.onReferences();
    if (walk.isDone) break;
  }
  return walk;
}

class Walk implements Walked {
  isDone = false;
  tornBytes = 0;
  readonly misnamed: { segment: Segment; firstSeq: number }[] = [];
  readonly #o: WalkOptions;
  readonly #reader = new LineReader();
  readonly #buffer: Buffer;
  #segment: Segment | undefined;
  /** Lines of this file that were read. */
  #fileLines = 0;
  /** Whether the first line that is wanted was reached. */
  #isInside: boolean;

  constructor(o: WalkOptions) {
    this.#o = o;
    this.#isInside = o.from === 0;
    this.#buffer = rangeBuffer(Math.max(0, ...o.segments.map(({ bytes }) => bytes)));
  }

  enter(segment: Segment): void {
    this.#segment = segment;
    this.#fileLines = 0;
  }

  /** @returns false when its lines have to be taken one by one */
  takeChunk(chunk: Chunk): boolean {
    const { check, from, to } = this.#o;
    const after = chunk.firstSeq + chunk.count;
    if (!this.#isInside) {
      if (after > from) return false;
    } else {
      if (after - 1 > to || !check.addChunk(chunk, this.#place(chunk.count))) return false;
    }
    if (this.#fileLines === 0) this.#checkName(chunk.firstSeq);
    this.#fileLines += chunk.count;
    return true;
  }

  takeLines(range: FileRange, isLast: boolean): void {
    let segment: SegmentBytes;
    try {
      segment = openSegment(range.path);
    } catch (error) {
      throw unreadable(range.path, error);
    }
    try {
      for (const slice of slicesOf(range)) {
        const loaded = loadRange(segment, slice, this.#buffer);
        for (const line of linesOf(loaded)) {
          this.#takeLine(line);
          if (this.isDone) return;
        }
        if (loaded.restBytes > 0) this.#takeRest(loaded.buffer.subarray(loaded.last), loaded.restBytes, loaded.isTorn, isLast);
      }
    } finally {
      segment.close();
    }
  }

  #takeLine(bytes: Uint8Array): void {
    const { check, from, to } = this.#o;
    const line = this.#reader.read(bytes, this.#place(1));
    const seq = line.head?.seq;
    if (this.#fileLines === 0 && seq !== undefined) this.#checkName(seq);
    this.#fileLines++;
    if (!this.#isInside) {
      if (seq === undefined || seq < from) return;
      this.#isInside = true;
    }
    if (seq !== undefined && seq > to && check.chain.next >= to) this.isDone = true;
    else check.addLine(line);
  }

  /** A line without a newline: the last write, cut short; or, anywhere else, the work of somebody. */
  #takeRest(rest: Buffer, length: number, isTorn: boolean, isLast: boolean): void {
    if (isTorn && isLast) {
      this.tornBytes = length;
      return;
    }
    const where = this.#place(1);
    if (isTorn && length <= rest.length) {
      this.#o.findings.add({
        code: "NO_NEWLINE",
        seq: this.#o.check.chain.upcoming,
        expected: "a newline at the end",
        found: `${length} bytes without one`,
        where,
      });
      this.#takeLine(rest.subarray(0, length));
    } else {
      this.#fileLines++;
      if (this.#isInside) this.#o.check.addLine(tooLong(length, where));
    }
  }

  /** `file:line` of the line that is so many lines further. */
  #place(lines: number): string {
    return `${this.#segment?.path}:${this.#fileLines + lines}`;
  }

  #checkName(firstSeq: number): void {
    const segment = this.#segment;
    if (segment !== undefined && segment.first !== firstSeq) this.misnamed.push({ segment, firstSeq });
  }
}
