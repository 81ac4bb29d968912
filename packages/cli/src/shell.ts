// shell.ts: what every way into the `proofline` command has in common: its name and help, and how an error becomes an exit status. Loads no
// room: what only one command needs is not loaded for the others.

import { readFileSync } from "node:fs";
import { TlogError } from "@proofline/tlog";
import { Command, CommanderError } from "commander";
import type { Console } from "./console.ts";
import { CommandError, EXIT, type ExitCode } from "./exit.ts";

/** How an error of one room ends the command; undefined for one that it does not know. */
export type KnownErrors = (error: Error) => ExitCode | undefined;

/** @param commands in the order of the help. @returns the exit status */
export async function runCommands(
  words: readonly string[],
  console: Console,
  commands: readonly Command[],
  known: KnownErrors,
): Promise<ExitCode> {
  try {
    const program = createShell(console);
    for (const command of commands) program.addCommand(adopt(command, program));
    await program.parseAsync([...words], { from: "user" });
    return EXIT.ok;
  } catch (error) {
    return report(error, console, known);
  }
}

function createShell(console: Console): Command {
  return new Command("proofline")
    .description("An OpenTelemetry-native audit pipeline: every line carries its proof.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this")
    .helpCommand("help [command]", "print this, or what a command takes")
    .showHelpAfterError("(`proofline help` lists the commands and their options)")
    .configureOutput({ writeOut: (text) => void console.out(text), writeErr: (text) => console.error(text) })
    .exitOverride();
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

function report(error: unknown, console: Console, known: KnownErrors): ExitCode {
  if (error instanceof CommanderError) {
    const asked =
      error.code === "commander.helpDisplayed" ||
      error.code === "commander.version" ||
      (error.code === "commander.help" && error.exitCode === 0);
    return asked ? EXIT.ok : EXIT.usage;
  }
  if (!(error instanceof Error)) {
    console.error(`${String(error)}\n`);
    return EXIT.unknown;
  }
  const code = codeOf(error, known);
  // An error of ours, or of the system (no such file, not permitted): its message names the place, and its stack helps nobody.
  console.error(`${code !== undefined || "syscall" in error ? error.message : (error.stack ?? error.message)}\n`);
  return code ?? EXIT.unknown;
}

function codeOf(error: Error, known: KnownErrors): ExitCode | undefined {
  if (error instanceof CommandError) return error.code;
  if (error instanceof TlogError) return error.code === "BAD_KEY_NAME" ? EXIT.usage : EXIT.unknown;
  return known(error);
}
