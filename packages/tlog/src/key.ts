// key.ts: who signs notes, and how a key is written down. Ed25519 through node:crypto; knows neither notes nor files.
// Source: c2sp.org/signed-note; the private form is the one of golang.org/x/mod/sumdb/note.

import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, hash as digest, type KeyObject, randomBytes, sign, verify } from "node:crypto";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { findControl } from "./control.ts";
import { TlogError, type TlogErrorCode } from "./errors.ts";

export interface NoteSigner {
  readonly name: string;
  readonly keyId: number;
  /** The public key, as {@link verifierFromVkey} reads it. */
  readonly vkey: string;
  sign(text: Uint8Array): Uint8Array;
}

export interface NoteVerifier {
  readonly name: string;
  /** First four bytes of SHA-256(name || 0x0a || type || public key), big-endian. A hint, not a proof of identity. */
  readonly keyId: number;
  readonly vkey: string;
  verify(text: Uint8Array, signature: Uint8Array): boolean;
}

const ED25519 = 0x01;
const KEY_BYTES = 32;
const SKEY_PREFIX = "PRIVATE+KEY+";
// RFC 8410: what stands before the 32 key bytes in an Ed25519 SubjectPublicKeyInfo, and before the seed in a PKCS #8 key.
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
// Not `\s`, which has U+FEFF, no white space to Unicode, and lacks U+0085, which is.
const NOT_IN_A_NAME = /[\p{White_Space}+]/u;

/**
 * A new key, or the one of a given seed.
 * @param seed 32 bytes; random ones by default
 * @throws {TlogError} BAD_KEY_NAME, BAD_SEED
 */
export function generateSigner(
  name: string,
  seed: Uint8Array = randomBytes(KEY_BYTES),
): { signer: NoteSigner; skey: string; vkey: string } {
  const signer = makeSigner(name, seed);
  const skey = `${SKEY_PREFIX}${name}+${formatKeyId(signer.keyId)}+${encodeBase64(Buffer.from([ED25519, ...seed]))}`;
  return { signer, skey, vkey: signer.vkey };
}

/**
 * @param skey `PRIVATE+KEY+name+id+base64(0x01 || seed)`, without a newline. It is never part of an error's message.
 * @throws {TlogError} BAD_SKEY, BAD_KEY_NAME, BAD_BASE64, UNKNOWN_ALGORITHM, BAD_KEY_LENGTH, KEY_ID_MISMATCH
 */
export function signerFromSkey(skey: string): NoteSigner {
  if (!skey.startsWith(SKEY_PREFIX)) throw new TlogError("BAD_SKEY", `a private key begins with ${SKEY_PREFIX}`);
  const { name, keyId, key } = parseKey(skey.slice(SKEY_PREFIX.length), "BAD_SKEY");
  const signer = makeSigner(name, key);
  if (signer.keyId !== keyId) throw idMismatch(name, keyId, signer.keyId);
  return signer;
}

/**
 * @param vkey `name+id+base64(0x01 || public key)`, without a newline
 * @throws {TlogError} BAD_VKEY, BAD_KEY_NAME, BAD_BASE64, UNKNOWN_ALGORITHM, BAD_KEY_LENGTH, KEY_ID_MISMATCH
 */
export function verifierFromVkey(vkey: string): NoteVerifier {
  const { name, keyId, key } = parseKey(vkey, "BAD_VKEY");
  const computed = computeKeyId(name, key);
  if (computed !== keyId) throw idMismatch(name, keyId, computed);
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, key]), format: "der", type: "spki" });
  return { name, keyId, vkey, verify: (text, signature) => verify(null, text, publicKey, signature) };
}

/** Eight lower-case hex digits. */
export function formatKeyId(keyId: number): string {
  return keyId.toString(16).padStart(8, "0");
}

/** @throws {TlogError} BAD_KEY_NAME when it is empty, ill-formed, or has white space, a control character or a plus sign */
export function checkKeyName(name: string): string {
  if (!isKeyName(name)) throw new TlogError("BAD_KEY_NAME", `not a key's name: ${JSON.stringify(name.slice(0, 100))}`);
  return name;
}

export function isKeyName(name: string): boolean {
  return name !== "" && name.isWellFormed() && findControl(name) < 0 && !NOT_IN_A_NAME.test(name);
}

function makeSigner(name: string, seed: Uint8Array): NoteSigner {
  checkKeyName(name);
  if (seed.length !== KEY_BYTES) throw new TlogError("BAD_SEED", `a seed has ${KEY_BYTES} bytes, not ${seed.length}`);
  const privateKey: KeyObject = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(SPKI_PREFIX.length);
  const keyId = computeKeyId(name, publicKey);
  const vkey = `${name}+${formatKeyId(keyId)}+${encodeBase64(Buffer.from([ED25519, ...publicKey]))}`;
  return { name, keyId, vkey, sign: (text) => sign(null, text, privateKey) };
}

function parseKey(text: string, code: TlogErrorCode): { name: string; keyId: number; key: Uint8Array } {
  // Base64 may hold plus signs too, a name may not: the first two separate.
  const match = /^([^+]*)\+([0-9a-f]{8})\+([^\n]*)$/.exec(text);
  if (match === null) throw new TlogError(code, "a key is name+id+base64, the id in eight lower-case hex digits");
  const [, name = "", id = "", encoded = ""] = match;
  checkKeyName(name);
  const bytes = decodeSecretly(encoded);
  if (bytes[0] !== ED25519)
    throw new TlogError("UNKNOWN_ALGORITHM", `key ${name}: type ${bytes[0] ?? "missing"} is not Ed25519 (1)`);
  if (bytes.length !== 1 + KEY_BYTES)
    throw new TlogError("BAD_KEY_LENGTH", `key ${name}: ${bytes.length - 1} bytes, not ${KEY_BYTES}`);
  return { name, keyId: Number.parseInt(id, 16), key: bytes.subarray(1) };
}

// The text may be a private key: the error must not quote it.
function decodeSecretly(encoded: string): Uint8Array {
  try {
    return decodeBase64(encoded);
  } catch {
    throw new TlogError("BAD_BASE64", "the key's third part is not padded standard base64");
  }
}

function computeKeyId(name: string, publicKey: Uint8Array): number {
  const input = Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ED25519]), publicKey]);
  return Number.parseInt(digest("sha256", input, "hex").slice(0, 8), 16);
}

function idMismatch(name: string, found: number, expected: number): TlogError {
  return new TlogError("KEY_ID_MISMATCH", `key ${name}: its id should be ${formatKeyId(expected)}, not ${formatKeyId(found)}`);
}
