// log-folder.ts: which logs lie below a folder, and which files of a log hold what. Reads names and small files, no lines.

import type { Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, normalize } from "node:path";
import { VerifyError } from "./errors.ts";
import { isCompressed, openSegment } from "./segment-bytes.ts";

const MAX_DEPTH = 6;
const OWN_FOLDERS: ReadonlySet<string> = new Set(["segments", "tile", "cursors", "objects"]);
const SEGMENT_NAME = /^([0-9]{20})\.jsonl(\.zst)?$/;
const MAX_NOTE_BYTES = 1_000_000;

export interface LogFolder {
  readonly path: string;
  /** Its place below the folder that was asked for, which is the log's name in a data folder; undefined when it is that folder itself. */
  readonly name: string | undefined;
}

/**
 * The logs in a folder, which may be a log's own. A log is a folder with segments or a checkpoint in it: a log whose segments were taken
 * away is still found. Links are not followed.
 * @throws {VerifyError} UNREADABLE
 */
export async function findLogs(data: string): Promise<LogFolder[]> {
  const found: LogFolder[] = [];
  const visit = async (path: string, name: string, depth: number): Promise<void> => {
    const entries = await list(path);
    const isLog = entries.some(
      (entry) => (entry.name === "segments" && entry.isDirectory()) || (entry.name === "checkpoint" && entry.isFile()),
    );
    if (isLog) found.push({ path, name: name === "" ? undefined : name });
    if (depth === MAX_DEPTH) return;
    for (const entry of entries) {
      if (!entry.isDirectory() || (isLog && OWN_FOLDERS.has(entry.name))) continue;
      await visit(join(path, entry.name), name === "" ? entry.name : `${name}/${entry.name}`, depth + 1);
    }
  };
  await visit(normalize(data), "", 0);
  return found;
}

export interface Segment {
  readonly path: string;
  /** By its name: the seq of its first line. */
  readonly first: number;
  /** Of its lines, whether they lie there as they are or compressed. */
  readonly bytes: number;
}

/** The segments in order, and the names of what is beside them. @throws {VerifyError} UNREADABLE */
export async function listSegments(folder: string): Promise<{ segments: Segment[]; others: string[] }> {
  const path = join(folder, "segments");
  const segments: Segment[] = [];
  const others: string[] = [];
  const names = (await list(path, true)).map(({ name }) => name);
  for (const name of names) {
    const first = Number(SEGMENT_NAME.exec(name)?.[1] ?? Number.NaN);
    // The plain form counts while it is there: the other one is not finished.
    const isOther = isCompressed(name) && names.includes(name.replace(/\.zst$/, ""));
    if (Number.isSafeInteger(first) && !isOther)
      segments.push({ path: join(path, name), first, bytes: lineBytes(join(path, name)) });
    else others.push(name);
  }
  return { segments: segments.toSorted((a, b) => a.first - b.first), others };
}

/** A small file's bytes; undefined when there is none. @throws {VerifyError} UNREADABLE */
export async function readNote(path: string): Promise<Buffer | undefined> {
  try {
    const { size } = await stat(path);
    // No note is so long: one byte more than fits is enough to be refused for it.
    if (size > MAX_NOTE_BYTES) return Buffer.alloc(MAX_NOTE_BYTES + 1);
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadable(path, error);
  }
}

async function list(path: string, mayBeMissing = false): Promise<Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (mayBeMissing && isMissing(error)) return [];
    throw unreadable(path, error);
  }
}

function lineBytes(path: string): number {
  try {
    const segment = openSegment(path);
    segment.close();
    return segment.bytes;
  } catch (error) {
    throw unreadable(path, error);
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

export function unreadable(path: string, error: unknown): VerifyError {
  const message = error instanceof Error ? error.message : String(error);
  return new VerifyError("UNREADABLE", { message, expected: "a folder or file that can be read", where: path, cause: error });
}
