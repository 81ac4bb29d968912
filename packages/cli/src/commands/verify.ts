// verify.ts: `proofline verify`: its words, and how a report becomes text and an exit status. What is checked, and how, is @proofline/verify's.

import { existsSync, readFileSync } from "node:fs";
import { type NoteVerifier, TlogError, verifierFromVkey } from "@proofline/tlog";
import {
  couldNotRead,
  formatReport,
  type Progress,
  type Report,
  reportToJson,
  VerifyError,
  verifyData,
  verifyLoki,
} from "@proofline/verify";
import { Command, InvalidArgumentError } from "commander";
import { CommandError, EXIT } from "../exit.ts";

interface VerifyOptions {
  readonly data?: string;
  readonly loki?: string;
  readonly log?: string;
  readonly key: readonly string[];
  readonly checkpoint: readonly string[];
  readonly from?: number;
  readonly to?: number;
  readonly tenant?: string;
  readonly since?: number;
  readonly json?: boolean;
}

/**
 * @param write where the report goes; standard output by default
 * Exit status: 0 it holds, 1 it does not, 2 it could not be checked, by process.exitCode; words that are off are thrown.
 */
export function verifyCommand(write: (text: string) => void = writeOut): Command {
  return new Command("verify")
    .description("check a copy of a log against its chain and its signed checkpoints")
    .option("--data <dir>", "a data folder, or the folder of one log")
    .option("--loki <url>", "the copy in Grafana Loki")
    .option("--log <name>", "only this log")
    .option("--key <file-or-vkey>", "a public key that you trust (may be repeated)", append, [])
    .option("--checkpoint <file>", "a checkpoint that you kept (may be repeated)", append, [])
    .option("--from <seq>", "first line", parseSeq)
    .option("--to <seq>", "last line", parseSeq)
    .option("--tenant <id>", "Loki's tenant (X-Scope-OrgID)")
    .option("--since <days>", "how far back to look in Loki (default: 400)", parseDays)
    .option("--json", "print one JSON object")
    .action(async (options: VerifyOptions) => {
      const report = await verify(checkOptions(options));
      write(`${options.json === true ? JSON.stringify(reportToJson(report)) : formatReport(report)}\n`);
      process.exitCode = report.result === "holds" ? EXIT.ok : report.result === "broken" ? EXIT.broken : EXIT.unknown;
    });
}

function writeOut(text: string): void {
  process.stdout.write(text);
}

async function verify(options: VerifyOptions): Promise<Report> {
  let keys: NoteVerifier[];
  try {
    keys = options.key.flatMap(readKeys);
  } catch (error) {
    if (!(error instanceof VerifyError)) throw error;
    // A program reads one object, whatever went wrong; a person a line on standard error.
    if (options.json === true) return couldNotRead(error, options.log ?? "", options.data ?? options.loki ?? "");
    throw new CommandError(EXIT.unknown, `--key ${error.where}: ${error.message}`, { cause: error });
  }
  const progress = new ProgressLine(process.stderr);
  const { log, from, to, data, loki, tenant, since, checkpoint } = options;
  const common = {
    keys,
    checkpoint,
    ...(log === undefined ? {} : { log }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    onProgress: (state: Progress) => progress.show(state),
  };
  const report =
    data === undefined
      ? verifyLoki({
          ...common,
          url: loki ?? "",
          ...(tenant === undefined ? {} : { tenant }),
          ...(since === undefined ? {} : { sinceDays: since }),
        })
      : verifyData({ ...common, data });
  return report.finally(() => progress.clear());
}

function checkOptions(options: VerifyOptions): VerifyOptions {
  const { data, loki, tenant, since, from, to } = options;
  if ((data === undefined) === (loki === undefined)) throw usage("verify: give either --data DIR or --loki URL");
  if (data === "") throw usage("verify: --data: give a folder");
  if (data !== undefined && tenant !== undefined) throw usage("verify: --tenant goes with --loki");
  if (data !== undefined && since !== undefined) throw usage("verify: --since goes with --loki");
  if (loki !== undefined && !/^https?:\/\/[^/]/.test(loki)) {
    throw usage(`--loki: ${JSON.stringify(loki)} is not a URL; did you mean "http://${loki.replace(/^\/*/, "")}"?`);
  }
  if (from !== undefined && to !== undefined && from > to) throw usage(`verify: --from ${from} is after --to ${to}`);
  return options;
}

/** A vkey, or a file with one on each line. @throws {VerifyError} BAD_KEY */
function readKeys(text: string): NoteVerifier[] {
  // A private key, given by mistake, must not end up in a terminal's or a scheduler's log.
  const isPrivate = /PRIVATE.KEY/.test(text);
  const where = isPrivate ? "(a private key)" : text;
  const bad = (message: string, cause?: unknown) =>
    new VerifyError("BAD_KEY", { message, expected: "a public key, name+id+base64, or a file with such", where, cause });
  if (isPrivate && !existsSync(text)) throw bad("this is a private key, which nobody else should see: give the public one");
  try {
    if (/^[^+\s]+\+[0-9a-f]{8}\+/.test(text)) return [verifierFromVkey(text)];
    const lines = readFileSync(text, "utf8").split(/\r?\n/);
    const keys = lines.filter((line) => line !== "" && !line.startsWith("#")).map(verifierFromVkey);
    if (keys.length > 0) return keys;
  } catch (error) {
    if (error instanceof TlogError) throw bad(`${error.message} (${error.code})`, error);
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error"; // its message would repeat the text
    throw bad(code === "ENOENT" ? "no such file, and not a key (name+id+base64)" : `cannot be read (${code})`);
  }
  throw bad("there is no key in it");
}

function append(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function parseSeq(text: string): number {
  const seq = /^(0|[1-9][0-9]*)$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(seq)) throw new InvalidArgumentError("Expected a whole number from 0.");
  return seq;
}

function parseDays(text: string): number {
  const days = /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(days)) throw new InvalidArgumentError("Expected a number of days from 1.");
  return days;
}

function usage(message: string): CommandError {
  return new CommandError(EXIT.usage, message);
}

const BAR = 20;
const REDRAW_MS = 100;

/** One line on a terminal that is drawn over again; nothing at all elsewhere. */
class ProgressLine {
  readonly #out: NodeJS.WriteStream;
  readonly #startMs = performance.now();
  #drawnMs = 0;
  #isShown = false;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  show({ lines, totalLines, fraction }: Progress): void {
    const nowMs = performance.now();
    if (!this.#out.isTTY || nowMs - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = nowMs;
    this.#isShown = true;
    const seconds = (nowMs - this.#startMs) / 1000;
    const count = (n: number) => Math.round(n).toLocaleString("en-US");
    const total = totalLines === undefined ? "" : ` / ${count(totalLines)}`;
    const bar = fraction === undefined ? "" : `${"█".repeat(Math.round(fraction * BAR)).padEnd(BAR, "░")}  `;
    const left = fraction === undefined || fraction <= 0 ? "" : ` · ${count((seconds * (1 - fraction)) / fraction)} s left`;
    this.#out.write(
      `\r\x1b[Kreading    ${bar}${count(lines)}${total} lines · ${count(lines / Math.max(seconds, 0.001))}/s${left}`,
    );
  }

  clear(): void {
    if (this.#isShown) this.#out.write("\r\x1b[K");
  }
}
