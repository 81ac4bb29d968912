import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { formatHead, MAX_LINE_BYTES, maxHeadBytes } from "@proofline/event";
import { hashToBase64, leafHash } from "@proofline/tlog";
import fc from "fast-check";
import { Batch, LineWriter, leafHashInPlace } from "../src/batch.ts";
import { NO_LINE } from "../src/chain-walk.ts";
import { HeadTemplate } from "../src/head-template.ts";
import { momentOf } from "../src/received-clock.ts";

const tails = fc.array(
  fc.string({ unit: "binary" }).map((text) => `"id":${JSON.stringify(text)}}`),
  { minLength: 1, maxLength: 20 },
);
const moments = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });

test("a line is event's head and the tail, and is hashed as tlog hashes it", () => {
  fc.assert(
    fc.property(
      tails,
      moments,
      fc.nat(),
      fc.constantFrom("a", "audit.example.com/prod-0", "lög/ünï"),
      (texts, received, first, log) => {
        const batch = new Batch(1 << 16);
        const writer = new LineWriter(log, NO_LINE);
        let expected = "";
        let hashes = "";
        let prev = NO_LINE;
        for (const [i, tail] of texts.entries()) {
          const line = formatHead({ log, seq: first + i, prev, received: received + BigInt(i) }) + tail;
          prev = hashToBase64(leafHash(Buffer.from(line)));
          expected += `${line}\n`;
          hashes += Buffer.from(prev, "base64").toString("hex");
          const bytes = Buffer.from(`x${tail}y`);
          writer.write(batch, first + i, momentOf(received), i, bytes, 1, bytes.length - 1);
        }
        assert.equal(Buffer.from(batch.lines).toString(), expected);
        assert.equal(Buffer.from(batch.hashes).toString("hex"), hashes);
        assert.deepEqual([batch.first, batch.count, writer.prev], [first, texts.length, prev]);
      },
    ),
  );
});

test("one head after the other is as event spells it, whatever changes from one to the next", () => {
  const steps = fc.array(fc.record({ seq: fc.constantFrom(0, 1, 1, 1, 1, 7), later: fc.nat({ max: 3_000_000_000 }) }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(fc.nat(), moments, steps, (first, received, taken) => {
      const template = new HeadTemplate("a", NO_LINE);
      let seq = first;
      for (const step of [...taken, { seq: 99_999 - first, later: 0 }, { seq: 1, later: 1 }, { seq: 1, later: 2 }]) {
        seq = Math.max(0, seq + step.seq);
        const leaf = leafHash(Buffer.from(String(seq)));
        template.link(Buffer.concat([Buffer.from("before"), leaf]), "before".length);
        const prev = hashToBase64(leaf);
        assert.equal(template.prev, prev);
        const expected = formatHead({ log: "a", seq, prev, received: received + BigInt(step.later) });
        assert.equal(template.fill(seq, momentOf(received), step.later).toString(), expected);
      }
    }),
  );
});

test("a batch has room for a line as long as the longest line fits, and for one at least", () => {
  const log = "a";
  const batch = new Batch(1);
  const writer = new LineWriter(log, NO_LINE);
  const longest = `"id":"${"x".repeat(MAX_LINE_BYTES - maxHeadBytes(log) - 8)}"}`;
  assert.ok(batch.hasRoom);
  writer.write(batch, Number.MAX_SAFE_INTEGER, momentOf(0n), 0, Buffer.from(longest), 0, longest.length);
  assert.equal(batch.lines.length, MAX_LINE_BYTES + 1);
  assert.ok(!batch.hasRoom);
  batch.clear();
  assert.ok(batch.hasRoom);
  assert.deepEqual([batch.count, batch.lines.length, batch.hashes.length], [0, 0, 0]);
});

test("the byte before a line is what it was when its hash was taken", () => {
  const buffer = Buffer.from("\nabc\n");
  assert.equal(leafHashInPlace(buffer, 1, 4), hashToBase64(leafHash(Buffer.from("abc"))));
  assert.equal(buffer.toString(), "\nabc\n");
});
