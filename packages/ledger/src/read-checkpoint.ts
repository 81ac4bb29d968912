// read-checkpoint.ts: a log's own checkpoint, held against the key that the log was created with. Knows no lines.

import { Buffer } from "node:buffer";
import { type OpenedCheckpoint, openCheckpoint, TlogError, verifierFromVkey } from "@proofline/tlog";
import type { Disk } from "./disk.ts";
import type { Layout } from "./layout.ts";
import { checkpointMissing, checkpointRefused, noSuchLog, wrongKey } from "./refusals.ts";
import { listSegments } from "./segments.ts";

/** @throws {LedgerError} NO_SUCH_LOG, CORRUPT when there are lines without a checkpoint */
export async function refuseMissing(disk: Disk, layout: Layout): Promise<void> {
  if ((await disk.readFile(layout.checkpoint)) !== undefined) return;
  throw (await listSegments(disk, layout)).length > 0 ? checkpointMissing(layout) : noSuchLog(layout);
}

/** @throws {LedgerError} WRONG_KEY, CORRUPT */
export async function readCheckpoint(
  disk: Disk,
  layout: Layout,
  key: { readonly vkey: string },
): Promise<{ note: string; checkpoint: OpenedCheckpoint }> {
  const vkey = (await readText(disk, layout.vkey))?.trimEnd();
  if (vkey !== key.vkey) throw wrongKey(layout, vkey ?? "no such file", key.vkey);
  const note = await readText(disk, layout.checkpoint);
  if (note === undefined) throw checkpointMissing(layout);
  let checkpoint: OpenedCheckpoint;
  try {
    checkpoint = openCheckpoint(note, [verifierFromVkey(key.vkey)]);
  } catch (error) {
    if (error instanceof TlogError) throw checkpointRefused(layout, `${error.code}: ${error.message}`);
    throw error;
  }
  if (checkpoint.origin !== layout.log) throw checkpointRefused(layout, `it is one of ${checkpoint.origin}`);
  return { note, checkpoint };
}

async function readText(disk: Disk, path: string): Promise<string | undefined> {
  const bytes = await disk.readFile(path);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
}
