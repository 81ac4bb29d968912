// resend.ts: `proofline resend --from SEQ --to SEQ`: a range of the ledger's own lines to Loki once more, for a Loki that lost them. May run
// beside `serve`: it only reads the log. What Loki has already it recognises.

import { parseHead } from "@proofline/event";
import type { Layout } from "@proofline/ledger";
import { resend } from "@proofline/receiver";
import { Command } from "commander";
import type { Console } from "../console.ts";
import { CommandError, EXIT } from "../exit.ts";
import { parseFilter } from "../reader/filter.ts";
import { findLog } from "../reader/find-log.ts";
import { selectLines } from "../reader/select.ts";
import { configOf } from "./serve.ts";

interface ResendOptions {
  readonly from: string;
  readonly to: string;
  readonly config?: string;
  readonly data?: string;
  readonly log?: string;
  readonly loki?: string;
  readonly giveUp: string;
}

export function resendCommand(console: Console): Command {
  return new Command("resend")
    .description("send lines of a log to Loki once more, from the ledger's own copy")
    .requiredOption("--from <seq>", "the first line")
    .requiredOption("--to <seq>", "the last line")
    .option("--config <file>", "the service's configuration file: its Loki, tenant and labels")
    .option("--data <dir>", "folder of the logs (default: ./proofline-data)")
    .option("--log <name>", "name of the log (default: default)")
    .option("--loki <url>", "the Loki to send to")
    .option("--give-up <seconds>", "end when Loki has taken nothing for so long", "60")
    .action((options: ResendOptions) => resendLines(options, console));
}

async function resendLines(options: ResendOptions, console: Console): Promise<void> {
  const [from, to] = [seqOf("--from", options.from), seqOf("--to", options.to)];
  if (to < from) throw new CommandError(EXIT.usage, `--to: ${to} is less than --from, ${from}`);
  const giveUpMs = seqOf("--give-up", options.giveUp) * 1000;
  const config = configOf(options, console);
  if (config.sinks.loki === undefined)
    throw new CommandError(EXIT.usage, "there is no Loki to send to; expected --loki, or --config with sinks.loki.url");
  const layout = await findLog({ data: config.data, log: config.log }, console);
  const read = { count: 0 };
  const { sent, refused, stopped } = await resend(config, linesOf(layout, from, to, read), giveUpMs);
  await console.out(`sent       ${sent} lines of ${config.log}, of ${from} to ${to}\n`);
  for (const { seq, reason } of refused) await console.out(`refused    ${seq}   ${reason}\n`);
  if (stopped !== undefined) throw new CommandError(EXIT.unknown, `Loki took no more: ${stopped}`);
  const missing = to - from + 1 - read.count;
  if (missing > 0)
    throw new CommandError(
      EXIT.unknown,
      `${missing} of these lines are not in the log, or could not be read; \`proofline verify\` says more`,
    );
  if (refused.length > 0) throw new CommandError(EXIT.unknown, `Loki refuses ${refused.length} of these lines`);
}

async function* linesOf(
  layout: Layout,
  from: number,
  to: number,
  read: { count: number },
): AsyncGenerator<{ seq: number; line: Uint8Array }> {
  const filter = parseFilter({ from: String(from), to: String(to) }, 0);
  for await (const { stored } of selectLines(layout, filter, { bad: () => {} })) {
    read.count += 1;
    yield { seq: parseHead(stored.bytes).seq, line: Uint8Array.from(stored.bytes) };
  }
}

function seqOf(option: string, text: string): number {
  const seq = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(seq)) return seq;
  throw new CommandError(EXIT.usage, `${option}: "${text}" is not a whole number from 0`);
}
