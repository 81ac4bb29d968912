// disk.ts: the only file that touches node:fs. Small verbs, one system call each as far as possible, so that a fake disk can let any
// of them fail. Knows no paths and no order of steps: what must be synced when is decided by its callers.

import { statfsSync } from "node:fs";
import * as fs from "node:fs/promises";
import { systemCode } from "./errors.ts";
import { FileThread } from "./file-thread.ts";
import type { NewFile } from "./file-worker.ts";

export type { NewFile };

/** `read`; `update`: read and write what is there; `create`: fails when there is one; `replace`: made, or emptied. */
export type OpenMode = "read" | "update" | "create" | "replace";

export interface DiskFile {
  /** Reads at most `into.length` bytes. Resolves to how many: fewer near the end, 0 at it. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes all bytes, or rejects: then any part of them may be there. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  size(): Promise<number>;
  truncate(bytes: number): Promise<void>;
  /** Resolves when the contents and the length are on the medium. The name is not: see {@link Disk.syncDirectory}. */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** Everything rejects with the system's error unless said otherwise. */
export interface Disk {
  /** @param permissions of a file that this call makes; 0o600 by default: lines and objects are for their owner */
  open(path: string, mode: OpenMode, permissions?: number): Promise<DiskFile>;
  /** The whole file; undefined when there is none. */
  readFile(path: string): Promise<Uint8Array | undefined>;
  /** Names in a directory, sorted; none when there is no such directory. */
  list(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file. Resolves to false, and does nothing, when the name is taken. */
  link(from: string, to: string): Promise<boolean>;
  /** Removes a file, if it is there. */
  unlink(path: string): Promise<void>;
  /** Makes one directory, if it is not there. */
  makeDirectory(path: string): Promise<void>;
  /** Removes a directory if it is there and empty. */
  removeDirectory(path: string): Promise<void>;
  changeMode(path: string, permissions: number): Promise<void>;
  /** Resolves when the names in a directory, made, renamed or removed, are on the medium. */
  syncDirectory(path: string): Promise<void>;
  /**
   * A faster way for many small files than one after the other: makes or empties them, writes and syncs their contents. Their names are not
   * synced. When it rejects, any of them may be there, whole or torn, and none is being written any more.
   */
  writeFiles?(files: readonly NewFile[], permissions: number): Promise<void>;
  /** What an unprivileged process may still write. Synchronous: microseconds on a local disk. */
  freeBytes(path: string): number;
}

const FLAGS = { read: "r", update: "r+", create: "wx+", replace: "w+" } as const;

const files = new FileThread();

export const nodeDisk: Disk = {
  open: async (path, mode, permissions = 0o600) => nodeFile(await fs.open(path, FLAGS[mode], permissions)),
  readFile: (path) => unless("ENOENT", undefined, () => fs.readFile(path)),
  list: async (path) => (await unless("ENOENT", [], () => fs.readdir(path))).sort(compareNames),
  rename: (from, to) => fs.rename(from, to),
  link: (from, to) => unless("EEXIST", false, () => fs.link(from, to).then(() => true)),
  unlink: (path) => unless("ENOENT", undefined, () => fs.unlink(path)),
  makeDirectory: (path) => unless("EEXIST", undefined, () => fs.mkdir(path)),
  removeDirectory: (path) => unless("ENOENT", undefined, () => unless("ENOTEMPTY", undefined, () => fs.rmdir(path))),
  changeMode: (path, permissions) => fs.chmod(path, permissions),
  syncDirectory: async (path) => {
    // Windows has no handle on a directory that could be synced; NTFS journals its names by itself.
    if (process.platform === "win32") return;
    const directory = await fs.open(path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
  writeFiles: (many, permissions) => files.write(many, permissions),
  freeBytes: (path) => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  },
};

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function nodeFile(file: fs.FileHandle): DiskFile {
  return {
    read: async (into, position) => (await file.read(into, 0, into.length, position)).bytesRead,
    write: async (bytes, position) => {
      // The system may write less than it was given, on a full disk for one; the next call then says why.
      for (let done = 0; done < bytes.length; ) {
        done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
      }
    },
    size: async () => (await file.stat()).size,
    truncate: (bytes) => file.truncate(bytes),
    datasync: () => file.datasync(),
    close: () => file.close(),
  };
}

async function unless<T, D>(code: string, otherwise: D, run: () => Promise<T>): Promise<T | D> {
  try {
    return await run();
  } catch (error) {
    if (systemCode(error) === code) return otherwise;
    throw error;
  }
}
