import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { emptyRecord, formatTail, type LogRecord } from "@proofline/event";
import fc from "fast-check";
import { ProducerGaps } from "../../src/pipeline/producer-gaps.ts";
import { producerRuns } from "../../src/pipeline/producer-runs.ts";

function batch(records: readonly Partial<LogRecord>[]): { bytes: Uint8Array; ends: Uint32Array } {
  const tails = records.map((record) => Buffer.from(formatTail({ ...emptyRecord(), id: "x", ...record })));
  let end = 0;
  return { bytes: Buffer.concat(tails), ends: Uint32Array.from(tails, ({ length }) => (end += length)) };
}
const of = (stream: string, number: number, end = false) => ({ producer: { stream, number, end } });

describe("the producers of a request", () => {
  test("are read off the tails: numbers that follow one another are one run", () => {
    const runs = producerRuns(batch([of("a", 1), of("a", 2), {}, of("b", 7), of("a", 3), of("a", 5, true)]));
    assert.deepEqual(
      runs.map(({ stream, first, last, end }) => [stream, first, last, end]),
      [
        ['"a"', 1, 2, false],
        ['"b"', 7, 7, false],
        ['"a"', 3, 3, false],
        ['"a"', 5, 5, true],
      ],
    );
  });

  test("are found before a writer, notes and quarantine, and never within attributes", () => {
    const beside = { writer: "team-a", notes: [{ path: "id", note: "assigned" as const }] };
    assert.equal(producerRuns(batch([{ ...of("a", 1), ...beside }])).length, 1);
    const forged = new Map([
      [
        "producer",
        new Map<string, string | bigint>([
          ["stream", "x"],
          ["number", 5n],
        ]),
      ],
    ]);
    assert.deepEqual(producerRuns(batch([{ attributes: forged }, { attributes: forged, ...beside }])), []);
  });
});

describe("the gaps of producers", () => {
  test("are the numbers that were passed and have not come", () => {
    const gaps = new ProducerGaps();
    const add = (first: number, last: number, end = false) => gaps.add({ stream: "a", first, last, end });
    add(5, 9);
    assert.equal(gaps.missing, 0, "what was before the first one is not known");
    add(13, 20);
    assert.equal(gaps.missing, 3);
    add(11, 11);
    assert.equal(gaps.missing, 2);
    add(11, 11);
    add(10, 12);
    assert.equal(gaps.missing, 0);
  });

  test("are none, whatever the order and however often, once all have come", () => {
    const runs = fc.array(fc.tuple(fc.nat(50), fc.nat(5)), { maxLength: 40 });
    fc.assert(
      fc.property(runs, (given) => {
        const gaps = new ProducerGaps();
        gaps.add({ stream: "a", first: 0, last: 0, end: false });
        const come = new Set([0]);
        for (const [first, more] of given) {
          gaps.add({ stream: "a", first, last: first + more, end: false });
          for (let n = first; n <= first + more; n++) come.add(n);
        }
        const top = Math.max(...come);
        assert.equal(gaps.missing, top + 1 - come.size);
      }),
    );
  });

  test("are kept for a bounded number of streams", () => {
    const gaps = new ProducerGaps();
    for (let i = 0; i < 20_000; i++) gaps.add({ stream: String(i), first: 1, last: 1, end: false });
    gaps.add({ stream: "0", first: 9, last: 9, end: false });
    assert.equal(gaps.missing, 0, "forgotten, so it begins anew");
  });
});
