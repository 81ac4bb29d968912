// blame.ts: from broken links to changed lines. A link joins two lines; which of them was changed is told, in this order, by a signed
// root that the links lead to, and by the line after.

import type { Break } from "./chain.ts";
import type { Findings } from "./report.ts";

export interface Proof {
  /** Every line below this size is, by a signed root, linked as it was signed: their `prev` fields can be relied on. */
  readonly linkedSize: number;
  /** The sizes at which the lines' own hashes led to the signed root. */
  readonly sizesAsRead: ReadonlySet<number>;
  /** A signed root over so many lines was not met, whether with the lines' hashes or with what their successors say. */
  readonly unmetSize: number;
}

/** Adds a finding for each changed line; one that has a finding already is not named again. */
export function blameLines(breaks: readonly Break[], proof: Proof, findings: Findings): void {
  for (const link of breaks) {
    const isLater = isLaterToBlame(link, proof);
    const seq = isLater ? link.later : link.later - 1;
    if (findings.some((finding) => finding.seq === seq && isAbout(finding.code))) continue;
    findings.add(isLater ? laterChanged(link) : earlierChanged(link));
  }
  // A time that was changed makes the next line's look wrong too.
  findings.remove(
    (finding) =>
      finding.code === "RECEIVED_NOT_LATER" &&
      finding.seq !== null &&
      findings
        .list()
        .some(
          (other) => other !== finding && isAbout(other.code) && (other.seq === finding.seq || other.seq === finding.seq! - 1),
        ),
  );
}

function isAbout(code: string): boolean {
  return code === "LINE_CHANGED" || code === "UNPARSEABLE" || code === "OUT_OF_ORDER";
}

function isLaterToBlame(link: Break, proof: Proof): boolean {
  if (link.later === 0) return true; // nothing stands before it
  if (proof.sizesAsRead.has(link.later)) return true; // all before it is as it was signed
  if (link.later - 1 < proof.linkedSize) return false; // its `prev` is as it was signed
  if (link.laterClaimed !== undefined) return link.laterClaimed !== link.laterLeaf;
  // The last line: had only the one before it been changed, the signed root would have been met.
  return link.later < proof.unmetSize;
}

function earlierChanged(link: Break) {
  return {
    code: "LINE_CHANGED",
    seq: link.later - 1,
    expected: `hash ${link.claimed}, by prev of seq ${link.later}`,
    found: `hash ${link.actual}`,
    where: link.earlierWhere,
  } as const;
}

function laterChanged(link: Break) {
  const byNext = link.laterClaimed !== undefined && link.laterClaimed !== link.laterLeaf;
  return {
    code: "LINE_CHANGED",
    seq: link.later,
    expected: byNext ? `hash ${link.laterClaimed}, by prev of seq ${link.later + 1}` : `prev ${link.actual}`,
    found: byNext ? `hash ${link.laterLeaf}` : `prev ${link.claimed}`,
    where: link.laterWhere,
  } as const;
}
