// damages.ts: what can be done to a log's folder, one at a time. Each takes the folder of a log of some 1,500 lines in several segments.

import { chmod, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rechain } from "./folder.ts";

export interface Damage {
  readonly name: string;
  /** What `proofline verify` ends with, when it is not 1. A log whose lines are whole holds, with a tile that the next start writes again. */
  readonly verify?: number;
  do(folder: string): Promise<void>;
}

export const DAMAGES: readonly Damage[] = [
  { name: "changed line", do: (folder) => editLines(folder, 700, (lines) => lines.with(0, altered(lines[0]!))) },
  { name: "swapped lines", do: (folder) => editLines(folder, 300, ([a, b, ...rest]) => [b!, a!, ...rest]) },
  { name: "line left out", do: (folder) => editLines(folder, 900, (lines) => lines.slice(1)) },
  { name: "changed tile", do: (folder) => edit(join(folder, "tile/0/002"), (bytes) => bytes.fill(7, 100, 101)) },
  { name: "changed tile of level 1", do: async (folder) => edit(await onlyPartial(folder), (bytes) => bytes.fill(7, 40, 41)) },
  { name: "missing tile", verify: 0, do: (folder) => rm(join(folder, "tile/0/001")) },
  { name: "missing entry bundle", do: async (folder) => rm(join(folder, "segments", (await segments(folder))[1]!)) },
  { name: "truncated log", do: (folder) => cutLast(folder) },
  {
    name: "changed checkpoint",
    do: (folder) =>
      edit(join(folder, "checkpoint"), (bytes) =>
        Buffer.from(
          bytes.toString().replace(/^(.*\n)(\d+)/, (_, origin: string, size: string) => `${origin}${Number(size) - 1}`),
        ),
      ),
  },
  { name: "re-chained history", do: (folder) => rechain(folder, 400, altered) },
];

/** The same length, another actor. */
function altered(line: string): string {
  const changed = line.replace('"audit.actor.id":"ann"', '"audit.actor.id":"bob"');
  if (changed === line) throw new Error(`this line has no actor to change: ${line.slice(0, 200)}`);
  return changed;
}

/** Sorted; each named after its first seq. */
async function segments(folder: string): Promise<string[]> {
  return (await readdir(join(folder, "segments"))).sort();
}

/** Changes the lines from `seq` on, in the segment where that one is. */
async function editLines(folder: string, seq: number, change: (lines: string[]) => string[]): Promise<void> {
  const name = (await segments(folder)).findLast((one) => Number(one.slice(0, 20)) <= seq)!;
  const at = seq - Number(name.slice(0, 20));
  await edit(join(folder, "segments", name), (bytes) => {
    const lines = bytes.toString().split("\n").slice(0, -1);
    const edited = [...lines.slice(0, at), ...change(lines.slice(at))];
    return Buffer.from(edited.map((line) => `${line}\n`).join(""));
  });
}

async function edit(path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await chmod(path, 0o600);
  await writeFile(path, change(await readFile(path)));
}

/** Takes the last hundred lines away. */
async function cutLast(folder: string): Promise<void> {
  const path = join(folder, "segments", (await segments(folder)).at(-1)!);
  const lines = (await readFile(path, "utf8")).split("\n").slice(0, -1);
  await truncate(
    path,
    Buffer.byteLength(
      lines
        .slice(0, -100)
        .map((line) => `${line}\n`)
        .join(""),
    ),
  );
}

async function onlyPartial(folder: string): Promise<string> {
  const [width] = await readdir(join(folder, "tile/1/000.p"));
  return join(folder, "tile/1/000.p", width!);
}
