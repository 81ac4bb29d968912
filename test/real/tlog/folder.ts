// folder.ts: a log's folder seen as a C2SP log that lies still: what a mirror would have of it. The entry bundles are made from the segments as
// they are, damage and all, by code of the test's own.

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Hash, leafHash, rootOf, tilePath, tilesFor } from "@proofline/tlog";

const WIDTH = 256;

/** The lines by seq; a seq whose segment is gone is missing. */
export async function linesBySeq(folder: string): Promise<Map<number, string>> {
  const lines = new Map<number, string>();
  for (const name of (await readdir(join(folder, "segments"))).sort()) {
    const first = Number(/^(\d{20})\.jsonl$/.exec(name)?.[1]);
    const text = await readFile(join(folder, "segments", name), "utf8");
    for (const [i, line] of text.split("\n").slice(0, -1).entries()) lines.set(first + i, line);
  }
  return lines;
}

/** Adds `tile/entries/…` to a log's folder, for the size that its checkpoint names. A bundle that lacks a line is left out. */
export async function writeBundles(folder: string): Promise<void> {
  const size = Number((await readFile(join(folder, "checkpoint"), "utf8")).split("\n")[1]);
  const lines = await linesBySeq(folder);
  for (let first = 0; first < size; first += WIDTH) {
    const width = Math.min(WIDTH, size - first);
    const of = Array.from({ length: width }, (_, i) => lines.get(first + i));
    if (of.includes(undefined)) continue;
    const path = tilePath({ level: 0, index: first / WIDTH, width }).replace("tile/0/", "tile/entries/");
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bundle(of as string[]));
  }
}

function bundle(lines: readonly string[]): Buffer {
  return Buffer.concat(
    lines.flatMap((line) => {
      const bytes = Buffer.from(line);
      return [Buffer.of(bytes.length >> 8, bytes.length & 255), bytes];
    }),
  );
}

/**
 * The history from `seq` on written anew, as somebody with the folder and without the key can do it: that line changed, each later `prev`, and
 * every tile. The checkpoint stays as it is.
 */
export async function rechain(folder: string, seq: number, change: (line: string) => string): Promise<void> {
  const leaves: Hash[] = [];
  for (const name of (await readdir(join(folder, "segments"))).sort()) {
    const path = join(folder, "segments", name);
    const lines = (await readFile(path, "utf8")).split("\n").slice(0, -1);
    const changed = lines.map((line) => {
      const own = leaves.length === seq ? change(line) : line;
      const prev = leaves.length <= seq ? undefined : Buffer.from(leaves.at(-1)!).toString("base64");
      const linked = prev === undefined ? own : own.replace(/"prev":"[^"]*"/, `"prev":"${prev}"`);
      leaves.push(leafHash(Buffer.from(linked)));
      return linked;
    });
    await writeFile(path, changed.map((line) => `${line}\n`).join(""));
  }
  const size = Number((await readFile(join(folder, "checkpoint"), "utf8")).split("\n")[1]);
  const levels: Hash[][] = [leaves.slice(0, size)];
  for (const { level, index, width } of tilesFor(0, size)) {
    levels[level] ??= Array.from({ length: Math.floor(levels[level - 1]!.length / WIDTH) }, (_, i) =>
      rootOf(levels[level - 1]!.slice(i * WIDTH, (i + 1) * WIDTH)),
    );
    const bytes = Buffer.concat(levels[level].slice(index * WIDTH, index * WIDTH + width));
    await writeFile(join(folder, tilePath({ level, index, width })), bytes);
  }
}
