// query.ts: `proofline query`: the lines of a log that match, as a table or as they are. Reads beside a running receiver.

import { Command } from "commander";
import type { Console } from "../console.ts";
import { CommandError, EXIT } from "../exit.ts";
import { addFilterOptions, type FilterOptions, parseFilter } from "../reader/filter.ts";
import { findLog } from "../reader/find-log.ts";
import { selectLines } from "../reader/select.ts";
import { Table } from "../table.ts";

export interface ReadOptions extends FilterOptions {
  readonly data?: string;
  readonly log?: string;
  readonly json?: boolean;
}

export function queryCommand(console: Console): Command {
  return addReadOptions(new Command("query").description("show the lines of a log that match"))
    .option("--limit <n>", "at most this many")
    .action((options: ReadOptions) => query(options, console));
}

export function addReadOptions(command: Command): Command {
  return addFilterOptions(
    command
      .option("--data <dir>", "folder of the logs (default: ./proofline-data)")
      .option("--log <name>", "name of the log (default: the only one that is there)"),
  ).option("--json", "print the lines themselves, byte for byte");
}

async function query(options: ReadOptions, console: Console): Promise<void> {
  const filter = parseFilter(options, Date.now());
  const layout = await findLog(options, console);
  const problems = new Problems(console);
  const table = new Table();
  for await (const { line, stored } of selectLines(layout, filter, { bad: problems.add })) {
    await console.out(options.json ? `${Buffer.from(stored.bytes).toString("utf8")}\n` : table.add(line));
    if (console.closed) return;
  }
  await console.out(table.flush());
  problems.check();
}

/** Bytes that are no line: named while reading goes on, and the reason why the command does not end well. */
export class Problems {
  readonly #console: Console;
  #count = 0;

  constructor(console: Console) {
    this.#console = console;
  }

  readonly add = (where: string): void => {
    this.#count++;
    if (this.#count <= MOST_NAMED) this.#console.error(`${where}\n`);
  };

  /** @throws {CommandError} when there was one */
  check(): void {
    if (this.#count === 0) return;
    throw new CommandError(
      EXIT.broken,
      `${this.#count === 1 ? "1 line" : `${this.#count} lines`} could not be read; \`proofline verify\` says more`,
    );
  }
}

const MOST_NAMED = 10;
