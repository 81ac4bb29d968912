// program.ts: the `proofline` command's words, and how its errors become an exit status.

import { LedgerError } from "@proofline/ledger";
import { ConfigError, StartError } from "@proofline/receiver";
import { benchCommand } from "./commands/bench.ts";
import { configCommand } from "./commands/config-check.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { keyCommand } from "./commands/key-generate.ts";
import { logCommand } from "./commands/log-create.ts";
import { queryCommand } from "./commands/query.ts";
import { resendCommand } from "./commands/resend.ts";
import { restoreCommand } from "./commands/restore.ts";
import { serveCommand } from "./commands/serve.ts";
import { tailCommand } from "./commands/tail.ts";
import { verifyCommand } from "./commands/verify.ts";
import type { Console } from "./console.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { runCommands } from "./shell.ts";

/** @returns the exit status */
export async function runProgram(words: readonly string[], console: Console): Promise<ExitCode> {
  const commands = [
    serveCommand(console),
    verifyCommand(),
    queryCommand(console),
    tailCommand(console),
    inspectCommand(console),
    restoreCommand(console),
    resendCommand(console),
    benchCommand(console),
    logCommand(console),
    keyCommand(console),
    configCommand(console),
    doctorCommand(console),
  ];
  return await runCommands(words, console, commands, codeOf);
}

function codeOf(error: Error): ExitCode | undefined {
  if (error instanceof ConfigError) return EXIT.usage;
  if (error instanceof StartError) return error.code === "BAD_SINK" ? EXIT.usage : EXIT.unknown;
  if (!(error instanceof LedgerError)) return undefined;
  if (error.code === "ROLLED_BACK" || error.code === "FORKED" || error.code === "CORRUPT") return EXIT.broken;
  return error.code === "BAD_NAME" || error.code === "LOG_EXISTS" ? EXIT.usage : EXIT.unknown;
}
