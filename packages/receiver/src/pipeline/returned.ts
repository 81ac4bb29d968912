// returned.ts: records of this log that come back to it, as when a Collector that we send to sends to us. They are lines already: they are
// acknowledged and not chained again. What only claims to be one is an ordinary record, and so is a record of any other log.

import { Buffer } from "node:buffer";
import {
  ATTR_AUDIT_RECORD_ID,
  ATTR_PROOFLINE_LEAF_HASH,
  ATTR_PROOFLINE_LOG,
  ATTR_PROOFLINE_SEQ,
  type LogRecord,
  parseLine,
} from "@proofline/event";
import type { Ledger } from "@proofline/ledger";
import { hashToBase64, leafHash } from "@proofline/tlog";

/** What a record says of itself that must be true of the line that it claims to be. */
export interface ReturnClaim {
  readonly log: string;
  readonly seq: number;
  /** Of the line, in base64. */
  readonly leafHash: string;
  readonly id: string;
  readonly event: string;
  readonly time: bigint;
  readonly traceId: string;
  readonly spanId: string;
}

/** Lines of one read; claims that lie further apart need one each. */
const READ_LINES = 512;
const READ_BYTES = 512 << 10;
/** For one request: who makes up claims all over a log gets them chained, and costs no more than this. */
const MAX_READS = 64;

/**
 * The claim that a record makes, if any. Asked before the record is lifted and redacted.
 * Cost: one look-up for a record that makes none.
 */
export function returnClaim({ attributes, event, time, traceId, spanId, quarantine }: LogRecord): ReturnClaim | undefined {
  const hash = attributes.get(ATTR_PROOFLINE_LEAF_HASH);
  if (hash === undefined || quarantine !== undefined) return undefined;
  const [log, seq, id] = [ATTR_PROOFLINE_LOG, ATTR_PROOFLINE_SEQ, ATTR_AUDIT_RECORD_ID].map((name) => attributes.get(name));
  if (typeof hash !== "string" || typeof log !== "string" || typeof seq !== "number" || typeof id !== "string") return undefined;
  return { log, seq, leafHash: hash, id, event, time, traceId, spanId };
}

/**
 * Which of the claims are true: the line stands in this log, durable, with this hash, and says the same id, event, time, trace and span.
 * (Other attributes may have changed on the way: a Collector adds its own. The log has the record as it was.)
 * @returns the keys of those
 * @throws {LedgerError} IO, CORRUPT
 */
export async function findReturned(
  claims: ReadonlyMap<number, ReturnClaim>,
  ledger: Pick<Ledger, "name" | "size" | "read">,
): Promise<Set<number>> {
  const bySeq = new Map<number, number[]>();
  for (const [key, { log, seq }] of claims) {
    if (log === ledger.name && seq >= 0 && seq < ledger.size) bySeq.set(seq, [...(bySeq.get(seq) ?? []), key]);
  }
  const found = new Set<number>();
  const seqs = [...bySeq.keys()].sort((a, b) => a - b);
  for (let i = 0, reads = 0; i < seqs.length && reads < MAX_READS; reads += 1) {
    const lines = await ledger.read(seqs[i]!, { maxBytes: READ_BYTES, maxLines: READ_LINES });
    for (const { seq, line } of lines) {
      for (const key of bySeq.get(seq) ?? []) if (isTrue(claims.get(key)!, line)) found.add(key);
    }
    const next = (lines.at(-1)?.seq ?? seqs[i]!) + 1;
    while (i < seqs.length && seqs[i]! < next) i += 1;
  }
  return found;
}

function isTrue(claim: ReturnClaim, line: Uint8Array): boolean {
  if (hashToBase64(leafHash(line)) !== claim.leafHash) return false;
  const said = parseLine(Buffer.from(line));
  return (["id", "event", "time", "traceId", "spanId"] as const).every((field) => said[field] === claim[field]);
}
