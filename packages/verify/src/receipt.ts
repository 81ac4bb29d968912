// receipt.ts: what a sender was given for a record, out of JSON. Strict in what it needs, and blind to the rest: a receipt may grow fields.

import { HASH_BYTES, type Hash, hashFromBase64, TlogError } from "@proofline/tlog";
import { VerifyError } from "./errors.ts";

/** More receipts than that are no answer of ours. */
const MAX_RECEIPTS = 1_000_000;
const MAX_PROOF_HASHES = 64;

export interface Receipt {
  readonly log: string;
  readonly seq: number;
  readonly id: string;
  readonly leaf: Hash;
  /** Undefined when no proof was waited for. */
  readonly inclusion: { readonly checkpoint: string; readonly proof: readonly Hash[] } | undefined;
  /** For a person: which one of which file. */
  readonly where: string;
}

/**
 * @param text one receipt, an array of them, or an answer of /v1/audit
 * @throws {VerifyError} BAD_RECEIPT, which names the place
 */
export function parseReceipts(text: string, where: string): Receipt[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw bad(where, "a receipt as JSON", "no JSON");
  }
  const inside = member(json, "receipts");
  const found = inside === undefined ? json : inside;
  const list: readonly unknown[] = Array.isArray(found) ? found : [found];
  if (list.length === 0 || list.length > MAX_RECEIPTS) throw bad(where, `1 to ${MAX_RECEIPTS} receipts`, String(list.length));
  return list.map((one, i) => parseReceipt(one, list.length === 1 ? where : `${where}, receipt ${i + 1}`));
}

function parseReceipt(json: unknown, where: string): Receipt {
  const text = (name: string): string => {
    const value = member(json, name);
    if (typeof value !== "string" || value === "") throw bad(where, `"${name}", a text`, describe(value));
    return value;
  };
  const seq = member(json, "seq");
  if (typeof seq !== "number" || !Number.isSafeInteger(seq) || seq < 0)
    throw bad(where, `"seq", a whole number from 0`, describe(seq));
  const checkpoint = member(json, "checkpoint");
  const proof = member(json, "inclusion_proof");
  if ((checkpoint === undefined) !== (proof === undefined))
    throw bad(where, `"checkpoint" and "inclusion_proof", both or neither`, "one of them");
  return {
    ...{ log: text("log"), seq, id: text("id"), leaf: hashOf(text("leaf_hash"), "leaf_hash", where) },
    inclusion: checkpoint === undefined ? undefined : { checkpoint: text("checkpoint"), proof: proofOf(proof, where) },
    where,
  };
}

function proofOf(json: unknown, where: string): Hash[] {
  if (!Array.isArray(json) || json.length > MAX_PROOF_HASHES)
    throw bad(where, `"inclusion_proof", at most ${MAX_PROOF_HASHES} hashes`, describe(json));
  return json.map((one: unknown) => hashOf(typeof one === "string" ? one : "", "inclusion_proof", where));
}

function hashOf(text: string, name: string, where: string): Hash {
  try {
    return hashFromBase64(text);
  } catch (error) {
    if (error instanceof TlogError) throw bad(where, `"${name}", ${HASH_BYTES} bytes in base64`, describe(text));
    throw error;
  }
}

function member(json: unknown, name: string): unknown {
  return typeof json === "object" && json !== null && Object.hasOwn(json, name)
    ? (json as Record<string, unknown>)[name]
    : undefined;
}

function describe(value: unknown): string {
  return value === undefined ? "nothing" : (JSON.stringify(value)?.slice(0, 100) ?? typeof value);
}

function bad(where: string, expected: string, found: string): VerifyError {
  return new VerifyError("BAD_RECEIPT", { message: found, expected, where });
}
