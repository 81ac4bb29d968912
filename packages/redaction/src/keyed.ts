// keyed.ts: pseudonyms and digests under the site's key. Never an unkeyed hash: without a key there is no token and no
// digest, and the caller masks. HMAC-SHA256 as in RFC 2104, spelled out with one-shot hashes.

import { createHmac, hash } from "node:crypto";
import { PolicyError } from "./errors.ts";

const BLOCK = 64;
const SCRATCH = 1024;

/** Holds the key. Not safe to share between threads; everything here is synchronous. */
export class Keyed {
  readonly #key: Uint8Array;
  readonly #inner: Buffer;
  readonly #outer: Buffer;

  /** Throws {@link PolicyError} `BAD_KEY` for a key of fewer than 32 bytes. */
  constructor(key: Uint8Array) {
    if (key.length < 32 || key.length > BLOCK) {
      throw new PolicyError("BAD_KEY", [{ path: "key", value: `${key.length} bytes`, expected: "32 to 64 random bytes" }]);
    }
    this.#key = Uint8Array.from(key);
    // Own memory, not Buffer's shared pool: the pads are as good as the key.
    this.#inner = Buffer.alloc(BLOCK + SCRATCH, 0x36);
    this.#outer = Buffer.alloc(BLOCK + 32, 0x5c);
    for (let index = 0; index < key.length; index++) {
      this.#inner[index]! ^= key[index]!;
      this.#outer[index]! ^= key[index]!;
    }
  }

  /** `tok_` and 22 characters: the same for the same kind and value, in every field and process with this key. */
  token(kind: string, value: string): string {
    return `tok_${this.#hmac(`proofline.token.v1\0${kind}\0${value}`)}`;
  }

  /** `hmac-sha256:<base64url>:<length of the value in bytes>`. */
  digest(value: string | Uint8Array): string {
    const bytes = typeof value === "string" ? Buffer.byteLength(value) : value.length;
    const hmac = createHmac("sha256", this.#key).update("proofline.digest.v1\0").update(value);
    return `hmac-sha256:${hmac.digest("base64url")}:${bytes}`;
  }

  // The first 16 bytes, in base64url.
  #hmac(message: string): string {
    if (message.length * 3 > SCRATCH) return first16(createHmac("sha256", this.#key).update(message).digest("binary"));
    const length = this.#inner.write(message, BLOCK, "utf8");
    // Digests as one-byte strings: half the time of a Buffer for each.
    this.#outer.write(hash("sha256", this.#inner.subarray(0, BLOCK + length), "binary"), BLOCK, "binary");
    return first16(hash("sha256", this.#outer, "binary"));
  }
}

function first16(digest: string): string {
  return Buffer.from(digest.slice(0, 16), "binary").toString("base64url");
}
