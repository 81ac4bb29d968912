// find-log.ts: which log of a data folder is meant. One that was named, or the only one that is there.

import { readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import { Layout } from "@proofline/ledger";
import type { Console } from "../console.ts";
import { CommandError, EXIT } from "../exit.ts";

const MAX_DEPTH = 8;

/** `--data`, else the environment's, else the default. */
export function dataOf(options: { readonly data?: string }, console: Pick<Console, "environment">): string {
  return options.data ?? console.environment.get("PROOFLINE_DATA") ?? "./proofline-data";
}

/** @throws {CommandError} when none is there, or which one is meant cannot be told */
export async function findLog(
  options: { readonly data?: string; readonly log?: string },
  console: Pick<Console, "environment">,
): Promise<Layout> {
  const data = dataOf(options, console);
  const named = options.log ?? console.environment.get("PROOFLINE_LOG");
  const logs = await listLogs(data);
  if (named !== undefined) {
    if (logs.includes(named)) return new Layout(data, named);
    throw new CommandError(
      EXIT.unknown,
      `there is no log ${named} in ${data}${logs.length === 0 ? "" : `; there are: ${logs.join(", ")}`}`,
    );
  }
  const [only, ...others] = logs;
  if (only === undefined)
    throw new CommandError(EXIT.unknown, `there is no log in ${data}; expected --data with the folder that \`serve\` was given`);
  if (others.length > 0) throw new CommandError(EXIT.usage, `${data} has several logs; name one with --log: ${logs.join(", ")}`);
  return new Layout(data, only);
}

/** Names of the logs in a data folder, sorted. */
export async function listLogs(data: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (parts: readonly string[]): Promise<void> => {
    const entries = await readFolder(join(data, ...parts));
    if (parts.length > 0 && entries.some(({ name }) => name === "segments")) found.push(parts.join("/"));
    if (parts.length === MAX_DEPTH) return;
    for (const entry of entries) if (entry.isDirectory() && !OWN_FOLDERS.has(entry.name)) await visit([...parts, entry.name]);
  };
  await visit([]);
  return found.sort();
}

const OWN_FOLDERS: ReadonlySet<string> = new Set(["segments", "tile", "cursors", "objects"]);

async function readFolder(path: string): Promise<{ readonly name: string; isDirectory(): boolean }[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw new CommandError(EXIT.unknown, `${path.split(sep).join("/")} cannot be read (${String(code)})`, { cause: error });
  }
}
