// prepared-request.ts: a request's records ready for the ledger, as it goes from one thread to another: bytes and numbers, no object a record.

import type { QuarantineCode } from "@proofline/event";
import type { TailBatch } from "@proofline/ledger";
import type { ProducerRun } from "./producer-runs.ts";
import type { ReturnClaim } from "./returned.ts";
import type { TallyData } from "./tally.ts";

export interface PreparedRequest {
  /** Records in the request, ignored ones included. */
  readonly records: number;
  readonly tails: TailBatch;
  /** For each tail what its line is in quarantine for: an index into {@link QUARANTINE_CODES}, 0 when it is not. */
  readonly quarantines: Uint8Array;
  /** Whether an id may stand in the request twice. */
  readonly hasRepeats: boolean;
  /** What lines refer to: must be durable before they are. */
  readonly objects: readonly Uint8Array[];
  /** By entry, what a record claims that it came back. Empty as a rule. */
  readonly claims: ReadonlyMap<number, ReturnClaim>;
  readonly producers: readonly ProducerRun[];
  readonly tally: TallyData;
}

export const QUARANTINE_CODES: readonly (QuarantineCode | undefined)[] = [
  undefined,
  "MALFORMED",
  "TOO_DEEP",
  "TOO_LARGE",
  "ID_CONFLICT",
];
