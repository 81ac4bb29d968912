// checker.ts: whether a record's signature is right, by the keys that are known. What it finds becomes a note in the line; it refuses nothing.
// For records as they were received: lifting and redaction change what was signed.

import { createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from "node:crypto";
import {
  ATTR_AUDIT_INTEGRITY_ALGORITHM,
  ATTR_AUDIT_INTEGRITY_CERTIFICATE,
  ATTR_AUDIT_INTEGRITY_VALUE,
  type LogRecord,
  type NoteCode,
} from "@proofline/event";
import { fingerprintOf, type KeyType, type SignatureKey } from "./keys.ts";
import { NotSignable, signedPayload } from "./payload.ts";

export type SignatureNote = Extract<NoteCode, `signature_${string}`>;

interface Algorithm {
  readonly type: KeyType;
  readonly digest: string | undefined;
}

/** By the names that the resource's `audit.integrity.algorithm` has. The key's own kind must be the algorithm's: none can be passed off as another's. */
const ALGORITHMS: ReadonlyMap<unknown, Algorithm> = new Map<unknown, Algorithm>([
  ["RS256", { type: "rsa", digest: "sha256" }],
  ["RS512", { type: "rsa", digest: "sha512" }],
  ["ES256", { type: "ec", digest: "sha256" }],
  ["EdDSA", { type: "ed25519", digest: undefined }],
  ["HMAC-SHA256", { type: "hmac", digest: "sha256" }],
]);
const MAX_CERTIFICATE_CHARS = 64 * 1024;
const P1363_BYTES = 64;

interface KnownKey extends SignatureKey {
  readonly object: KeyObject | undefined;
}

export class SignatureChecker {
  readonly #keys: readonly KnownKey[];

  constructor(keys: readonly SignatureKey[]) {
    this.#keys = keys.map((key) => ({
      ...key,
      object: key.type === "hmac" ? undefined : createPublicKey({ key: Buffer.from(key.bytes), format: "der", type: "spki" }),
    }));
  }

  /** Undefined for a record without a signature. Never throws for what a record holds. */
  check(record: LogRecord): SignatureNote | undefined {
    const value = record.attributes.get(ATTR_AUDIT_INTEGRITY_VALUE);
    if (value === undefined) return undefined;
    const algorithm = ALGORITHMS.get(record.resource.attributes.get(ATTR_AUDIT_INTEGRITY_ALGORITHM));
    if (algorithm === undefined) return "signature_unsupported";
    const keys = this.#keysFor(algorithm, record.resource.attributes.get(ATTR_AUDIT_INTEGRITY_CERTIFICATE));
    if (keys.length === 0) return "signature_unknown_key";
    const signature = typeof value === "string" ? fromBase64(value) : undefined;
    if (signature === undefined) return "signature_invalid";
    try {
      for (const payload of payloads(record))
        if (keys.some((key) => isSigned(payload, signature, key, algorithm))) return "signature_valid";
    } catch (error) {
      if (error instanceof NotSignable) return "signature_unsupported";
      throw error;
    }
    return "signature_invalid";
  }

  /** Without a reference to one, all that fit the algorithm. */
  #keysFor({ type }: Algorithm, reference: unknown): readonly KnownKey[] {
    const fitting = this.#keys.filter((key) => key.type === type);
    if (reference === undefined || type === "hmac") return fitting;
    if (typeof reference !== "string" || reference.length > MAX_CERTIFICATE_CHARS) return [];
    const isNamed = (name: string): KnownKey[] => fitting.filter(({ id, fingerprint }) => id === name || fingerprint === name);
    const named = isNamed(reference);
    if (named.length > 0) return named;
    // The certificate itself: no more than a way to say which one. Only those that the configuration names are trusted.
    const der = fromBase64(reference);
    return der === undefined ? [] : isNamed(fingerprintOf(der));
  }
}

function* payloads(record: LogRecord): Generator<Buffer> {
  yield signedPayload(record, { zeroTimes: true });
  if (record.time === 0n || record.observed === 0n) yield signedPayload(record, { zeroTimes: false });
}

function isSigned(payload: Buffer, signature: Buffer, key: KnownKey, { digest }: Algorithm): boolean {
  if (key.object === undefined) {
    const right = createHmac(digest!, key.bytes).update(payload).digest();
    return right.length === signature.length && timingSafeEqual(right, signature);
  }
  const is = (dsaEncoding: "der" | "ieee-p1363"): boolean =>
    verify(digest, payload, { key: key.object!, dsaEncoding }, signature);
  // The processor writes ASN.1, RFC 7518 the two numbers one after the other.
  return is("der") || (key.type === "ec" && signature.length === P1363_BYTES && is("ieee-p1363"));
}

/** Standard base64 with its padding, in the one spelling that there is of it. */
function fromBase64(text: string): Buffer | undefined {
  if (text.length > MAX_CERTIFICATE_CHARS) return undefined;
  const bytes = Buffer.from(text, "base64");
  return bytes.length > 0 && bytes.toString("base64") === text ? bytes : undefined;
}
