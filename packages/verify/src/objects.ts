// objects.ts: values that were moved out of lines: are they there, and are they what the line says? Their address is their hash.

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Findings } from "./report.ts";
import type { Reference } from "./value-scan.ts";

const PIECE_BYTES = 1024 * 1024;
/** A value that many lines name is read once, as long as it is among so many others. */
const REMEMBERED = 10_000;

export class Objects {
  readonly #folder: string;
  readonly #findings: Findings;
  /** What is wrong with an object; undefined for one that is right. */
  readonly #seen = new Map<string, string | undefined>();
  #checked = 0;

  /** @param folder the log's */
  constructor(folder: string, findings: Findings) {
    this.#folder = folder;
    this.#findings = findings;
  }

  /** Objects that were read and are right. */
  get checked(): number {
    return this.#checked;
  }

  async check(reference: Reference & { readonly seq: number }): Promise<void> {
    const { sha256, bytes, seq } = reference;
    const where = join(this.#folder, "objects", sha256.slice(0, 2), sha256);
    const key = `${sha256} ${bytes}`;
    if (!this.#seen.has(key)) {
      if (this.#seen.size >= REMEMBERED) this.#seen.clear();
      this.#seen.set(key, await this.#examine(where, reference));
    }
    const wrong = this.#seen.get(key);
    if (wrong === undefined) return;
    const code = wrong === "nothing" ? "OBJECT_MISSING" : "OBJECT_CHANGED";
    this.#findings.add({ code, seq, expected: `${bytes} bytes with SHA-256 ${sha256}`, found: wrong, where });
  }

  async #examine(path: string, { sha256, bytes }: Reference): Promise<string | undefined> {
    let length = 0;
    const hash = createHash("sha256");
    try {
      const file = await open(path, "r");
      try {
        const piece = Buffer.alloc(PIECE_BYTES);
        for (;;) {
          const { bytesRead } = await file.read(piece, 0, piece.length, length);
          if (bytesRead === 0) break;
          hash.update(piece.subarray(0, bytesRead));
          length += bytesRead;
        }
      } finally {
        await file.close();
      }
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ENOENT" ? "nothing" : String(error);
    }
    const found = hash.digest("hex");
    if (length !== bytes || found !== sha256) return `${length} bytes with SHA-256 ${found}`;
    this.#checked++;
    return undefined;
  }
}
