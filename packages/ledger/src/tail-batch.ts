// tail-batch.ts: the tails of a call, back to back in one buffer, with where each ends and what its id hashes to: what comes from another
// thread without an object a record, and what every call is turned into.

import { Buffer } from "node:buffer";
import type { IdHasher } from "./id-hash.ts";

export interface TailBatch {
  /** Tails, in UTF-8, as event's formatTail spells them. */
  readonly bytes: Uint8Array;
  /** Where each tail ends; it begins where the one before ends, the first at 0. */
  readonly ends: Uint32Array;
  /** Of each tail's id the hash, low and high, by the ledger's `idKey`: see {@link hashId}. */
  readonly ids: Uint32Array;
}

const ID_FIELD = Buffer.from('"id":"');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where the id's characters begin in a tail that begins at `start`. */
export function idStart(start: number): number {
  return start + ID_FIELD.length;
}

/** Where they end; `end` when the tail has no id. As they are spelled: an id has one spelling. */
export function idEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = idStart(start);
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return Math.min(at, end);
}

/** Hashes the id of the tail at [start, end). */
export function hashId(hasher: IdHasher, bytes: Uint8Array, start: number, end: number): void {
  hasher.hash(bytes, idStart(start), idEnd(bytes, start, end));
}

/** The batch of tails that are strings. */
export function batchTails(tails: readonly string[], hasher: IdHasher): TailBatch {
  const bytes = Buffer.from(tails.join(""));
  const ends = new Uint32Array(tails.length);
  const ids = new Uint32Array(2 * tails.length);
  let start = 0;
  for (const [i, tail] of tails.entries()) {
    const end = start + Buffer.byteLength(tail);
    hashId(hasher, bytes, start, end);
    ends[i] = end;
    ids[2 * i] = hasher.low;
    ids[2 * i + 1] = hasher.high;
    start = end;
  }
  return { bytes, ends, ids };
}

export function beginsLikeTail(bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < ID_FIELD.length; i++) if (bytes[start + i] !== ID_FIELD[i]) return false;
  return true;
}
