// log-create.ts: `proofline log create`: a new log and its key, deliberately.

import { logFolder, nodeDisk } from "@proofline/ledger";
import { createLogWithKey, keyFile } from "@proofline/receiver";
import { Command } from "commander";
import type { Console } from "../console.ts";
import { dataOf } from "../reader/find-log.ts";
import { acceptRollbackCommand, unlockCommand } from "./log-recover.ts";

interface CreateOptions {
  readonly data?: string;
  readonly log?: string;
  readonly key?: string;
}

export function logCommand(console: Console): Command {
  return new Command("log")
    .description("logs")
    .addCommand(
      new Command("create")
        .description("create an empty log and its key")
        .option("--data <dir>", "folder of the logs (default: ./proofline-data)")
        .option("--log <name>", "name of the log (default: default)")
        .option("--key <file>", "private key to use, made by `proofline key generate`; without it a new one is made")
        .action((options: CreateOptions) => create(options, console)),
    )
    .addCommand(unlockCommand(console))
    .addCommand(acceptRollbackCommand(console));
}

async function create(options: CreateOptions, console: Console): Promise<void> {
  const place = {
    data: dataOf(options, console),
    log: options.log ?? console.environment.get("PROOFLINE_LOG") ?? "default",
    key: options.key,
  };
  const { vkey } = await createLogWithKey(place, nodeDisk);
  await console.out(
    [
      `created    log ${place.log} in ${logFolder(place.data, place.log)}`,
      `public     ${vkey}`,
      `private    ${keyFile(place)}   keep it, and keep it secret`,
      "",
    ].join("\n"),
  );
}
