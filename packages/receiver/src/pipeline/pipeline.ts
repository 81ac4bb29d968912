// pipeline.ts: from decoded records to durable lines. All records of a request go into the ledger together and in order; what
// comes back resolves when they are on disk. Knows no transport. DESIGN: acknowledged means durable; nothing is dropped silently.

import type { Ledger } from "@proofline/ledger";
import type { Redactor } from "@proofline/redaction";
import type { Decoded } from "../decode/decoded.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { asConflict, isAudit, type Prepared, prepare } from "./prepare.ts";
import { RecordRedactor } from "./redact.ts";
import { Tally } from "./tally.ts";

/** What became of a request's records: each is accepted, a duplicate or ignored. Conflicts are among the quarantined, those among the accepted. */
export interface Accepted {
  /** Lines written, conflicts and quarantined ones included. */
  readonly accepted: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly quarantined: number;
  readonly ignored: number;
  /** seq of the first line written; undefined when none was. */
  readonly first: number | undefined;
}

export interface Pipeline {
  /**
   * Resolves when every record is durable, now or since earlier.
   * @param signal the sender has gone: work that has not reached the ledger is not begun
   * @throws {LedgerError} when they may not be; {DOMException} AbortError. Nothing may be acknowledged then.
   */
  accept(decoded: Decoded, signal?: AbortSignal): Promise<Accepted>;
}

export interface PipelineOptions {
  readonly ledger: Pick<Ledger, "seen" | "append" | "putObject" | "maxTailBytes">;
  readonly redactor: Redactor;
  /** Encrypts the bytes of records that could not be decoded, and so not redacted. */
  readonly seal: (bytes: Uint8Array) => Uint8Array;
  readonly nextId: () => string;
  /** `audit` ignores records without any `audit.*` attribute. */
  readonly accept: "all" | "audit";
  readonly metrics: Metrics;
}

const OBJECTS_AT_ONCE = 8;

export function createPipeline(o: PipelineOptions): Pipeline {
  return {
    async accept(decoded, signal) {
      signal?.throwIfAborted();
      const tally = new Tally();
      const objects: Uint8Array[] = [];
      const prepared = prepareAll(decoded, o, tally, objects);
      // If we stop here: objects that no line names. They are kept under their hash, so the next try finds them.
      if (objects.length > 0) await storeAll(objects, o.ledger);
      signal?.throwIfAborted();
      const first = await write(prepared, o.ledger, tally);
      tally.tell(o.metrics);
      const { accepted, duplicates, conflicts, quarantined, ignored } = tally;
      return { accepted, duplicates, conflicts, quarantined, ignored, first };
    },
  };
}

function prepareAll({ records }: Decoded, o: PipelineOptions, tally: Tally, objects: Uint8Array[]): Prepared[] {
  const to = {
    redactor: new RecordRedactor(o.redactor),
    nextId: o.nextId,
    seal: o.seal,
    maxTailBytes: o.ledger.maxTailBytes,
    objects,
    tally,
  };
  const prepared: Prepared[] = [];
  for (const decoded of records) {
    if (o.accept === "audit" && !isAudit(decoded)) tally.ignored++;
    else prepared.push(prepare(decoded, to));
  }
  return prepared;
}

/** A few at a time: each is a file and a sync of its own. */
async function storeAll(objects: readonly Uint8Array[], ledger: PipelineOptions["ledger"]): Promise<void> {
  const waiting = objects.values();
  const store = async (): Promise<void> => {
    for (const bytes of waiting) await ledger.putObject(bytes);
  };
  await Promise.all(Array.from({ length: Math.min(OBJECTS_AT_ONCE, objects.length) }, store));
}

/** Up to `append` this runs without a pause: no other request can take one of the ids in between. */
async function write(
  prepared: readonly Prepared[],
  ledger: PipelineOptions["ledger"],
  tally: Tally,
): Promise<number | undefined> {
  const entries: Prepared[] = [];
  // What this request said under an id: one content as a rule.
  const here = new Map<string, string | string[]>();
  const earlier = new Set<Promise<void>>();
  for (const one of prepared) {
    const { id, content } = one;
    const said = here.get(id);
    const seen = ledger.seen(id, content);
    if (said === content || (Array.isArray(said) && said.includes(content))) tally.duplicates++;
    else if (seen?.status === "same") {
      tally.duplicates++;
      earlier.add(seen.durable);
    } else {
      const conflict = seen !== undefined || said !== undefined;
      const entry = conflict ? asConflict(one, conflictReason(seen?.seq)) : one;
      if (conflict) tally.conflicts++;
      // Nothing waits for the line that was first; should it fail, the process ends for that reason, and not for this one.
      seen?.durable.catch(() => {});
      tally.addAccepted(entry.record);
      entries.push(entry);
      here.set(id, said === undefined ? content : [said, content].flat());
    }
  }
  const appended = entries.length === 0 ? undefined : ledger.append(entries);
  const [written] = await Promise.all([appended, ...earlier]);
  return written?.first;
}

function conflictReason(seq: number | undefined): string {
  const where = seq === undefined ? "earlier in the same request" : `at seq ${seq}`;
  return `another record with this id and other content stands ${where}`;
}
