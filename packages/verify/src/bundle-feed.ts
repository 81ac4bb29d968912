// bundle-feed.ts: the entries of a bundle into the check of their log: all at once while they are in order, one by one where they are not.

import { Buffer } from "node:buffer";
import { ChunkScanner } from "./chunk-scan.ts";
import { LineReader } from "./line-reader.ts";
import type { LogCheck } from "./log-check.ts";
import { NEWLINE } from "./tokens.ts";

export class BundleFeed {
  readonly #log: string;
  readonly #check: LogCheck;
  readonly #scanner = new ChunkScanner();
  readonly #reader = new LineReader();
  #buffer = Buffer.alloc(0);

  constructor(log: string, check: LogCheck) {
    this.#log = log;
    this.#check = check;
  }

  /** @param placeOf where the entry of that number is. Cost: one copy, and that of scanning. */
  feed(entries: readonly Buffer[], placeOf: (entry: number) => string): void {
    if (entries.length === 0 || this.#feedAll(entries, placeOf)) return;
    for (const [i, entry] of entries.entries()) this.#check.addLine(this.#reader.read(entry, placeOf(i)));
  }

  #feedAll(entries: readonly Buffer[], placeOf: (entry: number) => string): boolean {
    const bytes = entries.reduce((sum, entry) => sum + entry.length + 1, 1);
    if (this.#buffer.length < bytes) this.#buffer = Buffer.alloc(bytes);
    const buffer = this.#buffer;
    buffer[0] = NEWLINE;
    let at = 1;
    for (const entry of entries) {
      buffer.set(entry, at);
      at += entry.length + 1;
      buffer[at - 1] = NEWLINE;
    }
    this.#scanner.begin(bytes, this.#log, this.#check.marks);
    if (!this.#scanner.scan({ buffer, first: 1, last: at, restBytes: 0, isTorn: false })) return false;
    const chunk = this.#scanner.finish();
    // An entry with a newline in it would look like two lines.
    return chunk?.count === entries.length && this.#check.addChunk(chunk, placeOf(entries.length - 1));
  }
}
