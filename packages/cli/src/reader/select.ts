// select.ts: the lines of a log that a filter asks for, parsed. What is no line is told once and passed over: saying what is wrong
// with it is `verify`'s business.

import { type Line, LineError, parseHead, parseLine } from "@proofline/event";
import type { Layout } from "@proofline/ledger";
import type { Filter } from "./filter.ts";
import { type FollowOptions, type StoredLine, storedLines } from "./follow.ts";

export interface Selected {
  readonly line: Line;
  readonly stored: StoredLine;
}

/** @param bad told of bytes that are no line: where, and which check failed */
export async function* selectLines(
  layout: Layout,
  filter: Filter,
  o: { readonly bad: (where: string) => void; readonly more?: FollowOptions["more"] },
): AsyncGenerator<Selected> {
  let left = filter.limit;
  if (left === 0) return;
  for await (const stored of storedLines(layout, { from: filter.from, ...(o.more === undefined ? {} : { more: o.more }) })) {
    const line = parse(stored, filter.from, o.bad);
    if (line === undefined) continue;
    if (filter.isPast(line)) return;
    if (!filter.matches(line)) continue;
    yield { line, stored };
    if (--left === 0) return;
  }
}

/** Undefined for a line before `from`, whose head alone is read, and for what is no line. */
function parse({ bytes, file, number }: StoredLine, from: number, bad: (where: string) => void): Line | undefined {
  try {
    if (from > 0 && parseHead(bytes).seq < from) return undefined;
    return parseLine(bytes);
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    bad(`${file}:${number} is not a line (${error.code})`);
    return undefined;
  }
}
