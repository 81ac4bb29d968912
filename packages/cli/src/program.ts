// program.ts: the `proofline` command's words, and how its errors become an exit status.

import { readFileSync } from "node:fs";
import { LedgerError } from "@proofline/ledger";
import { ConfigError, StartError } from "@proofline/receiver";
import { TlogError } from "@proofline/tlog";
import { Command, CommanderError } from "commander";
import { configCommand } from "./commands/config-check.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { keyCommand } from "./commands/key-generate.ts";
import { logCommand } from "./commands/log-create.ts";
import { queryCommand } from "./commands/query.ts";
import { serveCommand } from "./commands/serve.ts";
import { tailCommand } from "./commands/tail.ts";
import { verifyCommand } from "./commands/verify.ts";
import type { Console } from "./console.ts";
import { CommandError, EXIT, type ExitCode } from "./exit.ts";

/** @returns the exit status */
export async function runProgram(words: readonly string[], console: Console): Promise<ExitCode> {
  try {
    await createProgram(console).parseAsync([...words], { from: "user" });
    return EXIT.ok;
  } catch (error) {
    return report(error, console);
  }
}

function createProgram(console: Console): Command {
  const program = new Command("proofline")
    .description("An OpenTelemetry-native audit pipeline: every line carries its proof.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this")
    .helpCommand("help [command]", "print this, or what a command takes")
    .showHelpAfterError("(`proofline help` lists the commands and their options)")
    .configureOutput({ writeOut: (text) => void console.out(text), writeErr: (text) => console.error(text) })
    .exitOverride();
  const commands = [
    serveCommand(console),
    verifyCommand(),
    queryCommand(console),
    tailCommand(console),
    inspectCommand(console),
    logCommand(console),
    keyCommand(console),
    configCommand(console),
  ];
  for (const command of commands) program.addCommand(adopt(command, program));
  return program;
}

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** A command that was made apart speaks and ends as the program does. */
function adopt(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) adopt(child, command);
  return command;
}

function report(error: unknown, console: Console): ExitCode {
  if (error instanceof CommanderError) {
    const asked =
      error.code === "commander.helpDisplayed" ||
      error.code === "commander.version" ||
      (error.code === "commander.help" && error.exitCode === 0);
    return asked ? EXIT.ok : EXIT.usage;
  }
  if (error instanceof Error)
    console.error(`${error instanceof CommandError || isOurs(error) ? error.message : (error.stack ?? error.message)}\n`);
  else console.error(`${String(error)}\n`);
  return codeOf(error);
}

/** An error of ours, or of the system (no such file, not permitted): its message names the place, and its stack helps nobody. */
function isOurs(error: Error): boolean {
  return (
    "syscall" in error ||
    error instanceof ConfigError ||
    error instanceof LedgerError ||
    error instanceof StartError ||
    error instanceof TlogError
  );
}

function codeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.code;
  if (error instanceof ConfigError) return EXIT.usage;
  if (error instanceof StartError) return error.code === "BAD_SINK" ? EXIT.usage : EXIT.unknown;
  if (error instanceof TlogError) return error.code === "BAD_KEY_NAME" ? EXIT.usage : EXIT.unknown;
  if (!(error instanceof LedgerError)) return EXIT.unknown;
  if (error.code === "ROLLED_BACK" || error.code === "FORKED" || error.code === "CORRUPT") return EXIT.broken;
  return error.code === "BAD_NAME" ? EXIT.usage : EXIT.unknown;
}
