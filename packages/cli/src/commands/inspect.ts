// inspect.ts: `proofline inspect SEQ`: one line of a log, readable, with the hashes that tie it to its neighbours. It compares only
// with the line before; whether the log holds is for `verify` to say.

import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseHead, parseLine, Ref } from "@proofline/event";
import type { Layout } from "@proofline/ledger";
import { openSeal } from "@proofline/receiver";
import { EMPTY_ROOT, hashToBase64, leafHash } from "@proofline/tlog";
import { Command } from "commander";
import type { Console } from "../console.ts";
import { CommandError, EXIT } from "../exit.ts";
import { prettyJson } from "../pretty.ts";
import { parseFilter } from "../reader/filter.ts";
import { findLog } from "../reader/find-log.ts";
import { selectLines } from "../reader/select.ts";
import { safeText } from "../safe-text.ts";

interface InspectOptions {
  readonly data?: string;
  readonly log?: string;
  readonly json?: boolean;
  readonly bytes?: boolean;
  readonly redactionKey?: string;
}

export function inspectCommand(console: Console): Command {
  return new Command("inspect")
    .description("show one line of a log and its hashes")
    .argument("<seq>", "its number")
    .option("--data <dir>", "folder of the logs (default: ./proofline-data)")
    .option("--log <name>", "name of the log (default: the only one that is there)")
    .option("--json", "print the line itself, byte for byte")
    .option("--bytes", "print what a quarantined record was, opened with the log's redaction key")
    .option("--redaction-key <file>", "that key (default: redaction.key in the log's folder)")
    .action((seq: string, options: InspectOptions) => inspect(seq, options, console));
}

async function inspect(seqText: string, options: InspectOptions, console: Console): Promise<void> {
  const seq = /^\d{1,16}$/.test(seqText) ? Number(seqText) : Number.NaN;
  if (!Number.isSafeInteger(seq)) throw new CommandError(EXIT.usage, `seq: "${seqText}" is not a whole number from 0`);
  const layout = await findLog(options, console);
  const found = await findLine(layout, seq);
  if (found === undefined) throw new CommandError(EXIT.unknown, `there is no readable line ${seq} in log ${layout.log}`);
  const text = Buffer.from(found.bytes).toString("utf8");
  if (options.json) return await console.out(`${text}\n`);
  if (options.bytes) return await console.out(`${quarantined(layout, found.bytes, options.redactionKey)}\n`);
  const before = seq === 0 ? undefined : await findLine(layout, seq - 1);
  const expected = seq === 0 ? hashToBase64(EMPTY_ROOT) : before && hashToBase64(leafHash(before.bytes));
  const { prev } = parseHead(found.bytes);
  const facts = [
    `line       ${seq} of ${layout.log}, ${found.bytes.length} bytes, ${found.where}`,
    `leaf       ${hashToBase64(leafHash(found.bytes))}`,
    `prev       ${prev}   ${verdict(seq, prev, expected)}`,
  ];
  const pretty = prettyJson(text).split("\n").map(safeText).join("\n");
  await console.out(`${facts.join("\n")}\n\n${pretty}\n`);
  if (expected !== undefined && prev !== expected)
    throw new CommandError(EXIT.broken, "the chain is broken here; `proofline verify` says more");
}

/** A record that could not be decoded, as text when it is text, else in base64. */
function quarantined(layout: Layout, line: Uint8Array, keyFile: string | undefined): string {
  const bytes = parseLine(line).quarantine?.bytes;
  if (!(bytes instanceof Ref)) throw new CommandError(EXIT.usage, "--bytes: this line has no quarantined bytes");
  const key = Buffer.from(readFileSync(keyFile ?? join(layout.folder, "redaction.key"), "utf8").trim(), "base64");
  const opened = openSeal(key, readFileSync(layout.object(bytes.sha256)));
  if (opened === undefined) throw new CommandError(EXIT.unknown, "--bytes: they are not sealed with this key, or were changed");
  return isUtf8(opened) ? safeText(Buffer.from(opened).toString("utf8")) : Buffer.from(opened).toString("base64");
}

function verdict(seq: number, prev: string, expected: string | undefined): string {
  if (expected === undefined) return `line ${seq - 1} could not be read to compare with`;
  const whose = seq === 0 ? "the hash of the empty tree" : `the leaf of line ${seq - 1}`;
  return prev === expected ? `is ${whose}` : `is not ${whose}: ${expected}`;
}

async function findLine(layout: Layout, seq: number): Promise<{ bytes: Uint8Array; where: string } | undefined> {
  const filter = parseFilter({ from: String(seq), to: String(seq) }, 0);
  for await (const { stored } of selectLines(layout, filter, { bad: () => {} })) {
    return { bytes: Uint8Array.from(stored.bytes), where: `${stored.file}:${stored.number}` };
  }
  return undefined;
}
