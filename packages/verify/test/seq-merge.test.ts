import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { ReadLine } from "../src/line-reader.ts";
import { SeqMerge } from "../src/seq-merge.ts";

const line = (seq: number, version = ""): ReadLine => ({
  head: { log: "l", seq, prev: `leaf ${seq - 1}`, received: "" },
  error: undefined,
  leaf: `leaf ${seq}${version}`,
  where: "",
  content: undefined,
});
const noise = (name: string): ReadLine => ({ ...line(0), head: undefined, leaf: name });

function merge(lines: readonly ReadLine[]) {
  const out: string[] = [];
  const conflicts: number[] = [];
  const seqMerge = new SeqMerge(0, { onLine: ({ leaf }) => out.push(leaf), onConflict: (seq) => conflicts.push(seq) });
  for (const one of lines) seqMerge.add(one, 100);
  seqMerge.finish();
  return { out, conflicts };
}

describe("merging by number", () => {
  test("any order, with any repeats, comes out in order and once", () => {
    const shuffled = fc.shuffledSubarray(Array.from({ length: 40 }, (_, i) => i));
    fc.assert(
      fc.property(shuffled, fc.array(fc.nat(39), { maxLength: 40 }), (seqs, again) => {
        const repeats = again.filter((seq) => seqs.includes(seq));
        const { out, conflicts } = merge([...seqs, ...repeats].map((seq) => line(seq)));
        assert.deepEqual(
          out,
          seqs.toSorted((a, b) => a - b).map((seq) => `leaf ${seq}`),
        );
        assert.deepEqual(conflicts, []);
      }),
    );
  });

  test("of two versions, the one that the next line goes on from is kept, and the other told, also when it comes late", () => {
    assert.deepEqual(merge([line(0), line(1, "'"), line(1), line(2)]), { out: ["leaf 0", "leaf 1", "leaf 2"], conflicts: [1] });
    assert.deepEqual(merge([line(0), line(1), line(2), line(3), line(1, "'")]).conflicts, [1]);
  });

  test("what has no number stays behind the line that it came after", () => {
    assert.deepEqual(merge([line(0), noise("x"), line(1), line(2), noise("y")]).out, ["leaf 0", "x", "leaf 1", "leaf 2", "y"]);
    assert.deepEqual(merge([noise("x"), line(0)]).out, ["x", "leaf 0"]);
  });

  test("a number that never comes is given up when too many wait", () => {
    const lines = Array.from({ length: 120_000 }, (_, i) => line(i + 1));
    const { out } = merge(lines);
    assert.deepEqual([out.length, out[0], out.at(-1)], [120_000, "leaf 1", "leaf 120000"]);
  });
});
