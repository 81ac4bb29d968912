// prepare-messages.ts: what the threads that prepare requests are told, and what they answer. Bytes are handed over, not copied.

import type { IdKey } from "@proofline/ledger";
import type { Policy } from "@proofline/redaction";
import type { DecodeErrorCode, DecodeLimits } from "../decode/decoded.ts";
import type { Encoding } from "../otlp/media-type.ts";
import type { SignatureKey } from "../signatures/keys.ts";
import type { PreparedRequest } from "./prepared-request.ts";

/** What a thread begins with. */
export interface PrepareSetup {
  readonly role: "preparer";
  readonly policy: Policy;
  /** The redaction key: tokens, digests and seals are made with it. */
  readonly key: Uint8Array;
  readonly accept: "all" | "audit";
  readonly maxTailBytes: number;
  readonly idKey: IdKey;
  readonly limits: DecodeLimits;
  readonly signatures: readonly SignatureKey[];
}

export type PrepareMessage = PrepareJob | { readonly policy: Policy };

export interface PrepareJob {
  readonly job: number;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly encoding: Encoding;
  readonly writer: string;
  /** Memory for the answer. */
  readonly spare: ArrayBuffer | undefined;
}

/** `body`: the job's memory, given back. */
export type PrepareAnswer = { readonly job: number; readonly body: ArrayBuffer } & (
  | { readonly request: PreparedRequest }
  | { readonly refused: { readonly code: DecodeErrorCode; readonly reason: string; readonly offset: number } }
  /** Something that no request may cause. */
  | { readonly failed: string }
);
