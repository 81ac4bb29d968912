// verify.ts: `proofline verify`: its words, and how a report becomes text and an exit status. What is checked, and how, is @proofline/verify's.

import { readFileSync } from "node:fs";
import type { NoteVerifier } from "@proofline/tlog";
import {
  couldNotRead,
  formatReport,
  type Progress,
  type Report,
  reportToJson,
  VerifyError,
  verifyData,
  verifyLines,
  verifyLoki,
  verifyReceipts,
  verifyUrl,
} from "@proofline/verify";
import { Command } from "commander";
import { CommandError, EXIT } from "../exit.ts";
import { readKeys } from "../verify/keys.ts";
import { ProgressLine } from "../verify/progress-line.ts";
import { stateFolder } from "../verify/state-folder.ts";
import { append, checkWords, parseDays, parseSeq, type VerifyWords } from "../verify/words.ts";

const EXAMPLES = `
Examples:
  proofline verify --data ./proofline-data --key audit.vkey            all of a log on this machine
  proofline verify --url https://logs.example/tlog/NAME --key KEY      a log from afar; it must have grown only since the last look
  proofline verify --url https://logs.example/tlog/NAME --key KEY --new     the same, reading only the lines that came since
  proofline verify --loki http://loki:3100 --key KEY                   what Loki holds
  proofline verify --lines export.jsonl --checkpoint FILE --key KEY    what any store gave back: lines, or OTLP JSON with proofline.line
  proofline verify --receipt receipt.json --key KEY                    what /v1/audit answered, offline

Exit status: 0 it holds; 1 it does not; 2 it could not be checked; 64 the call's words are off.
`;

/**
 * @param write where the report goes; standard output by default
 * Exit status: 0 it holds, 1 it does not, 2 it could not be checked, by process.exitCode; words that are off are thrown.
 */
export function verifyCommand(write: (text: string) => void = writeOut): Command {
  return new Command("verify")
    .description("check a copy of a log against its chain and its signed checkpoints")
    .option("--data <dir>", "a data folder, or the folder of one log")
    .option("--url <log>", "a log that is served over HTTP, as <receiver>/tlog/<name>")
    .option("--loki <url>", "the copy in Grafana Loki")
    .option(
      "--lines <file>",
      "lines that a store gave back, in any order; - for standard input; with --data, its tiles and checkpoint count",
    )
    .option("--receipt <file>", "receipts of /v1/audit; with --data, --url or --loki, their lines are looked up there")
    .option("--line <file>", "the line that the one receipt is for")
    .option("--log <name>", "only this log")
    .option("--key <file-or-vkey>", "a public key that you trust (may be repeated)", append)
    .option("--checkpoint <file>", "a checkpoint that you kept (may be repeated)", append)
    .option("--from <seq>", "first line", parseSeq)
    .option("--to <seq>", "last line", parseSeq)
    .option("--new", "with --url: read only the lines that came since the last look")
    .option("--growth", "with --url: only that the log is signed and grew; its lines are not read")
    .option("--state <dir>", "with --url: where the last checkpoint seen is kept (default: proofline in $XDG_STATE_HOME)")
    .option("--no-state", "with --url: neither compare with the last look nor remember this one")
    .option("--token-file <file>", "with --url: a bearer token")
    .option("--tenant <id>", "Loki's tenant (X-Scope-OrgID)")
    .option("--since <days>", "how far back to look in Loki (default: 400)", parseDays)
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (options: VerifyWords) => {
      const report = await verify(checkWords(options));
      write(`${options.json === true ? JSON.stringify(reportToJson(report)) : formatReport(report)}\n`);
      process.exitCode = report.result === "holds" ? EXIT.ok : report.result === "broken" ? EXIT.broken : EXIT.unknown;
    });
}

function writeOut(text: string): void {
  process.stdout.write(text);
}

async function verify(words: VerifyWords): Promise<Report> {
  let keys: NoteVerifier[];
  let token: string | undefined;
  try {
    keys = (words.key ?? []).flatMap(readKeys);
    token = words.tokenFile === undefined ? undefined : readToken(words.tokenFile);
  } catch (error) {
    if (!(error instanceof VerifyError)) throw error;
    // A program reads one object, whatever went wrong; a person a line on standard error.
    const source = words.data ?? words.loki ?? words.url ?? words.lines ?? words.receipt ?? "";
    if (words.json === true) return couldNotRead(error, words.log ?? "", source);
    const name = error.code === "BAD_KEY" ? "--key " : "";
    throw new CommandError(EXIT.unknown, `${name}${error.where}: ${error.message}`, { cause: error });
  }
  const progress = new ProgressLine(process.stderr);
  try {
    return await verifyWith(words, keys, token, (state) => progress.show(state));
  } finally {
    progress.clear();
  }
}

async function verifyWith(
  words: VerifyWords,
  keys: NoteVerifier[],
  token: string | undefined,
  onProgress: (state: Progress) => void,
): Promise<Report> {
  const { data, checkpoint = [], lines, receipt } = words;
  const given = <K extends keyof VerifyWords>(name: K) =>
    (words[name] === undefined ? {} : { [name]: words[name] }) as { [P in K]?: NonNullable<VerifyWords[P]> };
  const common = { keys, checkpoint, ...given("log"), ...given("from"), ...given("to"), onProgress };
  const url = words.url === undefined ? undefined : { url: words.url, token };
  const loki =
    words.loki === undefined
      ? undefined
      : { url: words.loki, ...given("tenant"), ...(words.since === undefined ? {} : { sinceDays: words.since }) };
  if (receipt !== undefined)
    return await verifyReceipts({
      receipt,
      keys,
      ...given("line"),
      ...given("data"),
      ...(url && { url }),
      ...(loki && { loki }),
    });
  if (lines !== undefined)
    return await verifyLines({ ...common, lines: lines === "-" ? process.stdin : lines, ...given("data") });
  if (url !== undefined) {
    const state = words.state === false ? {} : { state: stateFolder(words.state) };
    return await verifyUrl({ ...common, ...url, ...state, isOnlyNew: words.new === true, isOnlyGrowth: words.growth === true });
  }
  if (loki !== undefined) return await verifyLoki({ ...common, ...loki });
  return await verifyData({ ...common, data: data ?? "" });
}

/** @throws {VerifyError} UNREADABLE */
function readToken(path: string): string {
  const bad = (message: string) =>
    new VerifyError("UNREADABLE", { message, expected: "a file with a token", where: `--token-file ${path}` });
  let token: string;
  try {
    token = readFileSync(path, "utf8").trim();
  } catch (error) {
    throw bad(`cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`);
  }
  if (!/^[\x21-\x7e]+$/.test(token)) throw bad("there is no token in it, or more than one");
  return token;
}
