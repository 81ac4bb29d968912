// loki.ts: verifies the copy of a log that is in Grafana Loki. Loki is not trusted: entries can be deleted, altered and pushed by anybody
// who reaches it; so the lines read back are held against the chain and the signed checkpoints like any others.

import type { NoteVerifier } from "@proofline/tlog";
import { conclude } from "./conclude.ts";
import { couldNotRead, type Progress } from "./data.ts";
import { VerifyError } from "./errors.ts";
import { LineReader, type ReadLine } from "./line-reader.ts";
import { LogCheck } from "./log-check.ts";
import { readCheckpoints } from "./loki-checkpoints.ts";
import { type Fetch, LokiClient } from "./loki-client.ts";
import { plural } from "./numbers.ts";
import { Findings, type Report } from "./report.ts";
import { openSavedFiles } from "./saved-checkpoints.ts";
import { SeqMerge } from "./seq-merge.ts";
import { reportForks, type Signed } from "./signed.ts";

const DAY_NS = 24n * 3_600_000_000_000n;
const HOUR_NS = 3_600_000_000_000n;
const PROGRESS_LINES = 5_000;

export interface VerifyLokiOptions {
  /** As `http://loki:3100`. */
  readonly url: string;
  /** For Loki's X-Scope-OrgID. */
  readonly tenant?: string;
  /** The log's name; by default that of the one key, or the only log that Loki has. */
  readonly log?: string;
  readonly keys: readonly NoteVerifier[];
  /** Files with checkpoints that the caller kept. */
  readonly checkpoint?: string | readonly string[];
  /** First seq, default 0. */
  readonly from?: number;
  /** Last seq, inclusive. */
  readonly to?: number;
  /** How far back entries are looked for; default 400 days. */
  readonly sinceDays?: number;
  /** Unix nanoseconds. */
  readonly now?: () => bigint;
  readonly fetch?: Fetch;
  readonly retryDelaysMs?: readonly number[];
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Verifies one log's copy in Loki, page by page in bounded memory. Never throws for what Loki answers: what cannot be read makes the
 * result "unknown".
 */
export async function verifyLoki(o: VerifyLokiOptions): Promise<Report> {
  try {
    const client = new LokiClient(o);
    return await verifyWith(client, o);
  } catch (error) {
    return couldNotRead(error, o.log ?? "", o.url.replace(/\/\/[^/@]*@/, "//"));
  }
}

async function verifyWith(client: LokiClient, o: VerifyLokiOptions): Promise<Report> {
  const { from = 0, to = Number.MAX_SAFE_INTEGER, sinceDays = 400 } = o;
  const now = (o.now ?? systemClock)();
  // Up to an hour ahead: the clock that wrote the lines need not be this one.
  const span = { startNs: now - BigInt(Math.ceil(sinceDays)) * DAY_NS, endNs: now + HOUR_NS };
  const log = await chooseLog(client, o, span);
  const pinned = o.keys.filter(({ name }) => name === log);
  const findings = new Findings();
  const label = `log=${quote(log)}`;
  const checkpoints = await readCheckpoints(client, {
    ...span,
    selector: `{${label}, type="checkpoint"}`,
    log,
    keys: pinned,
    findings,
  });
  const saved = await openSavedFiles(o.checkpoint, { log, keys: pinned, findings });
  const { newest } = checkpoints;
  // Without a checkpoint in Loki, one that the caller kept is as good.
  const signed = newest ?? saved.toSorted((a, b) => b.size - a.size)[0];
  const kept = saved.filter((checkpoint) => checkpoint !== signed);
  reportForks(signed === undefined ? kept : [signed, ...kept], findings);

  const placeOf = (seq: number) => `${client.url}, seq ${seq}`;
  const check = new LogCheck({
    log,
    findings,
    signed,
    older: checkpoints.older,
    saved: kept,
    from,
    to,
    tiles: undefined,
    endCode: "MISSING",
    mostLines: Number.POSITIVE_INFINITY,
    placeOf,
  });
  const references = { count: 0 };
  const merge = new SeqMerge(from, {
    onLine: (line) => {
      check.addLine(line);
      references.count += check.references.length;
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
  await readLines(client, `{${label}, type="line"}`, span, (line, bytes) => {
    const seq = line.head?.seq;
    if (seq === undefined || (seq >= from && seq <= to)) merge.add(line, bytes);
    if (check.lines % PROGRESS_LINES === 0) o.onProgress?.(progressOf(log, check, signed));
  });
  merge.finish();
  return conclude({
    log,
    source: client.url,
    findings,
    check,
    signed,
    saved,
    pinned,
    from,
    to,
    provesRange: () => false,
    contradiction: () => undefined,
    notProven: () => [...objectsText(references.count), ...repeatsText(merge.uncomparedRepeats)],
    signatures: checkpoints.signatures,
    objects: 0,
  });
}

function progressOf(log: string, check: LogCheck, signed: Signed | undefined): Progress {
  const totalLines = signed?.size;
  const fraction = totalLines === undefined || totalLines === 0 ? undefined : Math.min(1, check.lines / totalLines);
  return { log, lines: check.lines, totalLines, fraction };
}

async function readLines(
  client: LokiClient,
  selector: string,
  { startNs, endNs }: { startNs: bigint; endNs: bigint },
  onLine: (line: ReadLine, bytes: number) => void,
): Promise<void> {
  const reader = new LineReader();
  for await (const { timestamp, line } of client.entries(selector, startNs, endNs)) {
    const bytes = Buffer.from(line);
    onLine(reader.read(bytes, `${client.url}, entry at ${timestamp}`), bytes.length);
  }
}

async function chooseLog(
  client: LokiClient,
  o: VerifyLokiOptions,
  { startNs, endNs }: { startNs: bigint; endNs: bigint },
): Promise<string> {
  const names = [...new Set(o.keys.map(({ name }) => name))];
  const given = o.log ?? (names.length === 1 ? names[0] : undefined);
  if (given !== undefined) return given;
  const logs = await client.labelValues("log", startNs, endNs);
  const candidates = names.length === 0 ? logs : logs.filter((log) => names.includes(log));
  if (candidates.length === 1) return candidates[0]!;
  const message = logs.length === 0 ? "no log" : `the logs ${logs.slice(0, 20).join(", ")}`;
  throw new VerifyError("NO_LOG", { message, expected: "one log, or its name (--log NAME)", where: client.url });
}

/** A LogQL string: the escapes of Go, of which JSON's are a part. */
function quote(text: string): string {
  return JSON.stringify(text);
}

function objectsText(count: number): string[] {
  return count === 0 ? [] : [`${plural(count, "value")} that were moved out of their lines: Loki holds their hashes, not them`];
}

function repeatsText(count: number): string[] {
  return count === 0 ? [] : [`that ${plural(count, "line")} which Loki holds again, long after their first copies, are the same`];
}

function systemClock(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
