// data.ts: verifies the logs in a folder, each by itself. The folder is not trusted: what it says of itself is compared with keys and
// checkpoints that the caller brings. Reads, never writes, and shares no code with what wrote the folder.

import { basename, join } from "node:path";
import type { NoteVerifier } from "@proofline/tlog";
import { conclude } from "./conclude.ts";
import { VerifyError } from "./errors.ts";
import { checkVkey, type Identity, identify, ownKeys } from "./identity.ts";
import { LogCheck } from "./log-check.ts";
import { findLogs, type LogFolder, listSegments, readNote, type Segment } from "./log-folder.ts";
import { Objects } from "./objects.ts";
import { Findings, type Report, reportWithoutLines, worstOf } from "./report.ts";
import { openSavedFiles } from "./saved-checkpoints.ts";
import { type Walked, walkSegments } from "./segment-walk.ts";
import { openLogCheckpoint, reportForks, type Signed } from "./signed.ts";
import { TileFolder } from "./tile-folder.ts";

/** How often the checkpoint is read again when it was replaced while its tiles were being read. */
const TRIES = 8;
/** A line's head alone, with the shortest of names, is longer. */
const LEAST_LINE_BYTES = 130;

export interface Progress {
  readonly log: string;
  readonly lines: number;
  /** Undefined when it is not known how many there are. */
  readonly totalLines: number | undefined;
  /** 0 to 1; undefined when it is not known. */
  readonly fraction: number | undefined;
}

