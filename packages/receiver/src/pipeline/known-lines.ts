// known-lines.ts: what lines that are there say, for a record that comes with the id of one of them: is it the same record again, or another
// one? Decided by the lines themselves, once they are durable. Source: event's SPEC.md, "The same record again".

import { Buffer } from "node:buffer";
import { contentDigest, formatHead, type LogRecord, parseHead, parseLine } from "@proofline/event";
import type { Ledger } from "@proofline/ledger";

/** Bytes of lines in memory at a time. */
const CHUNK_BYTES = 256 << 10;
const EMPTY_HASH = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const ANY_HEAD = Buffer.from(formatHead({ log: "x", seq: 0, prev: EMPTY_HASH, received: 0n }));

/** The record that a tail says. @throws {LineError} when it is none */
export function parseTail(tail: Uint8Array): LogRecord {
  return parseLine(Buffer.concat([ANY_HEAD, tail]));
}

/** `other`: an id of its own, whose hash is the same by chance. */
export type Verdict = "same" | "conflict" | "other";

/** What a line's record is to a record that comes now. */
export function compareTails(line: Uint8Array, coming: Uint8Array): Verdict {
  if (Buffer.compare(line, coming) === 0) return "same";
  const [there, here] = [parseTail(line), parseTail(coming)];
  if (there.id !== here.id) return "other";
  return contentDigest(there) === contentDigest(here) ? "same" : "conflict";
}

/**
 * Hands out the tails of lines, when they are durable.
 * @param seqs of lines that have a place; in any order, repeats are fine
 * @throws {LedgerError} when one of them will not become durable; IO, CORRUPT
 * Cost: a read for each 256 KiB of neighbours, and a search in one segment for each gap.
 */
export async function eachTail(
  ledger: Pick<Ledger, "durable" | "read">,
  seqs: Iterable<number>,
  onTail: (seq: number, tail: Uint8Array) => void,
): Promise<void> {
  const sorted = [...new Set(seqs)].sort((a, b) => a - b);
  for (let i = 0; i < sorted.length; ) {
    const from = sorted[i]!;
    let run = 1;
    while (sorted[i + run] === from + run) run++;
    await ledger.durable(from + run - 1);
    const lines = await ledger.read(from, { maxBytes: CHUNK_BYTES, maxLines: run });
    if (lines.length === 0) throw new Error(`line ${from} is durable and was not read`);
    for (const { seq, line } of lines) onTail(seq, line.subarray(parseHead(line).tailOffset));
    i += lines.length;
  }
}
