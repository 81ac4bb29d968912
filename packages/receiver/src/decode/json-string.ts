// json-string.ts: undoes the escapes of a JSON string, in bytes and in one piece: a string of nothing but escapes must not become
// millions of small strings. The string was checked by json-syntax.ts.

import { isUtf8 } from "node:buffer";

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
/** Of \b, \f, \n, \r and \t. */
const SHORT: ReadonlyMap<number, number> = new Map([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
]);

/**
 * The string in bytes `start` to `end`, without its quotes.
 * @param onReplaced called when lone surrogates or what is not UTF-8 became U+FFFD
 */
export function unescapeString(bytes: Uint8Array, start: number, end: number, onReplaced: () => void): string {
  // No escape is shorter than what it stands for.
  const out = Buffer.allocUnsafe(end - start);
  let to = 0;
  let illFormed = false;
  for (let at = start; at < end; ) {
    const byte = bytes[at++]!;
    if (byte !== BACKSLASH) {
      out[to++] = byte;
      continue;
    }
    const letter = bytes[at++]!;
    if (letter !== LETTER_U) {
      out[to++] = SHORT.get(letter) ?? letter;
      continue;
    }
    let code = unit(bytes, at);
    at += 4;
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = code <= 0xdbff && bytes[at] === BACKSLASH && bytes[at + 1] === LETTER_U ? unit(bytes, at + 2) : 0;
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        at += 6;
      } else {
        code = 0xfffd;
        illFormed = true;
      }
    }
    to = writeUtf8(out, to, code);
  }
  const written = out.subarray(0, to);
  if (illFormed || !isUtf8(written)) onReplaced();
  return written.toString("utf8");
}

function unit(bytes: Uint8Array, at: number): number {
  return Number.parseInt(String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!), 16);
}

function writeUtf8(out: Uint8Array, at: number, code: number): number {
  if (code < 0x80) {
    out[at] = code;
    return at + 1;
  }
  const tail = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  out[at] = ((0xff00 >> (tail + 1)) & 0xff) | (code >> (6 * tail));
  for (let i = 1; i <= tail; i++) out[at + i] = 0x80 | ((code >> (6 * (tail - i))) & 0x3f);
  return at + tail + 1;
}
