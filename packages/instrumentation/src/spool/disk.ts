// disk.ts: the file calls that write into a spool, in one place, so that a test can let each of them fail.

import { closeSync, fdatasync, ftruncateSync, openSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { promisify } from "node:util";

export interface SpoolDisk {
  /** Creates a new file for appending; fails when it exists. */
  create(path: string): number;
  /** One write to the kernel; may take fewer bytes than given. */
  write(file: number, bytes: Uint8Array): number;
  truncate(file: number, size: number): void;
  close(file: number): void;
  /** Contents of the file to the disk. Off the event loop. */
  sync(file: number): Promise<void>;
  /** Names in the folder to the disk. Off the event loop. */
  syncFolder(path: string): Promise<void>;
}

const datasync = promisify(fdatasync);

export const nodeDisk: SpoolDisk = {
  create: (path) => openSync(path, "ax", 0o600),
  write: (file, bytes) => writeSync(file, bytes),
  truncate: (file, size) => ftruncateSync(file, size),
  close: (file) => closeSync(file),
  sync: (file) => datasync(file),
  async syncFolder(path) {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};
