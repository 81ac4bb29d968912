// chain.ts: whether each line stands where it belongs, and if not, which one is to blame. One line is looked ahead, because a broken
// link alone does not say which of its two ends was changed. Knows no files: a line comes with the name of its place.

import { EMPTY_ROOT, hashFromBase64, hashToBase64 } from "@proofline/tlog";
import type { Chunk } from "./chunk.ts";
import type { Head, ReadLine } from "./line-reader.ts";
import type { Findings } from "./report.ts";
import type { RootTracker } from "./root-tracker.ts";

const MAX_BREAKS = 1_000;

/** A line whose `prev` is not the hash of the line before. */
export interface Break {
  /** Seq of the later of the two. */
  readonly later: number;
  /** What the later line says the hash of the earlier one is. */
  readonly claimed: string;
  /** What it is. */
  readonly actual: string;
  readonly earlierWhere: string;
  readonly laterWhere: string;
  readonly laterLeaf: string;
  /** What the line after the later one says its hash is; undefined when there is none in its place. */
  readonly laterClaimed: string | undefined;
}

/** A line that was found a place in the log. */
export interface PlacedLine {
  readonly seq: number;
  readonly line: ReadLine;
}

export interface ChainOptions {
  readonly log: string;
  /** Number of the first line that is expected. */
  readonly from: number;
  /** Leaf hash of the line before `from`, in base64, where it is known. */
  readonly before?: string | undefined;
  readonly findings: Findings;
  readonly tree: RootTracker;
  /** Called for each line in its place, in order, except for those of accepted chunks. */
  readonly onPlaced: (placed: PlacedLine) => void;
}

export class Chain {
  readonly breaks: Break[] = [];
  #next: number;
  /** Leaf hash of the line before; undefined when that is not known, as at the beginning of a part of a log. */
  #prevLeaf: string | undefined;
  #prevWhere = "";
  /** The line before is known to be bad: its link to the next says nothing new. */
  #prevIsBad = false;
  #lastReceived = "";
  /** Read, and waiting for the line after it. */
  #pending: ReadLine | undefined;
  /** Unreadable stretches since the last line that had a place. */
  #unreadable = 0;
  readonly #o: ChainOptions;

  constructor(o: ChainOptions) {
    this.#o = o;
    this.#next = o.from;
    this.#prevLeaf = o.from === 0 ? hashToBase64(EMPTY_ROOT) : o.before;
  }

  /** The number that the next line should bear: one more than the last line in its place. */
  get next(): number {
    return this.#next;
  }

  /** The number that the next line to be added should bear, if the one that still waits for its place gets the next. */
  get upcoming(): number {
    return this.#next + (this.#pending === undefined ? 0 : 1);
  }

  get lastReceived(): string {
    return this.#lastReceived;
  }

