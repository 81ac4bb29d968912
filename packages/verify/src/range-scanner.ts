// range-scanner.ts: from a range of a file to its chunk: the work of one job, wherever it is done.

import type { Chunk } from "./chunk.ts";
import { ChunkScanner } from "./chunk-scan.ts";
import { type FileRange, loadRange, rangeBuffer, slicesOf } from "./file-range.ts";
import { openSegment, type SegmentBytes } from "./segment-bytes.ts";

export interface ChunkJob {
  readonly number: number;
  readonly range: FileRange;
  readonly log: string;
  readonly marks: readonly number[];
}

/** `chunk` is absent when something is out of order, or the file could not be read: the reader finds out what by itself. */
export interface ChunkAnswer {
  readonly number: number;
  readonly chunk: Chunk | undefined;
}

/** Scans ranges in this thread, holding one file open between them. */
export class RangeScanner {
  readonly #buffer: Buffer;
  readonly #scanner = new ChunkScanner();
  #open: { path: string; segment: SegmentBytes } | undefined;

  /** @param mostFileBytes of any file that will be scanned */
  constructor(mostFileBytes?: number) {
    this.#buffer = rangeBuffer(mostFileBytes);
  }

  scan({ range, log, marks }: ChunkJob): Chunk | undefined {
    if (this.#open?.path !== range.path) {
      this.close();
      this.#open = { path: range.path, segment: openSegment(range.path) };
    }
    this.#scanner.begin(range.end - range.start, log, marks);
    for (const slice of slicesOf(range))
      if (!this.#scanner.scan(loadRange(this.#open.segment, slice, this.#buffer))) return undefined;
    return this.#scanner.finish();
  }

  close(): void {
    if (this.#open !== undefined) this.#open.segment.close();
    this.#open = undefined;
  }
}
