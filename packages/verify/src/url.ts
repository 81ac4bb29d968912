// url.ts: verifies a log that is served over HTTP as a C2SP tlog-tiles log: its lines, hashes, tiles and signed checkpoint, and that it only
// grew since it was last looked at. The server is not trusted, and neither hangs this nor fills its memory.

import type { NoteVerifier } from "@proofline/tlog";
import { hashToBase64, TILE_WIDTH } from "@proofline/tlog";
import { BundleFeed } from "./bundle-feed.ts";
import { conclude } from "./conclude.ts";
import { couldNotRead, type Progress } from "./data.ts";
import { parseEntryBundle } from "./entry-bundle.ts";
import { VerifyError } from "./errors.ts";
import { checkGrowth } from "./growth.ts";
import { LogCheck } from "./log-check.ts";
import { LogClient, type LogClientOptions } from "./log-client.ts";
import { plural } from "./numbers.ts";
import { Remembered } from "./remembered.ts";
import { Findings, type Report, reportWithoutLines } from "./report.ts";
import { openSavedFiles } from "./saved-checkpoints.ts";
import { openLogCheckpoint, openSavedCheckpoint, originOf, type Signed } from "./signed.ts";
import { TileFolder } from "./tile-folder.ts";
import { TileMirror } from "./tile-mirror.ts";

/** How often the checkpoint is fetched again when it was replaced while its tiles were being fetched. */
const TRIES = 8;
/** Bundles under way: at 16 MB the largest, what is in memory at a time. */
const AHEAD = 4;

export interface VerifyUrlOptions extends LogClientOptions {
  /** The log's name; by default that of the checkpoint, for which there must be a key. */
  readonly log?: string;
  /** Without one for the log, nothing but its checkpoint is read, and the result is "unknown". */
  readonly keys: readonly NoteVerifier[];
  /** Files with checkpoints that the caller kept. */
  readonly checkpoint?: string | readonly string[];
  /** The folder in which the last checkpoint that was seen is kept; without one nothing is remembered. */
  readonly state?: string;
  /** Reads only the lines that came since the remembered checkpoint; those before were read when it was remembered, or are taken on trust. */
  readonly isOnlyNew?: boolean;
  /** Reads no lines at all: only that the log is signed and grew. */
  readonly isOnlyGrowth?: boolean;
  /** First seq, default 0. */
  readonly from?: number;
  /** Last seq, inclusive. */
  readonly to?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Verifies a served log in bounded memory (and 33 bytes of temporary disk a line). Never throws for what the server answers: what cannot
 * be fetched makes the result "unknown".
 */
export async function verifyUrl(o: VerifyUrlOptions): Promise<Report> {
  try {
    const client = new LogClient(o);
    return await verifyWith(client, o);
  } catch (error) {
    return couldNotRead(error, o.log ?? "", o.url.replace(/\/\/[^/@]*@/, "//"));
  }
}

async function verifyWith(client: LogClient, o: VerifyUrlOptions): Promise<Report> {
  for (let left = TRIES; ; left--) {
    const note = await client.checkpoint();
    const findings = new Findings();
    const log = o.log ?? originOf(note) ?? o.keys[0]?.name ?? "";
    const pinned = o.keys.filter(({ name }) => name === log);
    const source = client.url;
    const signed = openLogCheckpoint(note, `${client.url}/checkpoint`, { log, keys: pinned, findings });
    if (pinned.length === 0)
      findings.add({ code: "NO_KEY", seq: null, expected: `a key of ${log}`, found: "none", where: source });
    if (signed === undefined || pinned.length === 0)
      return reportWithoutLines({ log, source, findings, ...(signed && { checkpoint: checkpointOf(signed) }) });
    const look = new Look(client, o, { note, log, pinned, findings, signed });
    await using mirror = await TileMirror.open(client, signed.size, findings);
    // A log at work may have taken back the partial tiles of this checkpoint: then a newer one is as good.
    if (!(await mirror.fetchEdge()) && left > 1 && !note.equals(await client.checkpoint())) continue;
    return await look.report(mirror);
  }
}

interface Seen {
  readonly note: Buffer;
  readonly log: string;
  readonly pinned: readonly NoteVerifier[];
  readonly findings: Findings;
  readonly signed: Signed;
}

/** One look at a log, by one checkpoint. */
class Look {
  readonly #client: LogClient;
  readonly #o: VerifyUrlOptions;
  readonly #seen: Seen;

