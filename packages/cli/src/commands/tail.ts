// tail.ts: `proofline tail`: the newest lines of a log, and then those that come.

import { watch } from "node:fs";
import { Command } from "commander";
import type { Console } from "../console.ts";
import { CommandError, EXIT } from "../exit.ts";
import { parseFilter } from "../reader/filter.ts";
import { findLog } from "../reader/find-log.ts";
import { sizeOf } from "../reader/follow.ts";
import { selectLines } from "../reader/select.ts";
import { nextSignal } from "../signals.ts";
import { Table } from "../table.ts";
import { addReadOptions, Problems, type ReadOptions } from "./query.ts";

interface TailOptions extends ReadOptions {
  readonly lines: string;
}

/** How often to look when the system does not say that a file has changed. */
const LOOK_EVERY_MS = 250;

export function tailCommand(console: Console): Command {
  return addReadOptions(new Command("tail").description("show the newest lines of a log, then follow it"))
    .option("-n, --lines <n>", "how many of the newest lines to begin with", "10")
    .option("--limit <n>", "end after this many")
    .action((options: TailOptions) => tail(options, console));
}

async function tail(options: TailOptions, console: Console): Promise<void> {
  const lines = /^\d{1,9}$/.test(options.lines) ? Number(options.lines) : undefined;
  if (lines === undefined) throw new CommandError(EXIT.usage, `--lines: "${options.lines}" is not a whole number from 0`);
  const layout = await findLog(options, console);
  const from = options.from ?? String(Math.max(0, (await sizeOf(layout)) - lines));
  const filter = parseFilter({ ...options, from }, Date.now());
  const table = new Table();
  let ended = false;
  const changes = new Changes(layout.segments);
  void nextSignal("SIGTERM", "SIGINT").then(() => {
    ended = true;
    changes.close();
  });
  const problems = new Problems(console);
  const more = async (): Promise<boolean> => {
    // What was gathered to measure the columns is shown before there is a wait.
    await console.out(table.flush());
    await changes.next();
    return !ended && !console.closed;
  };
  try {
    for await (const { line, stored } of selectLines(layout, filter, { bad: problems.add, more })) {
      await console.out(options.json ? `${Buffer.from(stored.bytes).toString("utf8")}\n` : table.add(line));
      if (console.closed) return;
    }
    await console.out(table.flush());
    problems.check();
  } finally {
    changes.close();
  }
}

/** Says when a folder may have changed: at once where the system tells, else after a short while. */
class Changes {
  readonly #watcher: ReturnType<typeof watch>;
  #changed = false;
  #wake: () => void = () => {};

  constructor(folder: string) {
    this.#watcher = watch(folder, () => this.#tell());
    // Not every file system can be watched; then looking now and then must do.
    this.#watcher.on("error", () => {});
  }

  async next(): Promise<void> {
    if (!this.#changed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_EVERY_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#changed = false;
  }

  close(): void {
    this.#watcher.close();
    this.#tell();
  }

  #tell(): void {
    this.#changed = true;
    this.#wake();
  }
}
