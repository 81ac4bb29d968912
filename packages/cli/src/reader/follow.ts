// follow.ts: the lines of a log folder, in order, also while they are being written. Reads only; takes no lock. A line counts when
// its newline is there. Bounded memory: one chunk and one line.

import { type Layout, listSegments, nodeDisk, openSegment, type SegmentFile } from "@proofline/ledger";
import { CommandError, EXIT } from "../exit.ts";

/** A line without its newline, and where it stands. `bytes` is valid until the next one is asked for. */
export interface StoredLine {
  readonly bytes: Uint8Array;
  readonly file: string;
  /** From 1. */
  readonly number: number;
}

export interface FollowOptions {
  /** The lowest seq that is of interest: segments that end before it are not opened. */
  readonly from: number;
  /** Resolves when it is worth looking for more, or to false to end. Without it the end of the log ends the reading. */
  readonly more?: () => Promise<boolean>;
}

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 0x0a;

/** Lines from the segment that holds `from` on; the first ones may have a lower seq. */
export async function* storedLines(layout: Layout, o: FollowOptions): AsyncGenerator<StoredLine> {
  let firsts = await segmentFirsts(layout);
  let at = firsts.findLast((first) => first <= o.from) ?? firsts[0];
  while (at === undefined) {
    if (o.more === undefined || !(await o.more())) return;
    firsts = await segmentFirsts(layout);
    at = firsts[0];
  }
  for (;;) {
    const file = await openSegment(nodeDisk, layout, at);
    // A compressed segment knows where its frames' lines begin: what is before the first one that is wanted need not be read.
    const segment = new SegmentReader(file, file.mark(Math.max(0, o.from - at)));
    try {
      for (;;) {
        yield* segment.lines();
        const next = (await segmentFirsts(layout)).find((first) => first > at!);
        if (next !== undefined) {
          // The segment was sealed before the next one appeared: what came since the last look is its rest.
          yield* segment.lines();
          at = next;
          break;
        }
        if (o.more === undefined || !(await o.more())) return;
      }
    } finally {
      await file.close();
    }
  }
}

/** First seqs of the segments, ascending. */
export async function segmentFirsts(layout: Layout): Promise<number[]> {
  return (await listSegments(nodeDisk, layout)).map(({ first }) => first);
}

/**
 * Reads on from where it stopped, as often as it is asked. An unfinished line is read again each time: a crash and a recovery may have
 * put another one in its place.
 */
class SegmentReader {
  readonly #file: SegmentFile;
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  #position: number;
  #number: number;

  constructor(file: SegmentFile, start: { line: number; offset: number } = { line: 0, offset: 0 }) {
    this.#file = file;
    this.#number = start.line;
    this.#position = start.offset;
  }

  async *lines(): AsyncGenerator<StoredLine> {
    for (;;) {
      const bytes = this.#chunk.subarray(0, await this.#read());
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        yield { bytes: bytes.subarray(start, end), file: this.#file.path, number: ++this.#number };
        start = end + 1;
      }
      this.#position += start;
      if (start > 0) continue;
      if (bytes.length < CHUNK_BYTES) return;
      throw new CommandError(
        EXIT.broken,
        `${this.#file.path}:${this.#number + 1} is longer than any line; \`proofline verify\` says more`,
      );
    }
  }

  /** A chunk, or what there is to the end: a compressed segment gives no more than a frame at a time. */
  async #read(): Promise<number> {
    let done = 0;
    while (done < CHUNK_BYTES) {
      const read = await this.#file.read(this.#chunk.subarray(done), this.#position + done);
      if (read === 0) break;
      done += read;
    }
    return done;
  }
}

/** The seq after the last whole line, 0 for an empty log. Cost: one pass over the last segment. */
export async function sizeOf(layout: Layout): Promise<number> {
  const last = (await segmentFirsts(layout)).at(-1);
  if (last === undefined) return 0;
  const file = await openSegment(nodeDisk, layout, last);
  try {
    let lines = 0;
    for await (const _ of new SegmentReader(file).lines()) lines++;
    return last + lines;
  } finally {
    await file.close();
  }
}
