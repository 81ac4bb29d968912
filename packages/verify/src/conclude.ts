// conclude.ts: from what was seen to the report: how far the proof reaches, and what stays unproven. Knows neither files nor servers.

import { hashToBase64, type NoteVerifier } from "@proofline/tlog";
import type { LogCheck, Proven } from "./log-check.ts";
import { plural } from "./numbers.ts";
import type { Findings, Report } from "./report.ts";
import type { Signed } from "./signed.ts";
import type { TileContradiction } from "./tile-folder.ts";

export interface Conclusion {
  readonly log: string;
  readonly source: string;
  readonly findings: Findings;
  readonly check: LogCheck;
  readonly signed: Signed | undefined;
  readonly saved: readonly Signed[];
  /** The keys for this log; empty when none was given. */
  readonly pinned: readonly NoteVerifier[];
  readonly from: number;
  readonly to: number;
  /** The signed tree vouches for these lines by its tiles. */
  readonly provesRange: (from: number, to: number) => boolean;
  /** Where its tiles say that these lines are not those that were signed. */
  readonly contradiction: (from: number, to: number) => TileContradiction | undefined;
  /** What the reader of this copy knows to be unproven; asked for in the end. */
  readonly notProven: () => readonly string[];
  readonly signatures: number;
  readonly objects: number;
}

export function conclude(c: Conclusion): Report {
  const { findings, check, from } = c;
  const proven = check.finish();
  const last = check.chain.next - 1;
  const limits = check.limits();
  const covered = coveredUpTo(c, proven, last);
  const isPinned = c.pinned.length > 0;
  addContradiction(c, covered, last);
  addUnknown(c, covered, last);
  const ofCopy = c.notProven();
  const { result } = findings; // nothing is added from here on: a result never outlives a finding
  const to = result === "holds" ? covered : last;
  const tail = isPinned ? tailText(c, covered, last) : [];
  return {
    result,
    log: c.log,
    from,
    to: Math.max(from - 1, to),
    records: result === "holds" ? covered - from + 1 : check.lines,
    checkpoint: checkpointOf(c),
    findings: findings.list(),
    notProven: [...tail, ...ofCopy, ...limits, ...principles(c, result === "holds")],
    details: {
      source: c.source,
      firstReceived: check.firstReceived,
      lastReceived: (result === "holds" && check.times.get(covered)) || check.chain.lastReceived,
      signatures: c.signatures,
      savedCheckpoints: isPinned || c.saved.length > 0 ? c.saved.filter((saved) => saved.size <= proven.size).length : 0,
      streams: check.producers.streams,
      moreFindings: findings.more,
      restIsProven: result === "broken" && proven.isLinked && isPinned,
      objects: c.objects,
    },
  };
}

/** Seq of the last line that signatures vouch for; from - 1 when there is none. */
function coveredUpTo({ from, to, provesRange, signed }: Conclusion, proven: Proven, last: number): number {
  const end = Math.min(last, to);
  if (from < proven.size) return from === 0 || proven.size > from ? Math.min(end, proven.size - 1) : from - 1;
  const signedEnd = Math.min(end, (signed?.size ?? 0) - 1);
  return signedEnd >= from && provesRange(from, signedEnd) ? signedEnd : from - 1;
}

/** Where the whole log is read, its lines speak for themselves; a part of it that its tiles deny is not merely unproven. */
function addContradiction({ findings, check, from, to, contradiction, signed }: Conclusion, covered: number, last: number): void {
  if (covered >= from || check.lines === 0 || findings.result === "broken") return;
  const found = contradiction(from, Math.min(last, to, (signed?.size ?? 0) - 1));
  if (found !== undefined) findings.add({ code: "TILE_CHANGED", ...found });
}

function addUnknown(c: Conclusion, covered: number, last: number): void {
  const { findings, pinned, from, to, log, source } = c;
  const isPartial = from > 0 || to < last;
  const add = (code: "NO_KEY" | "NO_DATA" | "NOTHING_SIGNED" | "RANGE_NOT_PROVEN", expected: string, found: string) =>
    findings.add({ code, seq: null, expected, found, where: source });
  if (pinned.length === 0) add("NO_KEY", `a key of ${log}`, "none");
  if (findings.result === "broken") return;
  const isEmpty = c.check.lines === 0;
  // Lines that were asked for and are not there: "holds" would be an answer to another question.
  if (isEmpty && from === 0 && to === Number.MAX_SAFE_INTEGER) add("NO_DATA", "lines", "none");
  else if (isEmpty) add("NO_DATA", rangeText(from, to), "none of them");
  else if (to !== Number.MAX_SAFE_INTEGER && last < to) add("NO_DATA", rangeText(last + 1, to), `the last line is seq ${last}`);
  if (isEmpty) return;
  if (pinned.length > 0 && covered < from) {
    if (isPartial || (c.signed?.size ?? 0) > 0)
      add("RANGE_NOT_PROVEN", "tiles that lead to the signed root, or the whole log", "only the chain of these lines");
    else add("NOTHING_SIGNED", "a checkpoint that covers lines", "one of size 0");
  }
}

function rangeText(from: number, to: number): string {
  if (to === Number.MAX_SAFE_INTEGER) return `lines from seq ${from} on`;
  return from === to ? `the line of seq ${from}` : `lines of seq ${from} to ${to}`;
}

function checkpointOf({ signed }: Conclusion): Report["checkpoint"] {
  return signed === undefined ? null : { size: signed.size, root: hashToBase64(signed.root), keys: signed.keys };
}

/** The lines at the end that no checkpoint covers. Those that one covers and that are not as signed are findings, and not among these. */
function tailText({ check, from }: Conclusion, covered: number, last: number): string[] {
  const begin = Math.max(covered + 1, check.provableSize);
  const count = last - begin + 1;
  if (count <= 0 || covered < from) return [];
  const first = check.times.get(begin);
  const lines = count === 1 ? `seq ${last}` : `seq ${begin} to ${last}`;
  const times =
    first === undefined || first === check.chain.lastReceived
      ? check.chain.lastReceived
      : `${first} to ${check.chain.lastReceived}`;
  return [
    `the newest ${plural(count, "line")}, ${lines}, received ${times}: chained, but no checkpoint covers ${count === 1 ? "it" : "them"} yet`,
  ];
}

/** What no reading of a log can show. */
function principles({ saved }: Conclusion, holds: boolean): string[] {
  if (!holds) return [];
  const rewriting =
    "that the holder of the key did not rewrite all of it: compare with a checkpoint that you kept (--checkpoint FILE)";
  return [...(saved.length > 0 ? [] : [rewriting]), "that every event was handed over at all"];
}
