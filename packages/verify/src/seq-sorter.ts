// seq-sorter.ts: lines in any order into the order of their numbers, in bounded memory: they are put down in temporary files, a thousand
// neighbouring numbers each, and read back file by file. Knows of a line its number and its bytes.

import { createReadStream } from "node:fs";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VerifyError } from "./errors.ts";

const SHELF_LINES = 1_024;
/** Put down when so much waits. */
const FLUSH_BYTES = 32 * 1024 * 1024;
/** 67 million numbers that are next to each other; far-flung ones fill it sooner. */
const MAX_SHELVES = 65_536;
/** More copies of one number than this are not looked at: two are enough for a contradiction. */
const MAX_COPIES = 16;
const HEADER_BYTES = 20;

export interface SortedLine {
  readonly seq: number;
  readonly bytes: Buffer;
  readonly inputLine: number;
}

export class SeqSorter implements AsyncDisposable {
  readonly #folder: string;
  readonly #shelves = new Map<number, Buffer[]>();
  #waitingBytes = 0;
  #repeats = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<SeqSorter> {
    return new SeqSorter(await mkdtemp(join(tmpdir(), "proofline-lines-")));
  }

  /** Lines that came again, byte for byte. */
  get repeats(): number {
    return this.#repeats;
  }

  /** @throws {VerifyError} UNREADABLE when the numbers are scattered beyond all measure */
  async add({ seq, bytes, inputLine }: { seq: number; bytes: Uint8Array; inputLine: number }): Promise<void> {
    const number = Math.floor(seq / SHELF_LINES);
    let shelf = this.#shelves.get(number);
    if (shelf === undefined) {
      if (this.#shelves.size >= MAX_SHELVES)
        throw new VerifyError("UNREADABLE", {
          message: "numbers that are scattered too far",
          expected: `lines of at most ${MAX_SHELVES * SHELF_LINES} neighbouring numbers`,
          where: `input line ${inputLine}`,
        });
      shelf = [];
      this.#shelves.set(number, shelf);
    }
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeDoubleLE(seq, 0);
    header.writeDoubleLE(inputLine, 8);
    header.writeUInt32LE(bytes.length, 16);
    shelf.push(header, Buffer.from(bytes));
    this.#waitingBytes += HEADER_BYTES + bytes.length;
    if (this.#waitingBytes >= FLUSH_BYTES) await this.#flush();
  }

  async #flush(): Promise<void> {
    for (const [number, parts] of this.#shelves) {
      if (parts.length === 0) continue;
      await appendFile(this.#path(number), Buffer.concat(parts), { mode: 0o600 });
      this.#shelves.set(number, []);
    }
    this.#waitingBytes = 0;
  }

  /** In the order of their numbers; of equal lines the first, of different ones with the same number all. */
  async *sorted(): AsyncGenerator<SortedLine> {
    await this.#flush();
    for (const number of [...this.#shelves.keys()].sort((a, b) => a - b)) {
      const lines = await this.#distinct(this.#path(number));
      lines.sort((a, b) => a.seq - b.seq || a.inputLine - b.inputLine);
      yield* lines;
    }
  }

  /** The lines of a shelf, each once. The shelf may be long: one line can be in it any number of times. */
  async #distinct(path: string): Promise<SortedLine[]> {
    const copies = new Map<number, SortedLine[]>();
    let rest: Buffer = Buffer.alloc(0);
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      let at = 0;
      while (at + HEADER_BYTES <= bytes.length) {
        const end = at + HEADER_BYTES + bytes.readUInt32LE(at + 16);
        if (end > bytes.length) break;
        this.#sortIn(copies, bytes.readDoubleLE(at), bytes.subarray(at + HEADER_BYTES, end), bytes.readDoubleLE(at + 8));
        at = end;
      }
      rest = bytes.subarray(at);
    }
    return [...copies.values()].flat();
  }

  #sortIn(copies: Map<number, SortedLine[]>, seq: number, line: Buffer, inputLine: number): void {
    const same = copies.get(seq) ?? [];
    if (same.some(({ bytes }) => bytes.equals(line))) this.#repeats++;
    else if (same.length < MAX_COPIES) copies.set(seq, [...same, { seq, bytes: Buffer.from(line), inputLine }]);
  }

  #path(number: number): string {
    return join(this.#folder, String(number));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