  constructor(client: LogClient, o: VerifyUrlOptions, seen: Seen) {
    this.#client = client;
    this.#o = o;
    this.#seen = seen;
  }

  async report(mirror: TileMirror): Promise<Report> {
    const { log, pinned, findings, signed, note } = this.#seen;
    const tiles = new TileFolder(mirror.folder, signed.size, signed.root);
    const fetchPath = (level: number, index: number) => mirror.fetchPath(level, index);
    const memory = this.#o.state === undefined ? undefined : new Remembered(this.#o.state);
    const remembered = await this.#remembered(memory);
    const saved = await openSavedFiles(this.#o.checkpoint, { log, keys: pinned, findings });
    const unproven: Signed[] = [];
    for (const old of remembered === undefined ? saved : [remembered, ...saved])
      if ((await checkGrowth(old, signed, tiles, fetchPath, findings)) === "unproven") unproven.push(old);
    if (findings.result === "broken" || (findings.result === "unknown" && remembered === undefined))
      return this.#withoutLines([]);
    const mayRemember = remembered === undefined || !unproven.includes(remembered);
    if (mayRemember && findings.result === "holds") await memory?.keep(log, note);
    const notes = this.#memoryText(memory, remembered);
    const grewFrom = mayRemember ? remembered?.size : undefined;
    if (this.#o.isOnlyGrowth === true)
      return this.#grown(mirror, grewFrom, ["what stands in its lines: they were not read", ...notes]);
    const since = this.#o.isOnlyNew === true ? remembered?.size : undefined;
    if (since !== undefined && since === signed.size && mayRemember) {
      const report = this.#grown(mirror, since, notes);
      return { ...report, from: since, to: since - 1 };
    }
    return await this.#read(mirror, tiles, { since, saved, unproven, notes });
  }

  async #remembered(memory: Remembered | undefined): Promise<Signed | undefined> {
    const { log, pinned, findings } = this.#seen;
    const note = await memory?.read(log);
    return note && openSavedCheckpoint(note, memory!.path(log), { log, keys: pinned, findings });
  }

  async #read(
    mirror: TileMirror,
    tiles: TileFolder,
    o: { since: number | undefined; saved: readonly Signed[]; unproven: readonly Signed[]; notes: readonly string[] },
  ): Promise<Report> {
    const { log, pinned, findings, signed } = this.#seen;
    const { from = o.since ?? 0, to = Number.MAX_SAFE_INTEGER } = this.#o;
    const before = await this.#leafBefore(from, mirror, tiles);
    const check = new LogCheck({
      ...{ log, findings, signed, from, to, tiles, older: [], saved: o.unproven, endCode: "MISSING", mostLines: signed.size },
      ...(before === undefined ? {} : { before }),
      placeOf: (seq) => this.#placeOf(seq),
    });
    const references = await this.#feed(check, mirror, from, Math.min(to, signed.size - 1));
    this.#reportMissing(mirror);
    return conclude({
      ...{ log, source: this.#client.url, findings, check, signed, saved: o.saved, pinned, from, to },
      provesRange: (first, last) => tiles.provesAll(first, last),
      contradiction: (first, last) => tiles.contradiction(first, last),
      notProven: () => [...o.notes, ...objectsText(references)],
      signatures: signed.keys.length,
      objects: 0,
    });
  }

  /** @returns the hash of the line before the first that is read, by a tile that leads to the signed root */
  async #leafBefore(from: number, mirror: TileMirror, tiles: TileFolder): Promise<string | undefined> {
    if (from === 0 || from > this.#seen.signed.size) return undefined;
    await mirror.fetchPath(0, Math.floor((from - 1) / TILE_WIDTH));
    const leaf = tiles.subtree(0, from - 1);
    return typeof leaf === "string" ? undefined : hashToBase64(leaf);
  }

  /** @returns how many values the lines refer to that are kept elsewhere */
  async #feed(check: LogCheck, mirror: TileMirror, from: number, to: number): Promise<number> {
    const { log, findings, signed } = this.#seen;
    const feed = new BundleFeed(log, check);
    let references = 0;
    for await (const { index, width, answer } of this.#bundles(mirror, from, to)) {
      const first = index * TILE_WIDTH;
      const where = this.#client.bundleUrl(index, width);
      if (answer === undefined && check.chain.upcoming === from)
        throw new VerifyError("NO_DATA", {
          message: "no such file. A receiver serves them when serve_log.entries says so; --growth checks the log without them",
          expected: "the log's lines",
          where,
        });
      if (answer === undefined) break; // the lines from here on are missing: the check will say which
      const { entries, restBytes } = parseEntryBundle(answer.bytes, answer.width);
      if (entries.length < answer.width || restBytes > 0) {
        const found = `${plural(entries.length, "entry").replace("entrys", "entries")} and ${restBytes} bytes that are none`;
        findings.add({ code: "UNPARSEABLE", seq: first + entries.length, expected: `${answer.width} entries`, found, where });
      }
      const skipped = Math.max(0, from - first);
      feed.feed(entries.slice(skipped, Math.min(width, to - first + 1)), (i) => this.#placeOf(first + skipped + i));
      references += check.references.length;
      check.references = [];
      this.#o.onProgress?.({
        log,
        lines: check.lines,
        totalLines: signed.size,
        fraction: (first + width - from) / (to + 1 - from),
      });
    }
    return references;
  }

