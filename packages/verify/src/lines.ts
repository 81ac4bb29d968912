// lines.ts: verifies lines that a store gave back, in any order and perhaps more than once, against checkpoints that the caller has. The
// store is not trusted, nor is whatever brought the lines there.

import { createReadStream } from "node:fs";
import { join } from "node:path";
import { LineError, parseHead } from "@proofline/event";
import type { NoteVerifier } from "@proofline/tlog";
import { conclude } from "./conclude.ts";
import { couldNotRead, type Progress } from "./data.ts";
import { VerifyError } from "./errors.ts";
import { LineReader } from "./line-reader.ts";
import { readLines, type SourceLine, type Unused } from "./line-source.ts";
import { LogCheck } from "./log-check.ts";
import { findLogs, readNote, unreadable } from "./log-folder.ts";
import { plural } from "./numbers.ts";
import { Findings, type Report } from "./report.ts";
import { openSavedFiles } from "./saved-checkpoints.ts";
import { SeqMerge } from "./seq-merge.ts";
import { SeqSorter } from "./seq-sorter.ts";
import { openLogCheckpoint, originOf, reportForks, type Signed } from "./signed.ts";
import { TileFolder } from "./tile-folder.ts";

const PROGRESS_LINES = 5_000;

export interface VerifyLinesOptions {
  /** A file, or the bytes themselves. */
  readonly lines: string | AsyncIterable<Uint8Array>;
  /** The log's name; by default that of the one key, or of the first line. Lines of other logs are left out, and counted. */
  readonly log?: string;
  readonly keys: readonly NoteVerifier[];
  /** Files with checkpoints that the caller kept. The one with the most lines says how many there should be. */
  readonly checkpoint?: string | readonly string[];
  /** A data folder, or the log's: for its checkpoint and its tiles. Its lines are not read. */
  readonly data?: string;
  /** First seq, default 0. */
  readonly from?: number;
  /** Last seq, inclusive. */
  readonly to?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Verifies lines in any order. Memory is bounded: they are sorted in temporary files, which take as much disk as the lines. Never throws
 * for what the input holds: what cannot be read makes the result "unknown".
 */
export async function verifyLines(o: VerifyLinesOptions): Promise<Report> {
  const source = typeof o.lines === "string" ? o.lines : "standard input";
  try {
    return await verifyFrom(source, o);
  } catch (error) {
    return couldNotRead(error, o.log ?? "", source);
  }
}

async function verifyFrom(source: string, o: VerifyLinesOptions): Promise<Report> {
  const { from = 0, to = Number.MAX_SAFE_INTEGER } = o;
  const findings = new Findings();
  await using sorter = await SeqSorter.open();
  const sorted = await sort(source, sorter, o, findings);
  const { log } = sorted;
  const pinned = o.keys.filter(({ name }) => name === log);
  const own = await openData(o.data, { log, keys: pinned, findings });
  const saved = await openSavedFiles(o.checkpoint, { log, keys: pinned, findings });
  const all = [...(own === undefined ? [] : [own.signed]), ...saved];
  reportForks(all, findings);
  const signed = all.toSorted((a, b) => b.size - a.size)[0];
  // Tiles are those of their own checkpoint; under another one they prove nothing.
  const tiles = own !== undefined && own.signed === signed ? own.tiles : undefined;
  const check = new LogCheck({
    ...{ log, findings, signed, older: [], saved: all.filter((one) => one !== signed), from, to, tiles },
    ...{ endCode: "MISSING", mostLines: sorted.count, placeOf: (seq: number) => `${source}, seq ${seq}` },
  });
  const references = await feed(source, sorter, check, findings, from, to, o.onProgress);
  return conclude({
    ...{ log, source, findings, check, signed, saved, pinned, from, to },
    provesRange: (first, last) => tiles?.provesAll(first, last) ?? false,
    contradiction: (first, last) => tiles?.contradiction(first, last),
    notProven: () => [...sorted.notes, ...referencesText(references)],
    signatures: pinned.length === 0 ? 0 : all.reduce((sum, { keys }) => sum + keys.length, 0),
    objects: 0,
  });
}

interface Sorted {
  readonly log: string;
  readonly count: number;
  readonly notes: readonly string[];
}

async function sort(source: string, sorter: SeqSorter, o: VerifyLinesOptions, findings: Findings): Promise<Sorted> {
  const unused: Unused = { recordsWithoutLine: 0, strange: [], strangeCount: 0 };
  const names = [...new Set(o.keys.map(({ name }) => name))];
  let log = o.log ?? (names.length === 1 ? names[0] : undefined);
  let count = 0;
  let others = 0;
  for await (const line of readLines(openInput(o.lines), unused)) {
    const head = headOf(line);
    if (head === undefined) {
      findings.add({
        code: "UNPARSEABLE",
        seq: null,
        expected: "a line",
        found: "bytes from which not even a number can be read",
        where: `${source}:${line.inputLine}`,
      });
      continue;
    }
    log ??= names.length === 0 || names.includes(head.log) ? head.log : undefined;
    if (head.log !== log) others++;
    else {
      await sorter.add({ ...line, seq: head.seq });
      count++;
    }
  }
  for (const inputLine of unused.strange)
    findings.add({
      code: "UNPARSEABLE",
      seq: null,
      expected: "a line, or OpenTelemetry log records as JSON",
      found: "neither",
      where: `${source}:${inputLine}`,
    });
  const notes = [
    ...(others > 0 ? [`${plural(others, "line")} of other logs, which were left out`] : []),
    ...(unused.recordsWithoutLine > 0
      ? [`${plural(unused.recordsWithoutLine, "log record")} without proofline.line, which were left out`]
      : []),
  ];
  if (log === undefined)
    throw new VerifyError("NO_LOG", { message: "none that a key is for", expected: "lines of a log", where: source });
  return { log, count, notes };
}

function headOf({ bytes }: SourceLine): { log: string; seq: number } | undefined {
  try {
    return parseHead(bytes);
  } catch (error) {
    if (error instanceof LineError) return undefined;
    throw error;
  }
}

async function* openInput(lines: VerifyLinesOptions["lines"]): AsyncGenerator<Uint8Array> {
  if (typeof lines !== "string") return yield* lines;
  try {
    yield* createReadStream(lines, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreadable(lines, error);
  }
}

/** @returns how many values the lines refer to that are kept elsewhere */
async function feed(
  source: string,
  sorter: SeqSorter,
  check: LogCheck,
  findings: Findings,
  from: number,
  to: number,
  onProgress: VerifyLinesOptions["onProgress"],
): Promise<number> {
  const reader = new LineReader();
  let references = 0;
  const merge = new SeqMerge(from, {
    onLine: (line) => {
      check.addLine(line);
      references += check.references.length;
      check.references = [];
    },
    onConflict: (seq, kept, other) =>
      findings.add({
        code: "CONFLICTING",
        seq,
        expected: `hash ${kept.leaf}, at ${kept.where}`,
        found: `hash ${other.leaf}`,
        where: other.where,
      }),
  });
  for await (const { seq, bytes, inputLine } of sorter.sorted()) {
    if (seq < from || seq > to) continue;
    merge.add(reader.read(bytes, `${source}:${inputLine}`), bytes.length);
    if (check.lines % PROGRESS_LINES === 0)
      onProgress?.({ log: "", lines: check.lines, totalLines: check.provableSize || undefined, fraction: undefined });
  }
  merge.finish();
  return references;
}

async function openData(
  data: string | undefined,
  o: { log: string; keys: readonly NoteVerifier[]; findings: Findings },
): Promise<{ signed: Signed; tiles: TileFolder } | undefined> {
  if (data === undefined) return undefined;
  for (const { path, name } of await findLogs(data)) {
    const where = join(path, "checkpoint");
    const note = await readNote(where);
    if (note === undefined || (name !== o.log && originOf(note) !== o.log)) continue;
    const signed = openLogCheckpoint(note, where, o);
    return signed && { signed, tiles: new TileFolder(path, signed.size, signed.root) };
  }
  throw new VerifyError("NO_LOG", { message: "no such log", expected: `a log named ${o.log}`, where: data });
}

function referencesText(count: number): string[] {
  return count === 0 ? [] : [`${plural(count, "value")} that were moved out of their lines: these hold their hashes, not them`];
}
