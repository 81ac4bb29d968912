// remembered.ts: the last checkpoint that was seen of each log, kept in the user's own state folder: what makes a log that later shrinks or
// forks give itself away. One file a log, the signed note as it came. Knows no server.

import { hash, randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readNote, unreadable } from "./log-folder.ts";

export class Remembered {
  readonly #folder: string;

  /** @param folder made when the first checkpoint is kept */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Where the log's checkpoint is kept, or would be. */
  path(origin: string): string {
    // A name may have slashes, and differ from another in case only; its hash keeps two logs apart on any file system.
    const plain = origin.replaceAll(/[^A-Za-z0-9.-]+/g, "_").slice(0, 100);
    return join(this.#folder, `${plain}.${hash("sha256", origin, "hex").slice(0, 16)}.checkpoint`);
  }

  /** @throws {VerifyError} UNREADABLE */
  async read(origin: string): Promise<Buffer | undefined> {
    return await readNote(this.path(origin));
  }

  /** Puts a note in the place of the one before: whole or not at all. @throws {VerifyError} UNREADABLE when it cannot be written */
  async keep(origin: string, note: Uint8Array): Promise<void> {
    const path = this.path(origin);
    const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const file = await open(temporary, "wx", 0o600);
      try {
        await file.writeFile(note);
        await file.datasync();
      } finally {
        await file.close();
      }
      // A crash up to here leaves the old note, and a temporary file that nobody reads.
      await rename(temporary, path);
      await syncFolder(this.#folder);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw unreadable(path, error);
    }
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
