// receipt-sources.ts: where the line of a receipt can be looked up: a log's folder, a log that is served, a copy in Loki. What they have in
// common is the question: the line of that number, and the hash that the signed tree has for it.

import { join } from "node:path";
import { LineError, parseHead } from "@proofline/event";
import { type Hash, type NoteVerifier, TILE_WIDTH } from "@proofline/tlog";
import { parseEntryBundle } from "./entry-bundle.ts";
import { VerifyError } from "./errors.ts";
import { linesOf, loadRange, rangeBuffer, rangesOf, slicesOf } from "./file-range.ts";
import { LogClient, type LogClientOptions } from "./log-client.ts";
import { findLogs, listSegments, readNote } from "./log-folder.ts";
import { LokiClient, type LokiClientOptions } from "./loki-client.ts";
import type { Findings } from "./report.ts";
import { openSegment } from "./segment-bytes.ts";
import { openLogCheckpoint, originOf, type Signed } from "./signed.ts";
import { TileFolder } from "./tile-folder.ts";
import { TileMirror } from "./tile-mirror.ts";

export interface ReceiptSource extends AsyncDisposable {
  readonly where: string;
  /** Undefined where the source has none, or none that can be relied on. */
  readonly signed: Signed | undefined;
  /** The lines of these numbers; those that are not there are left out. @throws {VerifyError} */
  lines(seqs: readonly number[]): AsyncIterable<{ readonly seq: number; readonly line: Uint8Array }>;
  /** The leaf hash that the signed tree has at `seq`; why there is none otherwise. */
  leaf(seq: number): Promise<Hash | "wrong" | "unusable">;
}

export interface SourceOptions {
  readonly log: string;
  readonly keys: readonly NoteVerifier[];
  readonly findings: Findings;
}

/** @throws {VerifyError} NO_LOG, UNREADABLE */
export async function openFolderSource(data: string, o: SourceOptions): Promise<ReceiptSource> {
  for (const { path, name } of await findLogs(data)) {
    const where = join(path, "checkpoint");
    const note = await readNote(where);
    if (name !== o.log && (note === undefined || originOf(note) !== o.log)) continue;
    const signed = note && openLogCheckpoint(note, where, o);
    const tiles = signed && new TileFolder(path, signed.size, signed.root);
    return {
      ...{ where: path, signed },
      lines: (seqs) => folderLines(path, seqs),
      leaf: async (seq) => tiles?.subtree(0, seq) ?? "unusable",
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  throw new VerifyError("NO_LOG", { message: "no such log", expected: `a log named ${o.log}`, where: data });
}

/** Reads each segment that is concerned once. */
async function* folderLines(folder: string, seqs: readonly number[]): AsyncGenerator<{ seq: number; line: Uint8Array }> {
  const { segments } = await listSegments(folder);
  for (const [i, { path, first, bytes }] of segments.entries()) {
    const wanted = new Set(seqs.filter((seq) => seq >= first && seq < (segments[i + 1]?.first ?? Number.POSITIVE_INFINITY)));
    if (wanted.size === 0) continue;
    const segment = openSegment(path);
    try {
      const buffer = rangeBuffer(bytes);
      let seq = first;
      for (const range of rangesOf(path, bytes))
        for (const slice of slicesOf(range))
          for (const line of linesOf(loadRange(segment, slice, buffer))) {
            if (wanted.has(seq)) yield { seq, line };
            seq++;
          }
    } finally {
      segment.close();
    }
  }
}

/** @throws {VerifyError} UNREACHABLE, BAD_ANSWER, NO_LOG */
export async function openUrlSource(options: LogClientOptions, o: SourceOptions): Promise<ReceiptSource> {
  const client = new LogClient(options);
  const signed = openLogCheckpoint(await client.checkpoint(), `${client.url}/checkpoint`, o);
  const mirror = signed && (await TileMirror.open(client, signed.size, o.findings));
  await mirror?.fetchEdge();
  const tiles = signed && mirror && new TileFolder(mirror.folder, signed.size, signed.root);
  return {
    ...{ where: client.url, signed },
    lines: (seqs) => servedLines(client, signed?.size ?? 0, seqs),
    leaf: async (seq) => {
      await mirror?.fetchPath(0, Math.floor(seq / TILE_WIDTH));
      return tiles?.subtree(0, seq) ?? "unusable";
    },
    [Symbol.asyncDispose]: async () => mirror?.[Symbol.asyncDispose](),
  };
}

async function* servedLines(
  client: LogClient,
  size: number,
  seqs: readonly number[],
): AsyncGenerator<{ seq: number; line: Uint8Array }> {
  const bundles = Map.groupBy(
    seqs.filter((seq) => seq < size),
    (seq) => Math.floor(seq / TILE_WIDTH),
  );
  for (const [index, wanted] of bundles) {
    const answer = await client.bundle(index, Math.min(TILE_WIDTH, size - index * TILE_WIDTH));
    const entries = answer === undefined ? [] : parseEntryBundle(answer.bytes, answer.width).entries;
    for (const seq of wanted) {
      const line = entries[seq % TILE_WIDTH];
      if (line !== undefined) yield { seq, line };
    }
  }
}

const DAY_NS = 24n * 3_600_000_000_000n;

export interface LokiSourceOptions extends LokiClientOptions {
  readonly sinceDays?: number | undefined;
  /** Unix nanoseconds. */
  readonly now?: (() => bigint) | undefined;
}

/** Loki has no tiles: a line can be compared there, not proven. @throws {VerifyError} UNREACHABLE */
export async function openLokiSource(options: LokiSourceOptions, { log }: SourceOptions): Promise<ReceiptSource> {
  const client = new LokiClient(options);
  const now = options.now?.() ?? BigInt(Date.now()) * 1_000_000n;
  const start = now - BigInt(options.sinceDays ?? 400) * DAY_NS;
  return {
    ...{ where: client.url, signed: undefined },
    lines: (seqs) => lokiLines(client, log, seqs, start, now + DAY_NS),
    leaf: async () => "unusable",
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Loki looks for the number as it stands in the line's head; a body may hold the same text, so each answer's head is read. */
async function* lokiLines(
  client: LokiClient,
  log: string,
  seqs: readonly number[],
  startNs: bigint,
  endNs: bigint,
): AsyncGenerator<{ seq: number; line: Uint8Array }> {
  const selector = `{log=${JSON.stringify(log)}, type="line"}`;
  for (const seq of seqs) {
    for await (const { line } of client.entries(selector, startNs, endNs, ` |= ${JSON.stringify(`"seq":${seq},`)}`)) {
      const bytes = Buffer.from(line);
      if (seqOf(bytes) !== seq) continue;
      yield { seq, line: bytes };
      break;
    }
  }
}

function seqOf(line: Uint8Array): number | undefined {
  try {
    return parseHead(line).seq;
  } catch (error) {
    if (error instanceof LineError) return undefined;
    throw error;
  }
}
