// keys.ts: the keys that signatures of records are checked with, from the files that the configuration names. Plain data, so that it can be handed
// to another thread. Knows nothing of records.

import { createHash, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";

export type KeyType = "rsa" | "ec" | "ed25519" | "hmac";

export interface SignatureKey {
  /** As the configuration has it: what `audit.integrity.certificate` says, or only a name. */
  readonly id: string;
  /** `sha256:` and the hex of the certificate's DER, when the file is a certificate. */
  readonly fingerprint: string | undefined;
  readonly type: KeyType;
  /** SubjectPublicKeyInfo in DER; of `hmac` the secret. */
  readonly bytes: Uint8Array;
}

const CERTIFICATE = "-----BEGIN CERTIFICATE-----";
const PRIVATE = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const PUBLIC = /-----BEGIN (RSA )?PUBLIC KEY-----/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const LEAST_SECRET_BYTES = 16;
const RSA_BITS = { least: 2048, most: 8192 } as const;

/** `code`: what is wrong with the file. Its message has nothing of what the file holds. */
export class SignatureKeyError extends Error {
  override readonly name = "SignatureKeyError";
  readonly code: "PRIVATE_KEY" | "UNREADABLE" | "UNSUITABLE";
  constructor(code: SignatureKeyError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * @param text of the file: a certificate or a public key in PEM (RSA, P-256 or Ed25519), or the base64 of an HMAC secret
 * @throws {SignatureKeyError}
 */
export function signatureKey(id: string, text: string): SignatureKey {
  if (PRIVATE.test(text)) {
    throw new SignatureKeyError(
      "PRIVATE_KEY",
      "is a private key; expected a certificate, a public key, or the base64 of an HMAC secret",
    );
  }
  if (text.includes(CERTIFICATE)) {
    const certificate = parsed(() => new X509Certificate(text));
    return { id, fingerprint: fingerprintOf(certificate.raw), ...publicKey(certificate.publicKey) };
  }
  if (PUBLIC.test(text)) return { id, fingerprint: undefined, ...publicKey(parsed(() => createPublicKey(text))) };
  const secret = Buffer.from(text.trim(), "base64");
  if (!BASE64.test(text.trim()) || secret.length < LEAST_SECRET_BYTES) {
    const expected = `a certificate or a public key in PEM, or the base64 of an HMAC secret of at least ${LEAST_SECRET_BYTES} bytes`;
    throw new SignatureKeyError("UNREADABLE", `holds no key; expected ${expected}`);
  }
  return { id, fingerprint: undefined, type: "hmac", bytes: new Uint8Array(secret) };
}

/** As `audit.integrity.certificate` names a certificate. */
export function fingerprintOf(der: Uint8Array): string {
  return `sha256:${createHash("sha256").update(der).digest("hex")}`;
}

function publicKey(key: KeyObject): { type: KeyType; bytes: Uint8Array } {
  return { type: typeOf(key), bytes: new Uint8Array(key.export({ type: "spki", format: "der" })) };
}

function typeOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): KeyType {
  if (type === "ed25519") return "ed25519";
  if (type === "ec" && details?.namedCurve === "prime256v1") return "ec";
  const bits = details?.modulusLength ?? 0;
  if (type === "rsa" && bits >= RSA_BITS.least && bits <= RSA_BITS.most) return "rsa";
  throw new SignatureKeyError(
    "UNSUITABLE",
    `is a key of another kind; expected RSA of ${RSA_BITS.least} to ${RSA_BITS.most} bits, P-256 or Ed25519`,
  );
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new SignatureKeyError("UNREADABLE", "cannot be read as PEM");
  }
}
