// loki-checkpoints.ts: the checkpoints that a log left in Loki: every signature is verified, and some thousands, evenly spread, are kept to
// compare the lines with. Memory is bounded however many there are.

import type { NoteVerifier } from "@proofline/tlog";
import type { LokiClient } from "./loki-client.ts";
import type { Findings } from "./report.ts";
import { openLogCheckpoint, reportForks, type Signed } from "./signed.ts";

const MAX_KEPT = 8_192;

export interface LokiCheckpoints {
  /** The one with the most lines. */
  readonly newest: Signed | undefined;
  /** Others, in no order. */
  readonly older: readonly Signed[];
  readonly signatures: number;
}

/** @throws {VerifyError} as the client does */
export async function readCheckpoints(
  client: LokiClient,
  o: { selector: string; startNs: bigint; endNs: bigint; log: string; keys: readonly NoteVerifier[]; findings: Findings },
): Promise<LokiCheckpoints> {
  let kept: Signed[] = [];
  let newest: Signed | undefined;
  let signatures = 0;
  let every = 1;
  let count = 0;
  for await (const { timestamp, line } of client.entries(o.selector, o.startNs, o.endNs)) {
    const signed = openLogCheckpoint(line, `${client.url}, checkpoint at ${timestamp}`, o);
    if (signed === undefined) continue;
    signatures += signed.keys.length;
    if (newest !== undefined && newest.size === signed.size) reportForks([newest, signed], o.findings);
    if (newest === undefined || signed.size > newest.size) newest = signed;
    if (count++ % every !== 0) continue;
    kept.push(signed);
    if (kept.length < MAX_KEPT) continue;
    kept = kept.filter((_, i) => i % 2 === 0);
    every *= 2;
  }
  reportForks(kept, o.findings);
  return { newest, older: kept.filter((signed) => signed !== newest), signatures };
}
