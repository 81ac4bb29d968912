// proofs.ts: waits until a signed checkpoint covers what was written, and proves that each record is in it. Waiting asks for no checkpoint
// of its own: what clients can ask for must not make the log sign more often.

import type { Ledger, SignedCheckpoint } from "@proofline/ledger";
import type { TileSource } from "../serve-log/published-tiles.ts";
import type { Receipt } from "./receipt.ts";
import { inclusionProofs } from "./subtrees.ts";

export interface ProofOptions {
  readonly ledger: Pick<Ledger, "checkpoint" | "checkpoints">;
  readonly tiles: TileSource;
}

/**
 * The receipts with checkpoint and inclusion proof; as they are when no checkpoint over all of them came within `waitMs`.
 * @throws {TileMissing} {Error} the disk's
 */
export async function prove(receipts: readonly Receipt[], waitMs: number, o: ProofOptions): Promise<readonly Receipt[]> {
  const seqs = receipts.map(({ seq }) => seq);
  const size = seqs.reduce((most, seq) => Math.max(most, seq + 1), 0);
  if (size === 0) return receipts;
  const checkpoint = await covering(size, waitMs, o.ledger);
  if (checkpoint === undefined) return receipts;
  const proofs = await inclusionProofs(seqs, checkpoint.size, o.tiles);
  return receipts.map((receipt, i) => ({ ...receipt, inclusion: { checkpoint: checkpoint.note, proof: proofs[i]! } }));
}

/** The first checkpoint from now on over `size` lines or more; undefined when none came in time. */
function covering(size: number, waitMs: number, ledger: ProofOptions["ledger"]): Promise<SignedCheckpoint | undefined> {
  const { checkpoint } = ledger;
  if (checkpoint.size >= size) return Promise.resolve(checkpoint);
  return new Promise((resolve) => {
    const done = (found: SignedCheckpoint | undefined): void => {
      clearTimeout(timer);
      stop();
      resolve(found);
    };
    const stop = ledger.checkpoints((note, covered) => {
      if (covered >= size) done({ note, size: covered });
    });
    const timer = setTimeout(() => done(undefined), waitMs);
  });
}
