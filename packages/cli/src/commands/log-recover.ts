// log-recover.ts: the ways on that a refused start names: `proofline log unlock`, `proofline log accept-rollback`. Each needs a reason, and
// each is written into the log.

import { hostname, userInfo } from "node:os";
import { type Actor, acceptRollback, unlockLog } from "@proofline/ledger";
import { keyFile, readSigner } from "@proofline/receiver";
import { Command } from "commander";
import type { Console } from "../console.ts";
import { CommandError, EXIT } from "../exit.ts";
import { findLog } from "../reader/find-log.ts";
import { lokiAnchorsOf } from "../reader/loki-lines.ts";

interface RecoverOptions {
  readonly data?: string;
  readonly log?: string;
  readonly key?: string;
  readonly because?: string;
  readonly loki?: string;
  readonly tenant?: string;
  readonly json?: boolean;
}

export function unlockCommand(console: Console): Command {
  return common(new Command("unlock"), "take a log from a writer on another host that is gone, and say so in the log").action(
    (o: RecoverOptions) => unlock(o, console),
  );
}

export function acceptRollbackCommand(console: Console): Command {
  return common(new Command("accept-rollback"), "go on without lines that were acknowledged and are lost, and say so in the log")
    .option("--loki <url>", "Grafana Loki, whose newest checkpoint is given up, too, when it is ahead")
    .option("--tenant <id>", "for Loki's X-Scope-OrgID")
    .action((o: RecoverOptions) => accept(o, console));
}

function common(command: Command, description: string): Command {
  return command
    .description(description)
    .option("--data <dir>", "folder of the logs (default: ./proofline-data)")
    .option("--log <name>", "name of the log (default: the only one that is there)")
    .option("--key <file>", "the log's private key (default: key in the log's folder)")
    .option("--because <text>", "why; it is written into the log")
    .option("--json", "print one object");
}

async function unlock(o: RecoverOptions, console: Console): Promise<void> {
  const { data, log, because, signer } = await openWords(o, console);
  const unlocked = await unlockLog({ data, log, signer, because, actor: actor() });
  if (unlocked === undefined) throw new CommandError(EXIT.unknown, `log ${log} in ${data} is not locked; nothing was changed`);
  const { holder, seq } = unlocked;
  if (o.json) return await console.out(`${JSON.stringify({ log, holder, seq })}\n`);
  await console.out(
    `unlocked   log ${log}, which process ${holder.pid} on ${holder.host} had held since ${holder.since}\nwritten    as line ${seq} of the log\n`,
  );
}

async function accept(o: RecoverOptions, console: Console): Promise<void> {
  const { data, log, because, signer } = await openWords(o, console);
  const anchors = o.loki === undefined ? [] : await lokiAnchorsOf({ url: o.loki, log, ...(o.tenant && { tenant: o.tenant }) });
  const accepted = await acceptRollback({ data, log, signer, because, actor: actor(), anchors });
  if (o.json) return await console.out(`${JSON.stringify({ log, ...accepted })}\n`);
  const { lines, promised, kept, seq } = accepted;
  await console.out(
    [
      `accepted   log ${log} goes on after ${lines} lines; ${promised - lines} that had been promised are given up`,
      `written    as line ${seq} of the log`,
      ...kept.map((path) => `kept       ${path}   for an auditor: verify with it says ROLLED_BACK or FORKED, and is right`),
      "",
    ].join("\n"),
  );
}

async function openWords(o: RecoverOptions, console: Console) {
  const because = o.because?.trim() ?? "";
  if (because === "")
    throw new CommandError(EXIT.usage, '--because: say why, as in --because "the volume was lost"; it is written into the log');
  if (because.length > 1000) throw new CommandError(EXIT.usage, "--because: at most 1000 characters");
  const { data, log } = await findLog(o, console);
  const place = { data, log, key: o.key ?? console.environment.get("PROOFLINE_KEY") };
  const signer = await readSigner(place);
  if (signer === undefined)
    throw new CommandError(EXIT.unknown, `there is no private key of log ${log}: expected in ${keyFile(place)}`);
  return { data, log, because, signer };
}

/** The person at the keyboard, as far as the system knows. */
function actor(): Actor {
  return { type: "user", id: `${userName()}@${hostname()}` };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown"); // a uid without a name, as in many containers
  }
}
