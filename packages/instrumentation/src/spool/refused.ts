// refused.ts: where a record ends that the receiver will never take: a file beside the spools, with the reason and its bytes.
// Nothing is thrown away; a person decides.

import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";

export interface Refusal {
  readonly stream: string;
  readonly number: number;
  /** HTTP status, 200 for a partial success. */
  readonly status: number;
  readonly reason: string;
  readonly body: Uint8Array;
}

/**
 * Appends one JSON line to `<root>/refused/<stream>.jsonl` and syncs it. If we stop here: the record is not acknowledged yet, is
 * sent and refused again, and stands there twice.
 */
export async function park(root: string, refusal: Refusal, nowMs: number): Promise<string> {
  const folder = join(root, "refused");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${refusal.stream}.jsonl`);
  const { stream, number, status, reason, body } = refusal;
  const request = Buffer.from(body).toString("base64");
  const line = { time: new Date(nowMs).toISOString(), stream, number, status, reason, request };
  const file = await open(path, "a", 0o600);
  try {
    await file.write(`${JSON.stringify(line)}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
  return path;
}
