// producer-gaps.ts: which numbers producers have passed and not sent, since this start. For a metric: what is missing for good, `proofline verify` says from
// the whole log. Bounded: the streams that were quiet longest are forgotten first.

import type { ProducerRun } from "./producer-runs.ts";

const MAX_STREAMS = 10_000;
/** Runs of missing numbers a stream; beyond them the oldest are no longer waited for, and stay counted. */
const MAX_HOLES = 1_000;

interface Stream {
  next: number;
  /** Missing, first and last, in order. */
  holes: [number, number][];
}

export class ProducerGaps {
  /** In the order of their last word. */
  readonly #streams = new Map<string, Stream>();
  #missing = 0;

  /** Numbers that are missing now. */
  get missing(): number {
    return this.#missing;
  }

  add({ stream: name, first, last, end }: ProducerRun): void {
    const stream = this.#streams.get(name) ?? { next: first, holes: [] };
    this.#streams.delete(name);
    if (first > stream.next) {
      stream.holes.push([stream.next, first - 1]);
      this.#missing += first - stream.next;
      if (stream.holes.length > MAX_HOLES) stream.holes.shift();
    } else if (stream.holes.length > 0) this.#fill(stream, first, last);
    stream.next = Math.max(stream.next, last + 1);
    // A stream that ended with nothing missing has said all that it will say.
    if (end && stream.holes.length === 0) return;
    this.#streams.set(name, stream);
    if (this.#streams.size > MAX_STREAMS) for (const oldest of this.#streams.keys()) if (this.#streams.delete(oldest)) break;
  }

  #fill(stream: Stream, first: number, last: number): void {
    stream.holes = stream.holes.flatMap(([from, to]): [number, number][] => {
      if (last < from || first > to) return [[from, to]];
      this.#missing -= Math.min(to, last) - Math.max(from, first) + 1;
      const left: [number, number][] = from < first ? [[from, first - 1]] : [];
      return to > last ? [...left, [last + 1, to]] : left;
    });
  }
}
