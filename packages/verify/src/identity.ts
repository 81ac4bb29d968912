// identity.ts: which log a folder holds, and which of the given keys are for it. A name is what a folder says of itself; only a key that
// the caller gave makes it more than that.

import { join } from "node:path";
import { keyLabel, type NoteVerifier, parseNote, TlogError, verifierFromVkey } from "@proofline/tlog";
import { linesOf, loadRange, rangeBuffer, rangesOf, slicesOf } from "./file-range.ts";
import { LineReader } from "./line-reader.ts";
import { type LogFolder, readNote, type Segment } from "./log-folder.ts";
import type { Findings } from "./report.ts";
import { openSegment } from "./segment-bytes.ts";
import { originOf } from "./signed.ts";

export interface Identity {
  readonly log: string;
  /** The given keys of that name. */
  readonly pinned: readonly NoteVerifier[];
}

/** @param wanted the name that the caller asked for */
export function identify(
  folder: LogFolder,
  note: Buffer | undefined,
  segments: readonly Segment[],
  keys: readonly NoteVerifier[],
  wanted: string | undefined,
): Identity {
  // A key's name is the log's. The folder's place, its checkpoint and its lines should all bear it; a forger may have changed any.
  const claims = [wanted, folder.name, note === undefined ? undefined : originOf(note), firstLog(segments)];
  const known = wanted ?? claims.find((claim) => keys.some(({ name }) => name === claim));
  const log = known ?? claims.slice(2).find((claim) => claim !== undefined) ?? folder.name ?? "";
  return { log, pinned: keys.filter(({ name }) => name === log) };
}

/** The name that the first lines bear. */
function firstLog(segments: readonly Segment[]): string | undefined {
  const reader = new LineReader();
  for (const { path, bytes } of segments) {
    const segment = openSegment(path);
    try {
      const [range] = rangesOf(path, bytes);
      const slice = range === undefined ? undefined : [...slicesOf(range)][0];
      if (slice === undefined) continue;
      for (const line of linesOf(loadRange(segment, slice, rangeBuffer(bytes)))) {
        const { head } = reader.read(line, path);
        if (head !== undefined) return head.log;
      }
    } finally {
      segment.close();
    }
  }
  return undefined;
}

/**
 * Looks at the folder's own copy of the key. It is never believed; but when it is not the key that the caller has, somebody put it there.
 * @returns what a reader should know
 */
export async function checkVkey(folder: string, { log, pinned }: Identity, findings: Findings): Promise<string[]> {
  const path = join(folder, "vkey");
  const bytes = await readNote(path);
  if (pinned.length === 0) return [];
  if (bytes === undefined) return ["the folder has no copy of the log's key (vkey); it was not needed"];
  const found = bytes.toString("utf8").replace(/\n$/, "");
  if (!pinned.some(({ vkey }) => vkey === found)) {
    findings.add({
      code: "WRONG_VKEY",
      seq: null,
      expected: pinned.map(({ vkey }) => vkey).join(" or "),
      found: found.slice(0, 300),
      where: path,
    });
  }
  return log === "" ? ["the log has no name"] : [];
}

/** With no key given: the folder's own copy, to see at least whether the folder agrees with itself. */
export async function ownKeys(folder: string, note: Buffer | undefined): Promise<NoteVerifier[]> {
  try {
    const bytes = await readNote(join(folder, "vkey"));
    if (bytes === undefined || note === undefined) return [];
    const verifier = verifierFromVkey(bytes.toString("utf8").replace(/\n$/, ""));
    const isSigner = parseNote(note).signatures.some((signature) => keyLabel(signature) === keyLabel(verifier));
    return isSigner ? [verifier] : [];
  } catch (error) {
    if (error instanceof TlogError) return [];
    throw error;
  }
}