  /** In order; some are fetched ahead, each with its tiles. */
  async *#bundles(mirror: TileMirror, from: number, to: number) {
    const last = Math.floor(to / TILE_WIDTH);
    const fetchOne = (index: number) => {
      const width = Math.min(TILE_WIDTH, this.#seen.signed.size - index * TILE_WIDTH);
      const fetching = Promise.all([this.#client.bundle(index, width), mirror.fetchPath(0, index)]);
      fetching.catch(() => undefined); // whoever waits for it gets the error; if nobody does any more, it is nobody's
      return { index, width, fetching };
    };
    const waiting: ReturnType<typeof fetchOne>[] = [];
    try {
      for (let next = Math.floor(from / TILE_WIDTH); next <= last || waiting.length > 0; ) {
        while (next <= last && waiting.length < AHEAD) waiting.push(fetchOne(next++));
        const { index, width, fetching } = waiting.shift()!;
        const [answer] = await fetching;
        yield { index, width, answer };
      }
    } finally {
      // None may still be writing when the folder of the tiles is removed.
      if (waiting.length > 0) this.#client.close();
      await Promise.allSettled(waiting.map(({ fetching }) => fetching));
    }
  }

  #placeOf(seq: number): string {
    const index = Math.floor(seq / TILE_WIDTH);
    const width = Math.min(TILE_WIDTH, this.#seen.signed.size - index * TILE_WIDTH);
    return `${this.#client.bundleUrl(index, Math.max(1, width))}, entry ${seq % TILE_WIDTH}`;
  }

  /** A tile that the signed tree has and the server has not: what it would prove could not be checked. */
  #reportMissing({ missing }: TileMirror): void {
    if (missing === undefined) return;
    const where = this.#client.tileUrl(missing);
    this.#seen.findings.add({
      code: "BAD_ANSWER",
      seq: null,
      expected: "a tile of the signed tree",
      found: "no such file",
      where,
    });
  }

  #grown(mirror: TileMirror, from: number | undefined, notProven: readonly string[]): Report {
    this.#reportMissing(mirror);
    const report = this.#withoutLines(notProven);
    return { ...report, details: { ...report.details, growth: { from, to: this.#seen.signed.size } } };
  }

  #withoutLines(notProven: readonly string[]): Report {
    const { log, findings, signed } = this.#seen;
    return reportWithoutLines({
      ...{ log, source: this.#client.url, findings, notProven, checkpoint: checkpointOf(signed) },
      details: { signatures: signed.keys.length },
    });
  }

  #memoryText(memory: Remembered | undefined, remembered: Signed | undefined): string[] {
    if (memory === undefined) return [];
    const file = memory.path(this.#seen.log);
    if (remembered === undefined)
      return [`that the log is the one that others see: this is the first look at it; kept for the next in ${file}`];
    return this.#o.isOnlyNew === true
      ? [
          `what stands in lines 0 to ${remembered.size - 1}: only that the log still begins with them was checked, against ${file}`,
        ]
      : [];
  }
}

function checkpointOf({ size, root, keys }: Signed): NonNullable<Report["checkpoint"]> {
  return { size, root: hashToBase64(root), keys };
}

function objectsText(count: number): string[] {
  return count === 0
    ? []
    : [`${plural(count, "value")} that were moved out of their lines: the log serves their hashes, not them`];
}
