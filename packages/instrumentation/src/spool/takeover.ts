// takeover.ts: finds the spools of processes that are gone, and takes each over exactly once, by renaming its folder.

import { readdir, rename, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Heartbeats } from "./heartbeats.ts";
import { folderName, isGone, type Owner, parseFolderName, runningSince } from "./owner.ts";
import { HEARTBEAT_FILE } from "./spool.ts";
import { type Damage, StreamReader } from "./stream-reader.ts";

/**
 * If we stop after the rename: the folder has our name, we are gone, and the next process takes it over from us.
 * @returns one reader for each stream that is ours from now on
 */
export async function takeOver(o: {
  root: string;
  me: Owner;
  now: () => number;
  heartbeats: Heartbeats;
  onDamage: (damage: Damage) => void;
}): Promise<StreamReader[]> {
  const taken: StreamReader[] = [];
  const names = await foldersIn(o.root);
  o.heartbeats.keep(new Set(names));
  for (const name of names) {
    const found = parseFolderName(name);
    if (found === undefined || !(await isOwnerless(o, name, found.owner))) continue;
    const folder = join(o.root, folderName(found.stream, o.me));
    try {
      await rename(join(o.root, name), folder);
    } catch {
      continue; // another process was faster
    }
    const now = o.now() / 1000;
    await utimes(join(folder, HEARTBEAT_FILE), now, now).catch(() => undefined);
    try {
      taken.push(await StreamReader.left(folder, found.stream, o.onDamage));
    } catch {
      // It cannot be read now; given back, it is met again by the next look.
      await rename(folder, join(o.root, folderName(found.stream, "free"))).catch(() => undefined);
    }
  }
  return taken;
}

async function isOwnerless(
  o: { root: string; me: Owner; heartbeats: Heartbeats },
  name: string,
  owner: Owner | "free",
): Promise<boolean> {
  if (owner === "free") return true;
  const beat = await stat(join(o.root, name, HEARTBEAT_FILE)).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  return isGone(owner, o.me, o.heartbeats.silentMs(name, beat), runningSince);
}

async function foldersIn(root: string): Promise<string[]> {
  try {
    return (await readdir(root)).sort();
  } catch {
    return [];
  }
}

/** Gives a stream back that was taken over and is not delivered: anyone may take it at once. */
export async function release(reader: StreamReader): Promise<void> {
  await reader.save();
  await reader.close();
  await rename(reader.folder, join(dirname(reader.folder), folderName(reader.stream, "free"))).catch(() => undefined);
}
