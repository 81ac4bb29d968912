// seal.ts: the bytes of records that could not be decoded are evidence, but nobody could redact them: they are kept encrypted, under a key of
// their own that is derived from the redaction key. Destroying that key erases them, and every proof still holds.
//
// Sealed bytes: nonce (12) · AES-256-GCM ciphertext · tag (16). The nonce is an HMAC of the plaintext, so the same bytes seal to the same object and no
// nonce meets two plaintexts.

import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** @param redactionKey 32 bytes or more; the same key gives the same result for the same bytes */
export function createSeal(redactionKey: Uint8Array): (bytes: Uint8Array) => Uint8Array {
  const { cipher, nonce } = deriveKeys(redactionKey);
  return (bytes) => {
    const iv = createHmac("sha256", nonce).update(bytes).digest().subarray(0, NONCE_BYTES);
    const sealing = createCipheriv("aes-256-gcm", cipher, iv);
    return Buffer.concat([iv, sealing.update(bytes), sealing.final(), sealing.getAuthTag()]);
  };
}

/** What was sealed; undefined when the key is another one or the bytes were changed. */
export function openSeal(redactionKey: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const { cipher } = deriveKeys(redactionKey);
  const opening = createDecipheriv("aes-256-gcm", cipher, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  opening.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([opening.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)), opening.final()]);
  } catch {
    return undefined;
  }
}

/** Two keys for two uses: one for both would tie the nonce to the cipher. */
function deriveKeys(redactionKey: Uint8Array): { cipher: Uint8Array; nonce: Uint8Array } {
  const derive = (use: string): Uint8Array =>
    new Uint8Array(hkdfSync("sha256", redactionKey, "", `proofline quarantine v1 ${use}`, 32));
  return { cipher: derive("cipher"), nonce: derive("nonce") };
}
