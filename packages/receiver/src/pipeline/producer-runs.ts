// producer-runs.ts: which producers a request's records are from, and which of their numbers it holds, read off the finished tails: a few bytes at the end
// of each. Numbers that follow one another are one run, so a batch of one producer is one run as a rule.

import { Buffer } from "node:buffer";
import type { TailBatch } from "@proofline/ledger";

export interface ProducerRun {
  readonly stream: string;
  readonly first: number;
  readonly last: number;
  /** The last one closes the stream. */
  readonly end: boolean;
}

const MARK = Buffer.from('"producer":{"stream":"');
/** How far before its end a tail's producer begins at most: its stream and number, a writer, notes. Beyond that it is not counted. */
const REACH_BYTES = 600;
/** Looked through first: nearly all of them are there. */
const NEAR_BYTES = 160;
/** The rest of a tail from its producer on. Only fields that may stand behind it at the top may follow: within an attribute there is another brace. */
const PRODUCER =
  /^"producer":\{"stream":("(?:[^"\\]|\\.){1,256}"),"number":(\d{1,16})(,"end":true)?\}(?:\}$|,"(?:writer|notes|quarantine)":)/;

/** Cost: one search of 160 bytes a record, of 600 more where it is not there. Ask only where some record has a producer. */
export function producerRuns({ bytes, ends }: Pick<TailBatch, "bytes" | "ends">): ProducerRun[] {
  const runs: ProducerRun[] = [];
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  for (const end of ends) {
    const reach = (bytesBefore: number) => view.subarray(Math.max(start, end - bytesBefore), end);
    let near = reach(NEAR_BYTES);
    let at = near.lastIndexOf(MARK);
    if (at < 0) {
      near = reach(REACH_BYTES);
      at = near.lastIndexOf(MARK);
    }
    start = end;
    if (at < 0) continue;
    const match = PRODUCER.exec(near.toString("latin1", at));
    if (match === null) continue;
    const [, stream = "", digits, closing] = match;
    const number = Number(digits);
    const run = runs.at(-1);
    if (run !== undefined && run.stream === stream && number === run.last + 1 && !run.end)
      runs[runs.length - 1] = { ...run, last: number, end: closing !== undefined };
    else runs.push({ stream, first: number, last: number, end: closing !== undefined });
  }
  return runs;
}
