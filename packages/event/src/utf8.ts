// utf8.ts: bytes to text, strictly: ill-formed UTF-8 is refused, with its place; a byte order mark is a character like others.
import { LineError } from "./errors.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** @throws {LineError} NOT_UTF8 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    throw new LineError("NOT_UTF8", firstIllFormed(bytes), "ill-formed UTF-8");
  }
}

/** Where the first ill-formed sequence begins: there, what was decoded leniently differs from what came. */
function firstIllFormed(bytes: Uint8Array): number {
  const repaired = Buffer.from(lenient.decode(bytes));
  let offset = 0;
  while (offset < bytes.length && bytes[offset] === repaired[offset]) offset++;
  // A sequence that was cut short may share one or two bytes with the U+FFFD (EF BF BD) that stands for it.
  if (repaired[offset] === 0xbf && repaired[offset - 1] === 0xef) return offset - 1;
  if (repaired[offset] === 0xbd && repaired[offset - 1] === 0xbf && repaired[offset - 2] === 0xef) return offset - 2;
  return offset;
}
