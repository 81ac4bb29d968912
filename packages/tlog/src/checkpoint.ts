// checkpoint.ts: what a log says about itself, as text: its origin, its size, its root. Signing is note.ts.
// Source: c2sp.org/tlog-checkpoint. Strict: a checkpoint has one spelling, and every other one is refused.

import { decodeBase64 } from "./base64.ts";
import { checkSize } from "./compact-range.ts";
import { findControl } from "./control.ts";
import { TlogError } from "./errors.ts";
import { HASH_BYTES, type Hash, hashToBase64 } from "./hash.ts";
import type { NoteSigner, NoteVerifier } from "./key.ts";
import { type KeyName, openNote, signNote } from "./note.ts";

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  /** Extension lines found by the parser. Never written: they are NOT RECOMMENDED, and a cosignature may not cover them. */
  readonly extensions?: readonly string[];
}

export interface OpenedCheckpoint extends Checkpoint {
  readonly verified: readonly KeyName[];
  readonly unknown: number;
}

/**
 * The text to be signed, three lines.
 * @throws {TlogError} BAD_ORIGIN, SIZE_OUT_OF_RANGE, BAD_HASH_LENGTH
 */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  checkOrigin(origin);
  return `${origin}\n${checkSize(size)}\n${hashToBase64(root)}\n`;
}

/**
 * @param text the text of a note, its final newline included
 * @throws {TlogError} BAD_CHECKPOINT, BAD_ORIGIN, BAD_SIZE, BAD_ROOT, BAD_EXTENSION; nothing else, for any input
 */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith("\n")) throw new TlogError("BAD_CHECKPOINT", "a checkpoint ends in a newline");
  const [origin, size, root, ...extensions] = text.slice(0, -1).split("\n");
  if (origin === undefined || size === undefined || root === undefined) {
    throw new TlogError("BAD_CHECKPOINT", "a checkpoint has three lines: origin, size, root");
  }
  checkOrigin(origin);
  for (const line of extensions)
    if (!isPlain(line)) throw new TlogError("BAD_EXTENSION", "an extension line is empty or has control characters");
  const checkpoint: Checkpoint = { origin, size: parseSize(size), root: parseRoot(root) };
  return extensions.length === 0 ? checkpoint : { ...checkpoint, extensions };
}

/** @throws {TlogError} as {@link formatCheckpoint} and {@link signNote} */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): string {
  return signNote(formatCheckpoint(checkpoint), signers);
}

/**
 * Verifies and reads a checkpoint. Whether the origin is the log that was asked for is for the caller to decide.
 * @throws {TlogError} as {@link openNote} and {@link parseCheckpoint}; nothing else, for any input
 */
export function openCheckpoint(note: string | Uint8Array, verifiers: readonly NoteVerifier[]): OpenedCheckpoint {
  const { text, verified, unknown } = openNote(note, verifiers);
  return { ...parseCheckpoint(text), verified, unknown };
}

function parseSize(text: string): number {
  const size = /^(0|[1-9][0-9]*)$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(size))
    throw new TlogError("BAD_SIZE", `not a size up to 2^53-1: ${JSON.stringify(text.slice(0, 100))}`);
  return size;
}

function parseRoot(text: string): Hash {
  const refuse = () => new TlogError("BAD_ROOT", `not ${HASH_BYTES} bytes in base64: ${JSON.stringify(text.slice(0, 100))}`);
  let root: Hash;
  try {
    root = decodeBase64(text);
  } catch {
    throw refuse();
  }
  if (root.length !== HASH_BYTES) throw refuse();
  return root;
}

function checkOrigin(origin: string): void {
  if (!isPlain(origin)) throw new TlogError("BAD_ORIGIN", `not an origin: ${JSON.stringify(origin.slice(0, 100))}`);
}

function isPlain(line: string): boolean {
  return line !== "" && line.isWellFormed() && findControl(line) < 0;
}
