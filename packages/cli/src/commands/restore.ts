// restore.ts: `proofline restore`: lines that a log lost, put back from a copy. Nothing is put in place that does not lead to what was
// signed.

import { Buffer } from "node:buffer";
import { createReadStream, readFileSync } from "node:fs";
import { MAX_LINE_BYTES } from "@proofline/event";
import { type Anchor, LedgerError, restoreLines } from "@proofline/ledger";
import { type NoteVerifier, verifierFromVkey } from "@proofline/tlog";
import { Command } from "commander";
import type { Console } from "../console.ts";
import { CommandError, EXIT } from "../exit.ts";
import { findLog } from "../reader/find-log.ts";
import { type LokiPlace, lokiAnchorsOf, lokiLines } from "../reader/loki-lines.ts";

interface RestoreOptions {
  readonly data?: string;
  readonly log?: string;
  readonly fromLoki?: string;
  readonly fromLines?: string;
  readonly tenant?: string;
  readonly since?: string;
  readonly checkpoint?: string;
  readonly json?: boolean;
}

const NEWLINE = 0x0a;

export function restoreCommand(console: Console): Command {
  return new Command("restore")
    .description("put back the lines that a log lost, up to its newest checkpoint: all of them, or none")
    .option("--from-loki <url>", "from Grafana Loki, as http://loki:3100")
    .option("--from-lines <file>", "from a file of lines, such as a segment of a newer copy or an export; - for standard input")
    .option("--data <dir>", "folder of the logs (default: ./proofline-data)")
    .option("--log <name>", "name of the log (default: the only one that is there)")
    .option("--tenant <id>", "for Loki's X-Scope-OrgID")
    .option("--since <days>", "how many days back to look in Loki", "400")
    .option("--checkpoint <file>", "a newer checkpoint than the log's own, to restore up to")
    .option("--json", "print one object")
    .action((o: RestoreOptions) => restore(o, console));
}

async function restore(o: RestoreOptions, console: Console): Promise<void> {
  if ((o.fromLoki === undefined) === (o.fromLines === undefined))
    throw new CommandError(EXIT.usage, "restore: expected either --from-loki URL or --from-lines FILE");
  if (!/^[1-9]\d{0,4}$/.test(o.since ?? "")) throw new CommandError(EXIT.usage, `--since: "${o.since}" is not a number of days`);
  const layout = await findLog(o, console);
  const { data, log } = layout;
  const key = readKey(layout.vkey);
  const loki: LokiPlace | undefined =
    o.fromLoki === undefined
      ? undefined
      : { url: o.fromLoki, log, sinceDays: Number(o.since), ...(o.tenant === undefined ? {} : { tenant: o.tenant }) };
  const anchors: Anchor[] = loki === undefined ? [] : await lokiAnchorsOf(loki);
  if (o.checkpoint !== undefined) anchors.push({ note: readFileSync(o.checkpoint, "utf8"), where: o.checkpoint });
  const lines = () => (loki === undefined ? fileLines(o.fromLines!) : lokiLines(loki));
  try {
    const restored = await restoreLines({ data, log, key, anchors, lines });
    if (o.json) return await console.out(`${JSON.stringify({ log, ...restored })}\n`);
    await console.out(
      [
        `restored   lines ${restored.from} to ${restored.lines - 1} of log ${log}`,
        `held       against the chain and the signed root of ${restored.signed} lines`,
        "",
      ].join("\n"),
    );
  } catch (error) {
    // That a copy holds other lines than were signed is an answer; that it holds too few is none.
    if (error instanceof LedgerError && error.code === "FORKED")
      throw new CommandError(EXIT.broken, error.message, { cause: error });
    throw error;
  }
}

function readKey(path: string): NoteVerifier {
  return verifierFromVkey(readFileSync(path, "utf8").trimEnd());
}

/** Lines of a file, without their newlines; what is longer than any line is passed over. Memory: a chunk and a line. */
async function* fileLines(path: string): AsyncGenerator<Uint8Array> {
  const stream: AsyncIterable<Buffer> = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: 1 << 20 });
  let held = Buffer.alloc(0);
  let isTooLong = false;
  for await (const chunk of stream) {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      if (!isTooLong && end > start) yield bytes.subarray(start, end);
      isTooLong = false;
      start = end + 1;
    }
    const rest = bytes.subarray(start);
    if (rest.length > MAX_LINE_BYTES) isTooLong = true;
    held = isTooLong ? Buffer.alloc(0) : Buffer.from(rest);
  }
  if (held.length > 0 && !isTooLong) yield held;
}
