// leaves.ts: durable lines as the ledger reads them back: a receipt says what is on the disk, not what was meant to be.

import { contentDigest, parseLine } from "@proofline/event";
import type { Ledger } from "@proofline/ledger";
import { type Hash, leafHash } from "@proofline/tlog";

/** What a line says, as far as a repeated record must be told from another one. */
export interface KnownLine {
  readonly id: string;
  /** event's contentDigest. */
  readonly content: string;
  readonly quarantined: boolean;
  readonly hash: Hash;
}

/** Bytes of lines in memory for one request. */
const CHUNK_BYTES = 256 << 10;

/**
 * Leaf hashes of the lines from `first` on.
 * @throws {LedgerError} IO, CORRUPT
 * Cost: a read for each 256 KiB.
 */
export async function readHashes(ledger: Pick<Ledger, "read">, first: number, count: number): Promise<Hash[]> {
  const hashes: Hash[] = [];
  await eachLine(ledger, first, count, (_seq, line) => hashes.push(leafHash(line)));
  return hashes;
}

/**
 * Lines that records of a request may be repetitions of.
 * @param seqs durable, ascending, without repeats
 * @throws {LedgerError} IO, CORRUPT
 * Cost: as above for neighbours, and a search in one segment for each gap between them.
 */
export async function readKnown(ledger: Pick<Ledger, "read">, seqs: readonly number[]): Promise<Map<number, KnownLine>> {
  const known = new Map<number, KnownLine>();
  for (let i = 0; i < seqs.length; ) {
    const from = seqs[i]!;
    let run = 1;
    while (seqs[i + run] === from + run) run++;
    await eachLine(ledger, from, run, (seq, line) => known.set(seq, knownLine(line)));
    i += run;
  }
  return known;
}

function knownLine(line: Uint8Array): KnownLine {
  const parsed = parseLine(line);
  const quarantined = parsed.quarantine !== undefined;
  return { id: parsed.id, content: contentDigest(parsed), quarantined, hash: leafHash(line) };
}

async function eachLine(
  ledger: Pick<Ledger, "read">,
  first: number,
  count: number,
  use: (seq: number, line: Uint8Array) => void,
): Promise<void> {
  for (let done = 0; done < count; ) {
    const lines = await ledger.read(first + done, { maxBytes: CHUNK_BYTES, maxLines: count - done });
    if (lines.length === 0) throw new Error(`line ${first + done} is durable and was not read`);
    for (const { seq, line } of lines) use(seq, line);
    done += lines.length;
  }
}
