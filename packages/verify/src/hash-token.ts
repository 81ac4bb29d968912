// hash-token.ts: base64 in a line, and hashes in it above all, checked on their bytes; see tokens.ts for the manner.

import { QUOTE, viewOf } from "./tokens.ts";

/** The six bits of each base64 character, 255 for any other. */
const BASE64 = new Uint8Array(256).fill(255);
const BASE64_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
for (let i = 0; i < BASE64_CHARS.length; i++) BASE64[BASE64_CHARS.charCodeAt(i)] = i;

/** Base64 in quotes, of any length: padded, no bits set after the end. */
export function skipBase64(b: Uint8Array, at: number): number {
  if (b[at] !== QUOTE) return -1;
  let p = at + 1;
  while (BASE64[b[p]!] !== 255) p++;
  const bits = BASE64[b[p - 1]!]!;
  let padding = 0;
  for (; b[p] === 0x3d && padding < 3; p++) padding++;
  if (b[p] !== QUOTE || (p - at - 1) % 4 !== 0 || padding > 2) return -1;
  if ((padding === 1 && (bits & 3) !== 0) || (padding === 2 && (bits & 15) !== 0)) return -1;
  return p + 1;
}

/** 32 bytes in base64, in quotes. */
export function skipHash(b: Uint8Array, at: number): number {
  return b[at + 45] === QUOTE && b[at + 44] === 0x3d && b[at + 43] !== 0x3d && skipBase64(b, at) === at + 46 ? at + 46 : -1;
}

/** Two characters for each twelve bits, the first one in the lower byte. */
const BASE64_PAIRS = Int32Array.from(
  { length: 4096 },
  (_, bits) => BASE64_CHARS.charCodeAt(bits >> 6) | (BASE64_CHARS.charCodeAt(bits & 63) << 8),
);

/** Words in the 44 characters that a hash has in base64. */
export const HASH_WORDS = 11;

/**
 * Puts a hash down twice: its 32 bytes into `bytes` from `at` on, and its base64 into `words`, four characters a word, as {@link wordAt} reads them.
 * @param binary the hash as a binary string
 */
export function spellHash(binary: string, bytes: Uint8Array, at: number, words: Int32Array): void {
  for (let i = 0, word = 0; word < HASH_WORDS - 1; i += 3, word++) {
    const first = binary.charCodeAt(i);
    const second = binary.charCodeAt(i + 1);
    const third = binary.charCodeAt(i + 2);
    bytes[at + i] = first;
    bytes[at + i + 1] = second;
    bytes[at + i + 2] = third;
    words[word] = BASE64_PAIRS[(first << 4) | (second >> 4)]! | (BASE64_PAIRS[((second & 15) << 8) | third]! << 16);
  }
  const first = binary.charCodeAt(30);
  const second = binary.charCodeAt(31);
  bytes[at + 30] = first;
  bytes[at + 31] = second;
  // Two bytes are left: three characters, and one of padding.
  words[HASH_WORDS - 1] =
    BASE64_PAIRS[(first << 4) | (second >> 4)]! | ((BASE64_PAIRS[(second & 15) << 8]! & 0xff) << 16) | (0x3d << 24);
}

/** Whether the 44 characters at `at` are the hash that {@link spellHash} put into `words`. */
export function isHashAt(b: Uint8Array, at: number, words: Int32Array): boolean {
  if (at + 4 * HASH_WORDS > b.length) return false;
  const view = viewOf(b);
  for (let i = 0; i < HASH_WORDS; i++) if (view.getInt32(at + 4 * i, true) !== words[i]) return false;
  return true;
}
