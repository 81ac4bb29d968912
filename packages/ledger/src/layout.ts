// layout.ts: where everything of a log lies. The only file that knows paths; opens none of them.
// Source of the tile paths: c2sp.org/tlog-tiles, through @proofline/tlog.

import { join, normalize } from "node:path";
import { TILE_WIDTH, type Tile, tilePath } from "@proofline/tlog";
import { LedgerError } from "./errors.ts";

const MAX_LOG_CHARS = 200;
const SEGMENT_NAME = /^[0-9]{20}\.jsonl(\.zst)?$/;
const SINK_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
/** Names of a log folder's own: a log `a/tile` would lie in the middle of log `a`. */
const RESERVED: ReadonlySet<string> = new Set([
  "segments",
  "tile",
  "checkpoint",
  "checkpoint.tmp",
  "vkey",
  "vkey.tmp",
  "key",
  "redaction.key",
  "cursors",
  "objects",
  "lock",
  "rollback",
  "rolled-back",
]);

/**
 * `<data>/<log>`. A name with `/` is a nested folder.
 * @throws {LedgerError} BAD_NAME for a name that leaves the data folder, or that a checkpoint's origin or a key could not carry
 */
export function logFolder(data: string, log: string): string {
  const refuse = (why: string) => new LedgerError("BAD_NAME", `log name ${JSON.stringify(log)}: ${why}`);
  if (log === "" || log.length > MAX_LOG_CHARS) throw refuse(`expected 1 to ${MAX_LOG_CHARS} characters`);
  if (!log.isWellFormed() || /[\p{White_Space}\p{Cc}+"\\:*?<>|]/u.test(log)) {
    throw refuse(`expected no white space, no control characters, none of + " \\ : * ? < > |`);
  }
  for (const part of log.split("/")) {
    if (part === "" || part === "." || part === "..") throw refuse(`expected no empty part, no "." and no ".." between slashes`);
    if (RESERVED.has(part)) throw refuse(`"${part}" is the name of a file in every log's folder`);
  }
  return join(data, ...log.split("/"));
}

/** The paths of one log. */
export class Layout {
  readonly data: string;
  readonly log: string;
  readonly folder: string;
  readonly segments: string;
  readonly checkpoint: string;
  readonly vkey: string;
  readonly cursors: string;
  readonly lock: string;
  /** A rollback that was accepted and is not a line of the log yet. */
  readonly rollback: string;
  /** Checkpoints of histories that were given up. */
  readonly rolledBack: string;

  /** @throws {LedgerError} BAD_NAME */
  constructor(data: string, log: string) {
    this.data = normalize(data);
    this.log = log;
    this.folder = logFolder(this.data, log);
    this.segments = join(this.folder, "segments");
    this.checkpoint = join(this.folder, "checkpoint");
    this.vkey = join(this.folder, "vkey");
    this.cursors = join(this.folder, "cursors");
    this.lock = join(this.folder, "lock");
    this.rollback = join(this.folder, "rollback");
    this.rolledBack = join(this.folder, "rolled-back");
  }

  /** A file directly in the log's folder, by a name that was listed there. */
  inFolder(name: string): string {
    return join(this.folder, name);
  }

  /** A file in `segments/`, by a name that was listed there. */
  inSegments(name: string): string {
    return join(this.segments, name);
  }

  segment(first: number): string {
    return join(this.segments, `${String(first).padStart(20, "0")}.jsonl`);
  }

  /** A segment in its compressed form. */
  compressed(first: number): string {
    return `${this.segment(first)}.zst`;
  }

  tile(tile: Tile): string {
    return join(this.folder, ...tilePath(tile).split("/"));
  }

  /** Where the partial versions of a tile lie, one file a width. */
  partials(level: number, index: number): string {
    return `${this.tile({ level, index, width: TILE_WIDTH })}.p`;
  }

  object(sha256: string): string {
    return join(this.folder, "objects", sha256.slice(0, 2), sha256);
  }

  /** @throws {LedgerError} BAD_NAME */
  cursor(sink: string): string {
    if (!isSinkName(sink)) {
      throw new LedgerError(
        "BAD_NAME",
        `sink name ${JSON.stringify(sink)}: expected letters, digits, ".", "_", "-", not ".tmp" at the end`,
      );
    }
    return join(this.cursors, sink);
  }
}

/** The first seq of a segment by its file name, plain or compressed; undefined for any other file. */
export function parseSegmentName(name: string): number | undefined {
  if (!SEGMENT_NAME.test(name)) return undefined;
  const first = Number(name.slice(0, 20));
  return Number.isSafeInteger(first) ? first : undefined;
}

/** Of a segment's file name: whether it is the compressed form. */
export function isCompressedName(name: string): boolean {
  return name.endsWith(".zst");
}

export function isSinkName(name: string): boolean {
  return SINK_NAME.test(name) && !name.endsWith(".tmp");
}
