// compare.ts: what Loki gave back beside what the ledger has: line by line, byte for byte. Pure.

import { LineError, parseHead } from "@proofline/event";

export type MismatchKind = "missing" | "changed" | "extra";

export interface Mismatch {
  readonly seq: number;
  readonly kind: MismatchKind;
}

/** Gathers what was found for some neighbouring lines; it may come in any order, and more than once. */
export class Comparison {
  readonly #log: string;
  readonly #from: number;
  readonly #expected: readonly Buffer[];
  readonly #found: boolean[];
  readonly #changed = new Set<number>();
  readonly #strangers: { seq: number; line: string }[] = [];

  /** @param lines of one log, neighbours, in order */
  constructor(log: string, lines: readonly { seq: number; line: Uint8Array }[]) {
    this.#log = log;
    this.#from = lines[0]!.seq;
    this.#expected = lines.map(({ line }) => Buffer.from(line.buffer, line.byteOffset, line.length));
    this.#found = lines.map(() => false);
  }

  add(text: string): void {
    const line = Buffer.from(text);
    const seq = seqOf(line, this.#log);
    const expected = seq === undefined ? undefined : this.#expected[seq - this.#from];
    if (seq === undefined || expected === undefined) {
      if (this.#strangers.length < MAX_STRANGERS) this.#strangers.push({ seq: seq ?? -1, line: text });
    } else if (expected.equals(line)) this.#found[seq - this.#from] = true;
    else this.#changed.add(seq);
  }

  /** Entries that are none of these lines: neighbours that came late, or strangers. -1: not a line of this log. */
  get strangers(): readonly { readonly seq: number; readonly line: string }[] {
    return this.#strangers;
  }

  /** Lines that are not there as they are. */
  get missing(): readonly number[] {
    return this.#found.flatMap((found, i) => (found ? [] : [this.#from + i]));
  }

  /** A line that is there in another form only is changed; one that is there in both has an extra beside it. */
  mismatches(): Mismatch[] {
    const missing = new Set(this.missing);
    const found: Mismatch[] = [...missing].map((seq) => ({ seq, kind: this.#changed.has(seq) ? "changed" : "missing" }));
    for (const seq of this.#changed) if (!missing.has(seq)) found.push({ seq, kind: "extra" });
    return found.sort((a, b) => a.seq - b.seq);
  }
}

/** More of them than this are not looked at: they are counted as what they are by then, extra. */
const MAX_STRANGERS = 1_000;

function seqOf(line: Uint8Array, log: string): number | undefined {
  try {
    const head = parseHead(line);
    return head.log === log ? head.seq : undefined;
  } catch (error) {
    if (error instanceof LineError) return undefined;
    throw error;
  }
}
