// objects.ts: values that were too large for their line, under the SHA-256 of their bytes. Knows bytes, not what they mean.

import { hash } from "node:crypto";
import { dirname } from "node:path";
import type { Disk } from "./disk.ts";
import { type Directories, replaceFile } from "./durable.ts";
import type { Fuse } from "./fuse.ts";
import type { Layout } from "./layout.ts";

export interface StoredObject {
  readonly sha256: string;
  readonly bytes: number;
}

export class Objects {
  readonly #disk: Disk;
  readonly #layout: Layout;
  readonly #fuse: Fuse;
  readonly #directories: Directories;
  /** The same bytes put twice at once are written once: both would use the same temporary name. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(o: { disk: Disk; layout: Layout; fuse: Fuse; directories: Directories }) {
    this.#disk = o.disk;
    this.#layout = o.layout;
    this.#fuse = o.fuse;
    this.#directories = o.directories;
  }

  /** Durable when it resolves; putting the same bytes again is fine. @throws {LedgerError} fatal */
  async put(bytes: Uint8Array): Promise<StoredObject> {
    const sha256 = hash("sha256", bytes);
    let stored = this.#underWay.get(sha256);
    if (stored === undefined) {
      stored = this.#store(this.#layout.object(sha256), bytes).finally(() => this.#underWay.delete(sha256));
      this.#underWay.set(sha256, stored);
    }
    await stored;
    return { sha256, bytes: bytes.length };
  }

  async #store(path: string, bytes: Uint8Array): Promise<void> {
    await this.#fuse.guard(`storing ${path}`, async () => {
      const directory = dirname(path);
      await this.#directories.ensure(directory);
      const there = await this.#disk.readFile(path);
      if (there !== undefined && Buffer.compare(there, bytes) === 0) {
        // Its bytes were synced before it got this name. Whether the name was, before a crash, is not known.
        await this.#disk.syncDirectory(directory);
        return;
      }
      // A crash within: no line names this object yet. What is left is found, or replaced, when it is sent again.
      await replaceFile(this.#disk, path, bytes);
    });
  }
}