export interface VerifyDataOptions {
  /** A data folder, or the folder of one log. */
  readonly data: string;
  /** Only the log of this name. */
  readonly log?: string;
  /** The keys that the caller trusts, for any of the logs. Without one for a log, its result is never "holds". */
  readonly keys: readonly NoteVerifier[];
  /** Files with checkpoints that the caller kept. */
  readonly checkpoint?: string | readonly string[];
  /** First seq, default 0. A part of a log is proven by its tiles, or not at all. */
  readonly from?: number;
  /** Last seq, inclusive. */
  readonly to?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Verifies every log in the folder, or the one that was asked for. Never throws for what it finds there: what cannot be read makes the
 * result "unknown". Memory does not grow with the log; time is that of reading it, on all processors.
 */
export async function verifyData(o: VerifyDataOptions): Promise<Report> {
  try {
    const found = await findLogs(o.data);
    const reports: Report[] = [];
    for (const folder of found) {
      const report = await verifyOrGiveUp(folder, o, found.length === 1);
      if (report !== undefined) reports.push(report);
    }
    const [first, ...rest] = reports;
    if (first !== undefined) return worstOf([first, ...rest]);
    const which = o.log === undefined ? "a log" : `a log named ${o.log}`;
    throw new VerifyError("NO_LOG", { message: found.length === 0 ? "no log" : "other logs", expected: which, where: o.data });
  } catch (error) {
    return couldNotRead(error, o.log ?? "", o.data);
  }
}

/** A log that cannot be read does not keep the others from being verified. */
async function verifyOrGiveUp(folder: LogFolder, o: VerifyDataOptions, isOnly: boolean): Promise<Report | undefined> {
  try {
    return await verifyFolder(folder, o, isOnly);
  } catch (error) {
    return couldNotRead(error, folder.name ?? o.log ?? "", folder.path);
  }
}

/** @returns undefined when it is not the log that was asked for */
async function verifyFolder(folder: LogFolder, o: VerifyDataOptions, isOnly: boolean): Promise<Report | undefined> {
  const { from = 0, to = Number.MAX_SAFE_INTEGER } = o;
  const opened = await openFolder(folder, o, isOnly);
  if (opened === undefined) return undefined;
  const { segments, others, identity, findings, signed, tiles } = opened;
  const saved = await openSavedFiles(o.checkpoint, { log: identity.log, keys: identity.pinned, findings });
  reportForks(signed === undefined ? saved : [...saved, signed], findings);
  const check = new LogCheck({
    log: identity.log,
    findings,
    signed,
    older: [],
    saved,
    from,
    to,
    tiles,
    endCode: "TRUNCATED",
    mostLines: Math.ceil(totalBytes(segments) / LEAST_LINE_BYTES),
    placeOf: (seq) => placeOf(seq, segments),
  });
  const objects = new Objects(folder.path, findings);
  const walked = await walkSegments({
    log: identity.log,
    segments,
    check,
    findings,
    from,
    to,
    onProgress: (lines, bytes) =>
      o.onProgress?.({ log: identity.log, lines, totalLines: signed?.size, fraction: fractionOf(bytes, segments) }),
    onReferences: () => drain(check, objects),
  });
  const notes = await checkVkey(folder.path, identity, findings);
  check.chain.finish();
  await drain(check, objects);
  reportNames(walked.misnamed, findings);
  return conclude({
    log: identity.log,
    source: folder.path,
    findings,
    check,
    signed,
    saved,
    pinned: identity.pinned,
    from,
    to,
    provesRange: (first, last) => tiles?.provesAll(first, last) ?? false,
    contradiction: (first, last) => tiles?.contradiction(first, last),
    notProven: () => [...tornText(walked.tornBytes, segments), ...(tiles?.misfitsText() ?? []), ...othersText(others), ...notes],
    signatures:
      identity.pinned.length === 0 ? 0 : [signed, ...saved].reduce((sum, checkpoint) => sum + (checkpoint?.keys.length ?? 0), 0),
    objects: objects.checked,
  });
}

interface Opened {
  readonly segments: readonly Segment[];
  readonly others: readonly string[];
  readonly identity: Identity;
  readonly findings: Findings;
  readonly signed: Signed | undefined;
  readonly tiles: TileFolder | undefined;
}

/**
 * The checkpoint, and the partial tiles that go with it. A receiver at work replaces both, and removes the old tiles: where tiles are
 * missing and the checkpoint is another by now, the new one is taken. Lines are only ever added, so a newer one is as good.
 * @returns undefined when it is not the log that was asked for
 */
async function openFolder(folder: LogFolder, o: VerifyDataOptions, isOnly: boolean): Promise<Opened | undefined> {
  const notePath = join(folder.path, "checkpoint");
  const isMeant = isOnly && folder.name === undefined;
  let note = await readNote(notePath);
  for (let left = TRIES; ; left--) {
    const findings = new Findings();
    // The checkpoint before the segments: a log that is being written grows while it is read, and must not seem to lack lines.
    const { segments, others } = await listSegments(folder.path);
    const identity = identify(folder, note, segments, o.keys, isMeant || folder.name === o.log ? o.log : undefined);
    if (o.log !== undefined && identity.log !== o.log) return undefined;
    const signed = await openOwn(folder.path, note, notePath, identity, findings);
    const tiles = signed === undefined || signed.size === 0 ? undefined : new TileFolder(folder.path, signed.size, signed.root);
    const opened = { segments, others, identity, findings, signed, tiles };
    if (tiles === undefined || tiles.hasEdge || left <= 1) return opened;
    const newer = await readNote(notePath);
    if (newer === undefined || note === undefined || newer.equals(note)) return opened;
    note = newer;
  }
}

/** A wrong name is worth saying where the lines themselves do not explain it: as one that lost its first line would. */
function reportNames(misnamed: Walked["misnamed"], findings: Findings): void {
  for (const { segment, firstSeq } of misnamed) {
    const [low, high] = segment.first < firstSeq ? [segment.first, firstSeq] : [firstSeq, segment.first];
    if (findings.some(({ seq }) => seq !== null && seq >= low && seq <= high)) continue;
    const found = `${basename(segment.path)}, and seq ${firstSeq} in its first line`;
    findings.add({
      code: "SEGMENT_NAME",
      seq: firstSeq,
      expected: "the name of a segment's first line",
      found,
      where: segment.path,
    });
  }
}

function placeOf(seq: number, segments: readonly Segment[]): string {
  const segment = segments.findLast(({ first }) => first <= seq);
  return segment === undefined ? `seq ${seq}` : `${segment.path}:${seq - segment.first + 1}`;
}

async function openOwn(
  folder: string,
  note: Buffer | undefined,
  where: string,
  identity: Identity,
  findings: Findings,
): Promise<Signed | undefined> {
  if (note === undefined) {
    findings.add({
      code: "CHECKPOINT_MISSING",
      seq: null,
      expected: "a signed checkpoint: no log is without one",
      found: "none",
      where,
    });
    return undefined;
  }
  const { log, pinned } = identity;
  const keys = pinned.length > 0 ? pinned : await ownKeys(folder, note);
  const signed = openLogCheckpoint(note, where, { log, keys, findings });
  return signed === undefined || pinned.length > 0 ? signed : { ...signed, keys: [] };
}

async function drain(check: LogCheck, objects: Objects): Promise<void> {
  const references = check.references;
  if (references.length === 0) return;
  check.references = [];
  for (const reference of references) await objects.check(reference);
}

function fractionOf(bytes: number, segments: readonly Segment[]): number {
  const total = totalBytes(segments);
  return total === 0 ? 1 : Math.min(1, bytes / total);
}

function totalBytes(segments: readonly Segment[]): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0);
}

function tornText(bytes: number, segments: readonly Segment[]): string[] {
  return bytes === 0
    ? []
    : [`an unfinished line of ${bytes} bytes at the end of ${segments.at(-1)?.path}: nobody was told that it is there`];
}

function othersText(others: readonly string[]): string[] {
  return others.length === 0 ? [] : [`files beside the segments, which were not read: ${others.slice(0, 10).join(", ")}`];
}

/** A report that says what kept the log from being read. */
export function couldNotRead(error: unknown, log: string, source: string): Report {
  const findings = new Findings();
  if (error instanceof VerifyError) {
    findings.add({ code: error.code, seq: null, expected: error.expected, found: error.message, where: error.where });
  } else if (error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === "string") {
    findings.add({
      code: "UNREADABLE",
      seq: null,
      expected: "a folder or file that can be read",
      found: error.message,
      where: source,
    });
  } else throw error;
  return reportWithoutLines({ log, source, findings });
}
