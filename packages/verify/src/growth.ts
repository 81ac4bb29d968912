// growth.ts: whether a log only grew since a checkpoint that somebody kept, proven from its tiles: a consistency proof by RFC 9162 2.1.4, made
// of tiles that themselves lead to the signed root. Knows no server; whoever has tiles brings them.

import { consistencyProof, EMPTY_ROOT, type Hash, hashToBase64, TILE_WIDTH, TlogError, verifyConsistency } from "@proofline/tlog";
import type { Findings } from "./report.ts";
import { describeSigned, type Signed } from "./signed.ts";
import type { TileFolder } from "./tile-folder.ts";

/** `unproven`: tiles are missing. Of the others, findings say what was found. */
export type Growth = "grown" | "contradicted" | "unproven";

/**
 * Adds ROLLED_BACK, FORKED or TILE_CHANGED when the log is not the one of the old checkpoint.
 * @param fetchPath brings the tile and those above it to where `tiles` reads
 */
export async function checkGrowth(
  old: Signed,
  now: Signed,
  tiles: TileFolder,
  fetchPath: (level: number, index: number) => Promise<boolean>,
  findings: Findings,
): Promise<Growth> {
  const contradict = (code: "ROLLED_BACK" | "FORKED", seq: number | null): Growth => {
    findings.add({ code, seq, expected: describeSigned(old), found: describeSigned(now), where: now.where });
    return "contradicted";
  };
  if (old.size > now.size) return contradict("ROLLED_BACK", now.size);
  if (old.size === 0) return hashToBase64(old.root) === hashToBase64(EMPTY_ROOT) ? "grown" : contradict("FORKED", null);
  const wanted: [level: number, index: number][] = [];
  consistencyProof(old.size, now.size, (level, index) => {
    wanted.push([level, index]);
    return EMPTY_ROOT; // only which are asked for is of interest yet
  });
  for (const [level, index] of wanted) {
    const slots = 2 ** (level % 8);
    await fetchPath(Math.floor(level / 8), Math.floor((index * slots) / TILE_WIDTH));
  }
  const hashes = new Map<string, Hash>();
  for (const [level, index] of wanted) {
    const hash = tiles.subtree(level, index);
    if (hash === "unusable") return "unproven";
    if (hash === "wrong") {
      findings.add({
        code: "TILE_CHANGED",
        seq: index * 2 ** level,
        expected: `tiles that lead to root ${hashToBase64(now.root)} over ${now.size} lines, as signed`,
        found: "whole tiles that lead to another root",
        where: now.where,
      });
      return "contradicted";
    }
    hashes.set(`${level}/${index}`, hash);
  }
  try {
    const proof = consistencyProof(old.size, now.size, (level, index) => hashes.get(`${level}/${index}`)!);
    verifyConsistency(old.size, now.size, old.root, now.root, proof);
    return "grown";
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    return contradict("FORKED", null);
  }
}
