// reader.ts: durable lines, in order, from any seq. Knows where lines begin, not what they say. Memory does not grow with the log.

import { Buffer } from "node:buffer";
import { MAX_LINE_BYTES, parseHead } from "@proofline/event";
import type { Disk } from "./disk.ts";
import { asLedgerError, LedgerError } from "./errors.ts";
import type { Layout } from "./layout.ts";
import { findLineBefore } from "./line-search.ts";
import { openSegment, readFully, type SegmentFile } from "./segment-file.ts";
import { findSegment, type Tip } from "./segments.ts";

const NEWLINE = 0x0a;
/** Readers that go on where they stopped, at a time. One more than that costs the oldest a seek. */
const MAX_PLACES = 256;
/** Of a step of a seek: within one frame, mostly, when the segment is compressed. */
const SEEK_BYTES = 256 << 10;

export interface ReadLine {
  readonly seq: number;
  /** Without its newline. Lines of one call share memory. */
  readonly line: Uint8Array;
}

export interface ReaderOptions {
  readonly disk: Disk;
  readonly layout: Layout;
  /** First seqs of the segments, ascending; grows. */
  readonly firsts: readonly number[];
  readonly tip: () => Tip;
}

/** Where a line begins. */
interface Place {
  readonly segment: number;
  readonly offset: number;
}

export class Reader {
  readonly #o: ReaderOptions;
  /** Of the lines that sequential readers will ask for next; the oldest first. */
  readonly #places = new Map<number, Place>();

  constructor(o: ReaderOptions) {
    this.#o = o;
  }

  /**
   * Durable lines from seq `from` on: none when there are none yet, else at least one, at most `maxLines`, and no more than `maxBytes`
   * unless the first alone is longer. Fewer than there are is not the end: ask again. Cost: one read, and one open, when `from` is where an
   * earlier call stopped; else some ten small reads before.
   * @throws {LedgerError} CORRUPT when the disk returns other bytes than were written
   */
  async read(from: number, { maxBytes, maxLines }: { maxBytes: number; maxLines: number }): Promise<ReadLine[]> {
    if (!Number.isSafeInteger(from) || from < 0) throw new RangeError(`read: from is ${from}, expected a seq from 0`);
    const tip = this.#o.tip();
    if (from >= tip.size || maxLines < 1) return [];
    const place = this.#placeOf(from) ?? (await this.#seek(from, tip));
    return await this.#withSegment(place.segment, async (file) => {
      const end = place.segment === tip.segment ? tip.segmentBytes : await file.size();
      const wanted = Math.min(Math.max(maxBytes, MAX_LINE_BYTES + 1), end - place.offset);
      const bytes = await readBytes(file, place.offset, wanted);
      const lines = this.#split(bytes, from, place, file.path, maxBytes, maxLines);
      const last = lines.at(-1)!;
      this.#remember(last.seq + 1, place, last.line.byteOffset + last.line.length + 1 - bytes.byteOffset);
      return lines;
    });
  }

  #placeOf(seq: number): Place | undefined {
    const place = this.#places.get(seq);
    const segment = this.#o.firsts[findSegment(this.#o.firsts, seq)]!;
    // When it was noted there was no such line yet, and the one that came began a segment.
    return place === undefined || place.segment === segment ? place : { segment, offset: 0 };
  }

  #split(bytes: Buffer, from: number, place: Place, path: string, maxBytes: number, maxLines: number): ReadLine[] {
    const lines: ReadLine[] = [];
    for (let start = 0; lines.length < maxLines; ) {
      const end = bytes.indexOf(NEWLINE, start);
      if (end < 0 || (lines.length > 0 && end > maxBytes)) break;
      lines.push({ seq: from + lines.length, line: bytes.subarray(start, end) });
      start = end + 1;
    }
    const first = lines[0];
    if (first === undefined || seqOf(first.line) !== from) {
      throw new LedgerError("CORRUPT", `${path}: expected line ${from} at byte ${place.offset}, found other bytes`);
    }
    return lines;
  }

  /** The line after the ones just read begins `length` bytes further on, unless a segment begins with it. */
  #remember(seq: number, { segment, offset }: Place, length: number): void {
    this.#places.delete(seq);
    this.#places.set(seq, { segment, offset: offset + length });
    dropOldest(this.#places, MAX_PLACES);
  }

  async #seek(seq: number, tip: Tip): Promise<Place> {
    const segment = this.#o.firsts[findSegment(this.#o.firsts, seq)]!;
    return await this.#withSegment(segment, async (file) => {
      const end = segment === tip.segment ? tip.segmentBytes : await file.size();
      let { at, offset } = await this.#markBefore(segment, file, end, seq);
      // From there on, 128 KiB of lines as a rule, or a frame of them; a chunk at a time.
      while (at < seq) {
        const bytes = await readBytes(file, offset, Math.min(SEEK_BYTES, end - offset));
        let start = 0;
        for (let newline = bytes.indexOf(NEWLINE); newline >= 0 && at < seq; newline = bytes.indexOf(NEWLINE, start)) {
          start = newline + 1;
          at++;
        }
        if (start === 0) throw new LedgerError("CORRUPT", `${file.path}: no line ${seq}, though it was made durable`);
        offset += start;
      }
      return { segment, offset };
    });
  }

  /** Where a line begins that is not far before `seq`. A compressed segment says so itself; in a plain one it is searched. */
  async #markBefore(segment: number, file: SegmentFile, end: number, seq: number): Promise<{ at: number; offset: number }> {
    const known = file.mark(seq - segment);
    if (known !== undefined) return { at: segment + known.line, offset: known.offset };
    const found = await findLineBefore(file, segment, end, seq);
    return { at: found.seq, offset: found.offset };
  }

  async #withSegment<T>(segment: number, use: (file: SegmentFile) => Promise<T>): Promise<T> {
    const path = this.#o.layout.segment(segment);
    try {
      const file = await openSegment(this.#o.disk, this.#o.layout, segment);
      try {
        return await use(file);
      } finally {
        await file.close();
      }
    } catch (error) {
      throw asLedgerError(`reading ${path}`, error);
    }
  }
}

async function readBytes(file: SegmentFile, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  return bytes.subarray(0, await readFully(file, bytes, position));
}

function seqOf(line: Uint8Array): number | undefined {
  try {
    return parseHead(line).seq;
  } catch {
    return undefined;
  }
}

/** Maps keep the order of insertion. */
function dropOldest<K>(map: Map<K, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
