// pipeline.ts: from prepared records to durable lines. All records of a request go into the ledger together and in order; what
// comes back resolves when they are on disk. Knows no transport. DESIGN: acknowledged means durable; nothing is dropped silently.

import type { Ledger } from "@proofline/ledger";
import type { Metrics } from "../telemetry/metrics.ts";
import { type AdmittingLedger, admit } from "./admit.ts";
import type { PreparedRequest } from "./prepared-request.ts";
import type { ProducerGaps } from "./producer-gaps.ts";
import { Tally } from "./tally.ts";

/** What became of a request's records: each is accepted, a duplicate, one that came back, or ignored. Conflicts are among the quarantined, those among the accepted. */
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
   * Resolves when every record is durable, now or since earlier. The request's bytes are read until then.
   * @throws {LedgerError} when they may not be. Nothing may be acknowledged then.
   */
  accept(request: PreparedRequest): Promise<Accepted>;
}

export interface PipelineOptions {
  readonly ledger: AdmittingLedger & Pick<Ledger, "putObject">;
  readonly metrics: Metrics;
  /** Told of producers' numbers that are durable. */
  readonly gaps?: ProducerGaps;
}

const OBJECTS_AT_ONCE = 8;

export function createPipeline({ ledger, metrics, gaps }: PipelineOptions): Pipeline {
  return {
    async accept(request) {
      const tally = new Tally(request.tally);
      // If we stop here: objects that no line names. They are kept under their hash, so the next try finds them.
      if (request.objects.length > 0) await storeAll(request.objects, ledger);
      const first = await admit(request, ledger, tally);
      tally.tell(metrics);
      for (const run of request.producers) gaps?.add(run);
      const { accepted, duplicates, conflicts, quarantined, ignored } = tally;
      return { accepted, duplicates, conflicts, quarantined, ignored, first };
    },
  };
}

/** A few at a time: each is a file and a sync of its own. */
export async function storeAll(objects: readonly Uint8Array[], ledger: Pick<Ledger, "putObject">): Promise<void> {
  const waiting = objects.values();
  const store = async (): Promise<void> => {
    for (const bytes of waiting) await ledger.putObject(bytes);
  };
  await Promise.all(Array.from({ length: Math.min(OBJECTS_AT_ONCE, objects.length) }, store));
}
