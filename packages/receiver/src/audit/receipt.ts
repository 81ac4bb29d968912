// receipt.ts: what a sender gets for a record, and how it is spelled. As JSON it is what `proofline verify --receipt` reads; in
// protobuf it rides in fields of ExportLogsServiceResponse that a stock client does not know, and skips.

import { type Hash, hashToBase64 } from "@proofline/tlog";
import protobuf from "protobufjs";

/** The line of one record, which is durable. Inclusion in a checkpoint is there when it was waited for. */
export interface Receipt {
  readonly log: string;
  readonly seq: number;
  readonly id: string;
  /** RFC 6962 leaf hash of the line. */
  readonly leafHash: Hash;
  readonly inclusion?: Inclusion;
}

export interface Inclusion {
  /** A signed note over at least seq + 1 lines. */
  readonly checkpoint: string;
  /** Siblings from the leaf upward, for the tree of the checkpoint's size. Source: RFC 9162 2.1.3. */
  readonly proof: readonly Hash[];
}

/** Above every field of ExportLogsServiceResponse, now and in any draft. */
const RECEIPTS_FIELD = 50_000;

const root = protobuf.Root.fromJSON({
  nested: {
    AuditResponse: { fields: { receipts: { rule: "repeated", type: "AuditReceipt", id: RECEIPTS_FIELD } } },
    AuditReceipt: {
      fields: {
        log: { type: "string", id: 1 },
        seq: { type: "uint64", id: 2 },
        id: { type: "string", id: 3 },
        leafHash: { type: "bytes", id: 4 },
        checkpoint: { type: "string", id: 5 },
        inclusionProof: { rule: "repeated", type: "bytes", id: 6 },
      },
    },
  },
});
const responseType = root.lookupType("AuditResponse");

/** `{"receipts":[{"log","seq","id","leaf_hash","checkpoint","inclusion_proof"}]}`, hashes in padded base64; the last two when there is a proof. */
export function formatReceipts(receipts: readonly Receipt[]): string {
  return JSON.stringify({
    receipts: receipts.map(({ log, seq, id, leafHash, inclusion }) => ({
      ...{ log, seq, id, leaf_hash: hashToBase64(leafHash) },
      ...(inclusion && { checkpoint: inclusion.checkpoint, inclusion_proof: inclusion.proof.map(hashToBase64) }),
    })),
  });
}

/** An ExportLogsServiceResponse without partial_success, with the receipts in field 50000. */
export function encodeReceipts(receipts: readonly Receipt[]): Uint8Array {
  return responseType
    .encode({
      receipts: receipts.map(({ log, seq, id, leafHash, inclusion }) => ({
        ...{ log, seq, id, leafHash },
        ...(inclusion && { checkpoint: inclusion.checkpoint, inclusionProof: inclusion.proof }),
      })),
    })
    .finish();
}
