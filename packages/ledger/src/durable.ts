// durable.ts: the verbs that make files and directories survive a power cut. Knows the order of the steps, not what they are for.

import { dirname } from "node:path";
import type { Disk, NewFile } from "./disk.ts";

/** What a file is called while it is being written. One writer a log, so one such name a file is enough. */
export const TEMPORARY = ".tmp";

/** Of what is meant for others: the public key, checkpoints and hash tiles. */
export const PUBLIC = 0o644;

/**
 * Puts `bytes` in the place of a file, or makes it: readers, and a restart, see the old bytes or the new ones, never a mixture.
 * Durable when it resolves. After a failure either may be there.
 */
export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array, permissions?: number): Promise<void> {
  const temporary = path + TEMPORARY;
  // A crash up to the rename: the old file is untouched. The temporary one is emptied by the next call.
  await writeFile(disk, temporary, bytes, permissions);
  await disk.rename(temporary, path);
  // A crash here: the name may point to the old or to the new file after a power cut; both are whole.
  await disk.syncDirectory(dirname(path));
}

/** Writes a file from its start and syncs its contents. The name is durable only after a sync of the directory. */
export async function writeFile(disk: Disk, path: string, bytes: Uint8Array, permissions?: number): Promise<void> {
  const file = await disk.open(path, "replace", permissions);
  try {
    await file.write(bytes, 0);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Fewer files are written from here: to ask another thread would take longer. */
const MANY_FILES = 8;

/**
 * Writes files from their starts and syncs their contents; the names are durable only after a sync of their directories. When it rejects, any
 * of them may be there, whole or torn.
 */
export async function writeFiles(disk: Disk, files: readonly NewFile[], permissions: number): Promise<void> {
  if (files.length >= MANY_FILES && disk.writeFiles !== undefined) return await disk.writeFiles(files, permissions);
  for (const { path, bytes } of files) await writeFile(disk, path, bytes, permissions);
}

/**
 * Directories that are known to survive a power cut. That one is there says nothing: a process that was killed between making it
 * and syncing its parent leaves it so. Hence each is synced once by every process that puts something into it.
 */
export class Directories {
  readonly #disk: Disk;
  readonly #durable = new Map<string, Promise<void>>();

  /** @param root is there, and durable */
  constructor(disk: Disk, root: string) {
    this.#disk = disk;
    this.#durable.set(root, Promise.resolve());
  }

  /** Makes a directory and those above it, up to the root, and syncs their names. */
  ensure(path: string): Promise<void> {
    const known = this.#durable.get(path);
    if (known !== undefined) return known;
    const made = this.#make(path);
    this.#durable.set(path, made);
    return made;
  }

  async #make(path: string): Promise<void> {
    const parent = dirname(path);
    if (parent !== path) await this.ensure(parent);
    await this.#disk.makeDirectory(path);
    // A crash here: the directory may be gone after a power cut, with nothing in it that was promised.
    await this.#disk.syncDirectory(parent);
  }
}
