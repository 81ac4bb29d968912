// writer.ts: writes a small log by the letter of the format, for verify to read. Shares nothing with the ledger but the format.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { emptyRecord, formatLine, type LogRecord } from "@proofline/event";
import {
  type Hash,
  hashToBase64,
  leafHash,
  type NoteSigner,
  nodeHash,
  rootOf,
  signCheckpoint,
  tileBytes,
  tilePath,
  tilesFor,
} from "@proofline/tlog";

export const NAME = "log.example/a";
export const START = 1_790_000_000_000_000_000n;

/** Changes what the record of a seq says. */
export type Fill = (record: LogRecord, seq: number) => void;

export function fillPlain(record: LogRecord, seq: number): void {
  record.id = `01JD${String(seq).padStart(6, "0")}`;
  record.event = "invoice.approved";
  record.attributes = new Map<string, string | number>([
    ["audit.actor.id", `ann ${seq}`],
    ["n", seq],
  ]);
  record.producer = { stream: "p-1", number: seq + 1 };
}

/** Lines, each linked to the one before. @param prev leaf hash of the line before the first */
export function makeLines(count: number, o: { fill?: Fill; log?: string; first?: number; prev?: Hash } = {}): string[] {
  const lines: string[] = [];
  let prev = o.prev ?? rootOf([]);
  for (let seq = o.first ?? 0; lines.length < count; seq++) {
    const record = emptyRecord();
    fillPlain(record, seq);
    o.fill?.(record, seq);
    const line = formatLine({
      ...record,
      log: o.log ?? NAME,
      seq,
      prev: hashToBase64(prev),
      received: START + BigInt(seq) * 1_000_000n,
    });
    lines.push(line);
    prev = leafHash(Buffer.from(line));
  }
  return lines;
}

export function leavesOf(lines: readonly string[]): Hash[] {
  return lines.map((line) => leafHash(Buffer.from(line)));
}

export function checkpointOf(lines: readonly string[], signer: NoteSigner, origin: string = NAME): string {
  return signCheckpoint({ origin, size: lines.length, root: rootOf(leavesOf(lines)) }, [signer]);
}

export interface Folder {
  readonly data: string;
  readonly log?: string;
  readonly lines: readonly string[];
  readonly signer: NoteSigner;
  readonly segmentLines?: number;
  /** Lines that the checkpoint covers; all by default. */
  readonly signed?: number;
  readonly tiles?: boolean;
}

/** Writes a log folder. @returns its path */
export async function writeLog(o: Folder): Promise<string> {
  const folder = join(o.data, o.log ?? NAME);
  const step = o.segmentLines ?? Math.max(1, o.lines.length);
  await mkdir(join(folder, "segments"), { recursive: true });
  for (let first = 0; first < o.lines.length; first += step) {
    const text = o.lines
      .slice(first, first + step)
      .map((line) => `${line}\n`)
      .join("");
    await writeFile(segmentPath(folder, first), text);
  }
  const signed = o.lines.slice(0, o.signed ?? o.lines.length);
  await writeFile(join(folder, "checkpoint"), checkpointOf(signed, o.signer, o.log));
  await writeFile(join(folder, "vkey"), `${o.signer.vkey}\n`);
  if (o.tiles === true) await writeTiles(folder, signed);
  return folder;
}

export function segmentPath(folder: string, first: number): string {
  return join(folder, "segments", `${String(first).padStart(20, "0")}.jsonl`);
}

export async function writeTiles(folder: string, lines: readonly string[]): Promise<void> {
  const levels = [leavesOf(lines)];
  for (let below = levels[0]!; below.length > 1; below = levels.at(-1)!) {
    levels.push(Array.from({ length: Math.floor(below.length / 2) }, (_, i) => nodeHash(below[2 * i]!, below[2 * i + 1]!)));
  }
  for (const tile of tilesFor(0, lines.length)) {
    const path = join(folder, tilePath(tile));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(
      path,
      tileBytes(tile, (level, index) => levels[level]![index]!),
    );
  }
}
