// seq-merge.ts: lines that come in the order of their times, some twice, some late, back into the order of their numbers. Memory is
// bounded: a number that does not come while so many others wait is given up.

import type { ReadLine } from "./line-reader.ts";

const MAX_WAITING_LINES = 50_000;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** A line that comes again is compared with the first copy when that is among so many last ones. */
const REMEMBERED = 200_000;

export interface MergeHandlers {
  /** In the order of their numbers; a line whose number cannot be read comes after the one that it was found after. */
  readonly onLine: (line: ReadLine) => void;
  /** Two different lines with one number. `kept` was or will be handed on, `other` is not. */
  readonly onConflict: (seq: number, kept: ReadLine, other: ReadLine) => void;
}

export class SeqMerge {
  readonly #handlers: MergeHandlers;
  /** By number; more than one where the copies differ. */
  readonly #waiting = new Map<number, { line: ReadLine; bytes: number }[]>();
  /** Lines without a number, by the number of the line that came before them. */
  readonly #stray = new Map<number, { line: ReadLine; bytes: number }[]>();
  #lastAdded = -1;
  #waitingLines = 0;
  #waitingBytes = 0;
  #next: number;
  #lastLeaf = "";
  readonly #leaves = new Map<number, ReadLine>();
  #uncomparedRepeats = 0;

  constructor(first: number, handlers: MergeHandlers) {
    this.#next = first;
    this.#handlers = handlers;
  }

  /** Lines that came again so late that their first copies were no longer at hand. */
  get uncomparedRepeats(): number {
    return this.#uncomparedRepeats;
  }

  add(line: ReadLine, bytes: number): void {
    const seq = line.head?.seq;
    if (seq === undefined) this.#addStray(line, bytes);
    else if (seq < this.#next) this.#compareLate(seq, line);
    else this.#wait(seq, line, bytes);
    this.#lastAdded = seq ?? this.#lastAdded;
    this.#handOn();
    while (this.#waiting.size > 0 && (this.#waitingLines > MAX_WAITING_LINES || this.#waitingBytes > MAX_WAITING_BYTES))
      this.#giveUp();
  }

  /** There are no more lines. */
  finish(): void {
    while (this.#waiting.size > 0) this.#giveUp();
  }

  #addStray(line: ReadLine, bytes: number): void {
    if (!this.#waiting.has(this.#lastAdded)) {
      this.#handlers.onLine(line);
      return;
    }
    this.#stray.set(this.#lastAdded, [...(this.#stray.get(this.#lastAdded) ?? []), { line, bytes }]);
    this.#waitingLines++;
    this.#waitingBytes += bytes;
  }

  #compareLate(seq: number, line: ReadLine): void {
    const first = this.#leaves.get(seq);
    if (first === undefined) this.#uncomparedRepeats++;
    else if (first.leaf !== line.leaf) this.#handlers.onConflict(seq, first, line);
  }

  #wait(seq: number, line: ReadLine, bytes: number): void {
    const copies = this.#waiting.get(seq) ?? [];
    if (copies.some((copy) => copy.line.leaf === line.leaf)) return; // sent again: the same bytes are the same line
    copies.push({ line, bytes });
    this.#waiting.set(seq, copies);
    this.#waitingLines++;
    this.#waitingBytes += bytes;
  }

  #handOn(): void {
    // A line is kept back until the next one is there: if it came in two versions, the next one says which is right.
    while (this.#waiting.has(this.#next) && this.#waiting.has(this.#next + 1)) this.#handOut(this.#next);
  }

  #giveUp(): void {
    let least = Number.POSITIVE_INFINITY;
    for (const seq of this.#waiting.keys()) if (seq < least) least = seq;
    this.#handOut(least);
    this.#handOn();
  }

  #handOut(seq: number): void {
    const copies = this.#take(this.#waiting, seq);
    const line = this.#choose(copies, seq);
    if (line === undefined) return;
    for (const copy of copies) if (copy !== line) this.#handlers.onConflict(seq, line, copy);
    this.#next = seq + 1;
    this.#lastLeaf = line.leaf;
    this.#leaves.set(seq, line);
    if (this.#leaves.size > REMEMBERED) this.#leaves.delete(this.#leaves.keys().next().value!);
    this.#handlers.onLine(line);
    for (const stray of this.#take(this.#stray, seq)) this.#handlers.onLine(stray);
  }

  #take(from: Map<number, { line: ReadLine; bytes: number }[]>, seq: number): ReadLine[] {
    const taken = from.get(seq) ?? [];
    from.delete(seq);
    for (const { bytes } of taken) this.#waitingBytes -= bytes;
    this.#waitingLines -= taken.length;
    return taken.map(({ line }) => line);
  }

  /** Of several versions: the one that the next line goes on from; else the one that goes on from the line before. */
  #choose(copies: readonly ReadLine[], seq: number): ReadLine | undefined {
    if (copies.length < 2) return copies[0];
    const claims = this.#waiting.get(seq + 1)?.map(({ line }) => line.head?.prev) ?? [];
    return (
      copies.find(({ leaf }) => claims.includes(leaf)) ?? copies.find(({ head }) => head?.prev === this.#lastLeaf) ?? copies[0]
    );
  }
}
