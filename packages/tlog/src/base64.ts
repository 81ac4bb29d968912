// base64.ts: strict base64, standard alphabet, padded. Buffer.from alone accepts the URL alphabet, white space and missing
// padding, so one value would have many spellings, and a changed byte might decode to the same signature.

import { Buffer } from "node:buffer";
import { TlogError } from "./errors.ts";

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** @throws {TlogError} BAD_BASE64 unless `text` is exactly what {@link encodeBase64} writes for some bytes. */
export function decodeBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) {
    throw new TlogError("BAD_BASE64", `not padded standard base64: ${JSON.stringify(text.slice(0, 100))}`);
  }
  // A copy out of Buffer's pool: the result does not keep 8 KiB alive, and is a plain Uint8Array to every reader.
  return new Uint8Array(bytes);
}
