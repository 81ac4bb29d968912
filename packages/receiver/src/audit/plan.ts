// plan.ts: what must become of each record of an all-or-nothing request, decided in one turn of the event loop against what the ledger
// knows at that moment. Writes nothing and reads nothing.

import type { Ledger } from "@proofline/ledger";
import type { KnownLine } from "./leaves.ts";

/** A record of the request, ready for the ledger. */
export interface AuditEntry {
  readonly id: string;
  /** event's contentDigest. */
  readonly content: string;
  readonly tail: string;
}

/** Where a record's line is: at `seq`, or the `entry`th of those to be appended. */
export type Place = { readonly seq: number } | { readonly entry: number };

export type Plan<E> =
  /** Lines that may have one of the ids must be read first; some of them may be on their way. */
  | { readonly is: "unread"; readonly seqs: readonly number[] }
  /** The id of the `record`th, from 0, stands at `seq`, or with the `earlier`th record, with other content. */
  | { readonly is: "conflict"; readonly record: number; readonly at: { readonly seq: number } | { readonly earlier: number } }
  | { readonly is: "possible"; readonly places: readonly Place[]; readonly entries: readonly E[] };

/** @param known the lines that were read so far, by seq */
export function planAll<E extends AuditEntry>(
  records: readonly E[],
  ledger: Pick<Ledger, "places">,
  known: ReadonlyMap<number, KnownLine>,
): Plan<E> {
  const places: Place[] = [];
  const entries: E[] = [];
  const unread = new Set<number>();
  // The first record of this request under each id.
  const here = new Map<string, number>();
  for (const [record, one] of records.entries()) {
    const earlier = here.get(one.id);
    if (earlier !== undefined) {
      if (records[earlier]!.content !== one.content) return { is: "conflict", record, at: { earlier } };
      places.push(places[earlier]!);
      continue;
    }
    here.set(one.id, record);
    const seqs = ledger.places(one.id);
    for (const seq of seqs) if (!known.has(seq)) unread.add(seq);
    const withId = seqs.filter((seq) => known.get(seq)?.id === one.id);
    const same = withId.find((seq) => isSame(known.get(seq)!, one));
    if (same === undefined && withId.length > 0 && unread.size === 0) return { is: "conflict", record, at: { seq: withId[0]! } };
    places.push(same === undefined ? { entry: entries.push(one) - 1 } : { seq: same });
  }
  if (unread.size > 0) return { is: "unread", seqs: [...unread].sort((a, b) => a - b) };
  return { is: "possible", places, entries };
}

/** What /v1/logs put into quarantine is no receipt's line, though it says the same. */
function isSame(line: KnownLine, one: AuditEntry): boolean {
  return line.content === one.content && !line.quarantined;
}