  add(line: ReadLine): void {
    const pending = this.#pending;
    this.#pending = line;
    // When the two lines changed places, the later one has been dealt with, and the earlier one waits on.
    if (pending !== undefined && this.#settle(pending, line)) this.#pending = pending;
  }

  /**
   * Takes a whole chunk when it goes on exactly where the lines before ended.
   * @param where of its last line
   * @returns false when it does not: its lines have to be added one by one
   */
  addChunk(chunk: Chunk, where: string): boolean {
    if (this.#pending !== undefined) {
      const { firstSeq: seq, firstPrev: prev, firstReceived: received } = chunk;
      const ahead = {
        head: { log: this.#o.log, seq, prev, received },
        error: undefined,
        leaf: "",
        where: "",
        content: undefined,
      };
      if (this.#mayPass(ahead.head)) return false;
      this.#settle(this.#pending, ahead);
      this.#pending = undefined;
    }
    const follows = chunk.firstSeq === this.#next && (this.#prevLeaf === undefined || chunk.firstPrev === this.#prevLeaf);
    if (!follows || this.#unreadable > 0 || chunk.firstReceived <= this.#lastReceived) return false;
    if (this.#o.tree.size === chunk.firstSeq) this.#o.tree.appendChunk(chunk);
    else this.#o.tree.lose();
    this.#next += chunk.count;
    this.#prevLeaf = chunk.lastLeaf;
    this.#prevWhere = where;
    this.#prevIsBad = false;
    this.#lastReceived = chunk.lastReceived;
    return true;
  }

  /** There is no line after the last one. */
  finish(): void {
    if (this.#pending !== undefined) this.#settle(this.#pending, undefined);
    this.#pending = undefined;
  }

  /** Whether the pending line may turn out to have changed places with the one after it. */
  #mayPass(ahead: Head): boolean {
    const seq = this.#pending?.head?.seq;
    return seq === this.#next + 1 && ahead.seq === this.#next;
  }

  /** Finds the line its place. @returns whether `ahead` was given its place too, before it */
  #settle(line: ReadLine, ahead: ReadLine | undefined): boolean {
    const next = this.#next;
    if (line.head === undefined) {
      this.#report("UNPARSEABLE", next, "a line", line.error ?? "", line.where);
      this.#unreadable++;
      return false;
    }
    const { seq } = line.head;
    if (seq === next) this.#place(line, line.head, ahead);
    else if (this.#standsForNext(line.head, ahead?.head)) {
      this.#report("LINE_CHANGED", next, `seq ${next}`, `seq ${seq}`, line.where);
      this.#place(line, { ...line.head, seq: next }, ahead, true);
    } else if (seq < next) {
      this.#report("REPEATED", next, `seq ${next}`, `seq ${seq} again`, line.where);
    } else if (ahead?.head?.seq === next) {
      if (seq !== next + 1) this.#report("UNEXPECTED", next, `seq ${next}`, `seq ${seq}`, line.where);
      else {
        this.#report("OUT_OF_ORDER", next, `seq ${next} before seq ${seq}`, `seq ${seq} first`, line.where);
        this.#place(ahead, ahead.head, line);
        return true;
      }
    } else {
      this.#skipTo(seq, line);
      this.#place(line, line.head, ahead);
    }
    return false;
  }

  /** Whether a line with another number stands where `next` stood: it follows the line before, or the line after goes on from it. */
  #standsForNext(head: Head, ahead: Head | undefined): boolean {
    if (head.prev === this.#prevLeaf) return true;
    return ahead !== undefined && ahead.seq === this.#next + 1 && head.seq !== this.#next + 1;
  }

  #skipTo(seq: number, line: ReadLine): void {
    // What could not be read stood for one line at least; that is reported already.
    const first = this.#next + (this.#unreadable > 0 ? 1 : 0);
    const missing = seq - first;
    if (missing > 0) {
      const expected = missing === 1 ? `seq ${first}` : `seq ${first} to ${seq - 1}, ${missing} lines`;
      this.#report("MISSING", first, expected, `seq ${seq} next`, line.where);
    }
    this.#prevLeaf = undefined;
    this.#next = seq;
  }

  #place(line: ReadLine, head: Head, ahead: ReadLine | undefined, isBad = false): void {
    const { seq, prev, received } = head;
    const claimed = ahead?.head?.seq === seq + 1 ? ahead.head.prev : undefined;
    if (this.#prevLeaf !== undefined && prev !== this.#prevLeaf && !this.#prevIsBad && this.breaks.length < MAX_BREAKS) {
      this.breaks.push({
        later: seq,
        claimed: prev,
        actual: this.#prevLeaf,
        earlierWhere: this.#prevWhere,
        laterWhere: line.where,
        laterLeaf: line.leaf,
        laterClaimed: claimed,
      });
    }
    this.#grow(seq, prev, line.leaf);
    if (line.error !== undefined) this.#report("UNPARSEABLE", seq, "a line", line.error, line.where);
    if (head.log !== this.#o.log) this.#report("WRONG_LOG", seq, this.#o.log, head.log.slice(0, 200), line.where);
    if (received <= this.#lastReceived) {
      this.#report("RECEIVED_NOT_LATER", seq, `later than ${this.#lastReceived}`, received, line.where);
    }
    this.#next = seq + 1;
    this.#prevLeaf = line.leaf;
    this.#prevWhere = line.where;
    this.#prevIsBad = isBad || line.error !== undefined;
    this.#lastReceived = received;
    this.#unreadable = 0;
    this.#o.onPlaced({ seq, line });
  }

  /** The tree takes the line's own hash, and for the line before what this one says of it. */
  #grow(seq: number, prev: string, leaf: string): void {
    const { tree } = this.#o;
    if (tree.size === seq && seq > 0) {
      if (this.#prevLeaf !== undefined && prev !== this.#prevLeaf) tree.replaceLast(hashFromBase64(prev));
    } else if (tree.size === seq - 1) tree.append(hashFromBase64(prev));
    else if (tree.size !== seq) tree.lose();
    tree.append(hashFromBase64(leaf));
  }

  #report(
    code:
      | "UNPARSEABLE"
      | "LINE_CHANGED"
      | "MISSING"
      | "REPEATED"
      | "UNEXPECTED"
      | "OUT_OF_ORDER"
      | "WRONG_LOG"
      | "RECEIVED_NOT_LATER",
    seq: number,
    expected: string,
    found: string,
    where: string,
  ): void {
    this.#o.findings.add({ code, seq, expected, found, where });
  }
}
