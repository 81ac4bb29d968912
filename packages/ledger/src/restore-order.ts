// restore-order.ts: out of lines that come about in order, some twice, some forged, the chain that goes on from a given line. Which of several
// versions of a line is the right one, the next line says: its `prev` is the hash of it. Memory is bounded.

import { LineError, parseHead } from "@proofline/event";
import { hashToBase64, leafHash } from "@proofline/tlog";

/** Of lines that came too early, or more than once. */
const MAX_HELD_BYTES = 64 << 20;

interface Candidate {
  readonly line: Uint8Array;
  readonly leaf: string;
}

export class LineOrder {
  readonly #log: string;
  readonly #end: number;
  /** seq of the first line that is not decided. */
  #next: number;
  /** Leaf hash of the line before it, in base64. */
  #prev: string;
  /** By seq, those that may be it. */
  readonly #held = new Map<number, { prev: string; candidate: Candidate }[]>();
  #heldBytes = 0;
  #passedOver = 0;

  constructor(o: { log: string; next: number; end: number; prev: string }) {
    this.#log = o.log;
    this.#end = o.end;
    this.#next = o.next;
    this.#prev = o.prev;
  }

  /** Lines from `next` on that were no lines of this log, or did not fit anywhere. */
  get passedOver(): number {
    return this.#passedOver;
  }

  /** Takes a line, in any order. Returns those that are decided by it, in theirs. */
  add(line: Uint8Array): readonly Uint8Array[] {
    const head = headOf(line);
    if (head === undefined || head.log !== this.#log) {
      this.#passedOver++;
      return [];
    }
    if (head.seq < this.#next || head.seq >= this.#end) return [];
    const held = this.#held.get(head.seq) ?? [];
    const leaf = hashToBase64(leafHash(line));
    if (held.some(({ candidate }) => candidate.leaf === leaf)) return [];
    if (this.#heldBytes + line.length > MAX_HELD_BYTES) {
      this.#passedOver++;
      return [];
    }
    this.#held.set(head.seq, [...held, { prev: head.prev, candidate: { line: Uint8Array.from(line), leaf } }]);
    this.#heldBytes += line.length;
    return this.#decide();
  }

  /** No more lines come. @param isLast which version of the very last line is the right one */
  finish(isLast: (line: Uint8Array) => boolean): readonly Uint8Array[] {
    const fitting = this.#fitting();
    const last = this.#next === this.#end - 1 ? fitting.find(({ line }) => isLast(line)) : undefined;
    return last === undefined ? [] : [this.#take(last)];
  }

  #decide(): Uint8Array[] {
    const decided: Uint8Array[] = [];
    for (;;) {
      const fitting = this.#fitting();
      const claims = this.#held.get(this.#next + 1)?.map(({ prev }) => prev);
      const chosen = claims && fitting.find(({ leaf }) => claims.includes(leaf));
      if (chosen === undefined) return decided;
      decided.push(this.#take(chosen));
    }
  }

  #fitting(): Candidate[] {
    const held = this.#held.get(this.#next) ?? [];
    return held.filter(({ prev }) => prev === this.#prev).map(({ candidate }) => candidate);
  }

  #take({ line, leaf }: Candidate): Uint8Array {
    const held = this.#held.get(this.#next)!;
    for (const { candidate } of held) this.#heldBytes -= candidate.line.length;
    this.#passedOver += held.length - 1;
    this.#held.delete(this.#next);
    this.#next++;
    this.#prev = leaf;
    return line;
  }
}

function headOf(line: Uint8Array): { log: string; seq: number; prev: string } | undefined {
  try {
    return parseHead(line);
  } catch (error) {
    if (error instanceof LineError) return undefined;
    throw error;
  }
}
