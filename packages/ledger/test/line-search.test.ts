import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { emptyRecord, formatHead, formatTail } from "@proofline/event";
import fc from "fast-check";
import { findLineBefore } from "../src/line-search.ts";

const PREV = Buffer.alloc(32, 1).toString("base64");

interface Segment {
  readonly bytes: Buffer;
  /** Where each line begins. */
  readonly starts: readonly number[];
  readonly reads: { count: number; bytes: number };
  read(into: Uint8Array, position: number): Promise<number>;
}

/** Lines with bodies of the lengths given, the first of them `first`. */
function segmentOf(first: number, lengths: readonly number[]): Segment {
  const starts: number[] = [];
  const parts: Buffer[] = [];
  let at = 0;
  for (const [i, length] of lengths.entries()) {
    const tail = formatTail({ ...emptyRecord(), id: `r-${i}`, body: 'a "seq":7 {"v":1 '.repeat(length / 16) });
    const line = Buffer.from(`${formatHead({ log: "a/b", seq: first + i, prev: PREV, received: BigInt(i) })}${tail}\n`);
    starts.push(at);
    parts.push(line);
    at += line.length;
  }
  const bytes = Buffer.concat(parts);
  const reads = { count: 0, bytes: 0 };
  const read = (into: Uint8Array, position: number): Promise<number> => {
    const read = bytes.copy(into, 0, position, position + into.length);
    reads.count++;
    reads.bytes += read;
    return Promise.resolve(read);
  };
  return { bytes, starts, reads, read };
}

describe("the search for a line in a segment", () => {
  test("arrives at the beginning of a line, not after the one that is looked for, and near it", async () => {
    const length = fc.oneof(
      { arbitrary: fc.integer({ min: 0, max: 3000 }), weight: 20 },
      { arbitrary: fc.constant(48_000), weight: 1 },
    );
    const lengths = fc.array(length, { minLength: 1, maxLength: 600, size: "max" });
    await fc.assert(
      fc.asyncProperty(lengths, fc.nat(1_000_000), fc.nat(), async (all, first, any) => {
        const segment = segmentOf(first, all);
        const seq = first + (any % all.length);
        const found = await findLineBefore(segment, first, segment.bytes.length, seq);
        assert.equal(segment.starts[found.seq - first], found.offset);
        assert.ok(found.seq <= seq);
        assert.ok(segment.starts[seq - first]! - found.offset <= (128 + 64) << 10);
      }),
      { numRuns: 60 },
    );
  });

  test("reads little, however long the segment", async () => {
    const segment = segmentOf(
      0,
      Array.from({ length: 40_000 }, () => 640),
    );
    assert.ok(segment.bytes.length > 30 << 20);
    await findLineBefore(segment, 0, segment.bytes.length, 31_234);
    assert.ok(segment.reads.count <= 10, `${segment.reads.count} reads`);
    assert.ok(segment.reads.bytes <= 100_000, `${segment.reads.bytes} bytes`);
  });

  test("over other bytes than were written it ends, at a line's place in what is believed", async () => {
    const segment = segmentOf(
      5,
      Array.from({ length: 2000 }, () => 640),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.nat(segment.bytes.length - 1),
        fc.integer({ min: 1, max: 400_000 }),
        fc.nat(255),
        async (from, count, value) => {
          const kept = Buffer.from(segment.bytes);
          segment.bytes.fill(value, from, Math.min(from + count, segment.bytes.length));
          const found = await findLineBefore(segment, 5, segment.bytes.length, 1500);
          segment.bytes.set(kept);
          assert.ok(found.seq >= 5 && found.seq <= 1500 && found.offset < segment.bytes.length);
        },
      ),
      { numRuns: 50 },
    );
  });
});
