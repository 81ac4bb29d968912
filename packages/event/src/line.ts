// line.ts: what a line is: a record with its place in a log. Spelling is format.ts, reading is parse.ts, the contract is SPEC.md.
import type { LogRecord } from "./record.ts";

/** Longest line, in bytes, without its newline. The entry limit of c2sp.org/tlog-tiles. */
export const MAX_LINE_BYTES = 65_535;

/** Most levels a value may have. A scalar is one level; a map or list is one more than the deepest of what it holds. */
export const MAX_DEPTH = 64;

/** The line's place in its log. */
export interface LineHeader {
  /** The log's origin: not empty, well-formed. */
  readonly log: string;
  /** 0 to 2^53-1. */
  readonly seq: number;
  /** Leaf hash of the line before; of SHA-256("") for the first. Base64, 44 characters. */
  readonly prev: string;
  /** The receiver's clock, Unix nanoseconds. */
  readonly received: bigint;
}

export interface Line extends LineHeader, LogRecord {}
