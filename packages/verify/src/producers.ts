// producers.ts: the producers' own numbers, which show what never arrived: the chain cannot, for it begins at the receiver.
// Memory is bounded in both directions: so many streams, and so many holes in each.

import { plural } from "./numbers.ts";
import type { Findings } from "./report.ts";

const MAX_STREAMS = 100_000;
const MAX_HOLES = 1_000;
/** A number may still be on its way for this long after a later one arrived. */
const GRACE_SECONDS = 600;

interface Hole {
  from: number;
  to: number;
  /** The line whose number showed it. */
  readonly seq: number;
  readonly received: string;
}

interface Stream {
  highest: number;
  /** The number that was seen first. */
  readonly first: number;
  /** Numbers below the highest that did not come yet; ascending, apart from each other. */
  holes: Hole[];
  /** The number that the producer called its last. */
  end: number | undefined;
}

/** Consecutive numbers of a stream, in the order in which they came. Other streams' lines may stand between them. */
export interface ProducerRun {
  /** The stream's name as spelled in the lines. */
  readonly stream: string;
  readonly first: number;
  readonly last: number;
  /** The producer said that its `last` is its last. */
  readonly isLast: boolean;
  /** Of the line with the first of them. */
  readonly seq: number;
  /** Of that line, or of one soon before it. */
  readonly received: string;
}

export class Producers {
  readonly #streams = new Map<string, Stream>();
  readonly #findings: Findings;
  /** Whether the lines begin with the log: else a stream may have begun before. */
  readonly #fromStart: boolean;
  #ignored = 0;

  constructor(findings: Findings, fromStart: boolean) {
    this.#findings = findings;
    this.#fromStart = fromStart;
  }

  get streams(): number {
    return this.#streams.size;
  }

  add(run: ProducerRun): void {
    let stream = this.#streams.get(run.stream);
    if (stream === undefined) {
      if (this.#streams.size >= MAX_STREAMS) {
        this.#ignored += run.last - run.first + 1;
        return;
      }
      stream = { highest: this.#fromStart ? 0 : run.first - 1, first: run.first, holes: [], end: undefined };
      this.#streams.set(run.stream, stream);
    }
    const late = Math.min(run.last, stream.highest);
    for (let number = run.first; number <= late; number++) this.#addLate(stream, run, number);
    if (run.last > stream.highest) this.#advance(stream, run, Math.max(run.first, stream.highest + 1));
    if (run.isLast) stream.end = Math.max(stream.end ?? 0, run.last);
  }

  /** A number below the highest: it fills a hole, or it came before. */
  #addLate(stream: Stream, run: ProducerRun, number: number): void {
    if (fill(stream, number)) return;
    // Without the log's beginning, a number below the first one that was seen may just be late.
    if (!this.#fromStart && number < stream.first) return;
    this.#report("PRODUCER_REPEAT", run, "each number once", `number ${number} again`);
  }

  /** @param first of the numbers of the run that are above the highest so far */
  #advance(stream: Stream, run: ProducerRun, first: number): void {
    if (stream.end !== undefined) {
      this.#report(
        "PRODUCER_AFTER_END",
        run,
        `nothing after number ${stream.end}, the last by the producer's own word`,
        `number ${first}`,
      );
    }
    if (first > stream.highest + 1) {
      stream.holes.push({ from: stream.highest + 1, to: first - 1, seq: run.seq, received: run.received });
      if (stream.holes.length > MAX_HOLES) this.#reportGap(run.stream, stream.holes.shift()!);
    }
    stream.highest = run.last;
  }

  /**
   * Reports the numbers that did not come.
   * @param lastReceived of the newest line
   * @returns what cannot be said
   */
  finish(lastReceived: string): string[] {
    const notProven: string[] = [];
    let onTheirWay = 0;
    for (const [name, stream] of this.#streams) {
      for (const hole of stream.holes) {
        if (stream.end !== undefined || secondsBetween(hole.received, lastReceived) > GRACE_SECONDS) this.#reportGap(name, hole);
        else onTheirWay += hole.to - hole.from + 1;
      }
    }
    if (onTheirWay > 0)
      notProven.push(`that ${plural(onTheirWay, "event")} which producers numbered in the last ten minutes will still arrive`);
    if (this.#ignored > 0)
      notProven.push(`the producers' numbers of ${plural(this.#ignored, "line")}: more than ${MAX_STREAMS} streams`);
    if (!this.#fromStart && this.#streams.size > 0) notProven.push("producers' numbers before the first line that was read");
    return notProven;
  }

  #reportGap(stream: string, hole: Hole): void {
    const count = hole.to - hole.from + 1;
    const found = count === 1 ? `number ${hole.from} never came` : `numbers ${hole.from} to ${hole.to} never came`;
    this.#report("PRODUCER_GAP", { stream, seq: hole.seq }, "every number of the stream", found);
  }

  #report(
    code: "PRODUCER_GAP" | "PRODUCER_REPEAT" | "PRODUCER_AFTER_END",
    at: { stream: string; seq: number },
    expected: string,
    found: string,
  ): void {
    this.#findings.add({ code, seq: at.seq, expected, found, where: `producer ${at.stream.slice(0, 200)}` });
  }
}

/** Takes a number out of the holes. @returns false when it is in none: it came before */
function fill(stream: Stream, number: number): boolean {
  const index = stream.holes.findIndex((hole) => number >= hole.from && number <= hole.to);
  const hole = stream.holes[index];
  if (hole === undefined) return false;
  const rest = [
    { ...hole, to: number - 1 },
    { ...hole, from: number + 1 },
  ].filter(({ from, to }) => from <= to);
  stream.holes.splice(index, 1, ...rest);
  return true;
}

function secondsBetween(earlier: string, later: string): number {
  return (Date.parse(`${later.slice(0, 19)}Z`) - Date.parse(`${earlier.slice(0, 19)}Z`)) / 1000;
}
