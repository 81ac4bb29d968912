// admit.ts: a prepared request into the ledger: all of it at once as a rule; without what is there already, and with conflicts marked, when
// ids were seen before. The last look at the ledger and the append are of one turn of the event loop: no other request can take an id in between.

import { Buffer } from "node:buffer";
import { formatTail } from "@proofline/event";
import type { Ledger, TailBatch } from "@proofline/ledger";
import { compareTails, eachTail, parseTail, type Verdict } from "./known-lines.ts";
import { type PreparedRequest, QUARANTINE_CODES } from "./prepared-request.ts";
import { findReturned } from "./returned.ts";
import type { Tally } from "./tally.ts";

export type AdmittingLedger = Pick<Ledger, "name" | "size" | "suspects" | "durable" | "read" | "append">;

/**
 * Resolves when every record is durable, now or since earlier.
 * @returns seq of the first line written; undefined when none was
 * @throws {LedgerError}
 */
export async function admit(request: PreparedRequest, ledger: AdmittingLedger, tally: Tally): Promise<number | undefined> {
  const { tails, quarantines, hasRepeats, claims } = request;
  if (tails.ends.length === 0) return undefined;
  if (claims.size > 0 || hasRepeats || ledger.suspects(tails).length > 0) return admitSeen(request, ledger, tally);
  for (const code of quarantines) tally.addAccepted(QUARANTINE_CODES[code]);
  return (await ledger.append(tails)).first;
}

/** What the lines that a record may repeat are to it, by their seqs. */
type Seen = Map<number, Verdict>;

async function admitSeen(request: PreparedRequest, ledger: AdmittingLedger, tally: Tally): Promise<number | undefined> {
  const { tails, claims } = request;
  const returned: ReadonlySet<number> = claims.size > 0 ? await findReturned(claims, ledger) : new Set();
  const seen = new Map<number, Seen>();
  for (;;) {
    const unread = new Map<number, number[]>();
    for (const { entry, seqs } of ledger.suspects(tails)) {
      for (const seq of seqs) if (!seen.get(entry)?.has(seq)) unread.set(seq, [...(unread.get(seq) ?? []), entry]);
    }
    if (unread.size === 0) break;
    await eachTail(ledger, unread.keys(), (seq, line) => {
      for (const entry of unread.get(seq)!) {
        const verdicts = seen.get(entry) ?? new Map<number, Verdict>();
        seen.set(entry, verdicts.set(seq, compareTails(line, tailOf(tails, entry))));
      }
    });
  }
  // From here to `append` without a pause.
  const chosen = choose(request, { seen, returned }, tally);
  return chosen.ends.length === 0 ? undefined : (await ledger.append(chosen)).first;
}

/** The tails to be written: those that nobody said yet, conflicts with a word about it. */
function choose(
  { tails, quarantines, hasRepeats }: PreparedRequest,
  { seen, returned }: { seen: ReadonlyMap<number, Seen>; returned: ReadonlySet<number> },
  tally: Tally,
): TailBatch {
  const chosen = new Chosen();
  // What this request itself said before, by id. Only asked for where an id may come twice.
  const here = new Map<string, Uint8Array[]>();
  for (let entry = 0; entry < tails.ends.length; entry++) {
    if (returned.has(entry)) {
      tally.looped++;
      continue;
    }
    const tail = tailOf(tails, entry);
    const verdicts = seen.get(entry);
    const id = hasRepeats ? idOf(tails, entry) : "";
    const said = (hasRepeats && here.get(id)) || [];
    const inRequest = said.map((earlier) => compareTails(earlier, tail));
    if (inRequest.includes("same") || has(verdicts, "same")) {
      tally.duplicates++;
      continue;
    }
    if (hasRepeats) here.set(id, [...said, tail]);
    const isConflict = inRequest.includes("conflict") || has(verdicts, "conflict");
    if (!isConflict) {
      tally.addAccepted(QUARANTINE_CODES[quarantines[entry]!]);
      chosen.add(tail, tails, entry);
      continue;
    }
    tally.conflicts++;
    const record = parseTail(tail);
    record.quarantine ??= { code: "ID_CONFLICT", reason: conflictReason(firstConflict(verdicts)) };
    tally.addAccepted(record.quarantine.code);
    chosen.add(Buffer.from(formatTail(record)), tails, entry);
  }
  return chosen.batch();
}

function has(verdicts: Seen | undefined, wanted: Verdict): boolean {
  if (verdicts !== undefined) for (const verdict of verdicts.values()) if (verdict === wanted) return true;
  return false;
}

function firstConflict(verdicts: Seen | undefined): number | undefined {
  let first: number | undefined;
  for (const [seq, verdict] of verdicts ?? [])
    if (verdict === "conflict" && seq < (first ?? Number.POSITIVE_INFINITY)) first = seq;
  return first;
}

function conflictReason(seq: number | undefined): string {
  const where = seq === undefined ? "earlier in the same request" : `at seq ${seq}`;
  return `another record with this id and other content stands ${where}`;
}

function tailOf({ bytes, ends }: TailBatch, entry: number): Uint8Array {
  return bytes.subarray(entry === 0 ? 0 : ends[entry - 1]!, ends[entry]!);
}

/** The hash of the id, for looking it up; whether two ids are one, the tails say. */
function idOf({ ids }: TailBatch, entry: number): string {
  return `${ids[2 * entry]},${ids[2 * entry + 1]}`;
}

class Chosen {
  readonly #tails: Uint8Array[] = [];
  readonly #ends: number[] = [];
  readonly #ids: number[] = [];
  #length = 0;

  /** @param entry whose id the tail has */
  add(tail: Uint8Array, { ids }: TailBatch, entry: number): void {
    this.#tails.push(tail);
    this.#length += tail.length;
    this.#ends.push(this.#length);
    this.#ids.push(ids[2 * entry]!, ids[2 * entry + 1]!);
  }

  batch(): TailBatch {
    return { bytes: Buffer.concat(this.#tails), ends: Uint32Array.from(this.#ends), ids: Uint32Array.from(this.#ids) };
  }
}
