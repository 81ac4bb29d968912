// last-line.ts: the last whole line of a segment, read from its end. Compressed ones are sealed, and never the newest.

import { open } from "node:fs/promises";
import { MAX_LINE_BYTES } from "@proofline/event";

const NEWLINE = 0x0a;

/** Without its newline; undefined when there is none. What follows the last newline is a write under way, or torn. */
export async function lastLine(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, 2 * (MAX_LINE_BYTES + 1)));
    await file.read(bytes, 0, bytes.length, size - bytes.length);
    const end = bytes.lastIndexOf(NEWLINE);
    if (end < 0) return undefined;
    return bytes.subarray(end === 0 ? 0 : bytes.lastIndexOf(NEWLINE, end - 1) + 1, end);
  } finally {
    await file.close();
  }
}
