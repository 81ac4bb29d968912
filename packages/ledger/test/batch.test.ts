import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { formatHead, formatTime, MAX_LINE_BYTES, maxHeadBytes } from "@proofline/event";
import { hashToBase64, leafHash } from "@proofline/tlog";
import fc from "fast-check";
import { Batch, LineWriter, leafHashInPlace } from "../src/batch.ts";
import { NO_LINE } from "../src/chain-walk.ts";
import { MomentSpeller, momentOf } from "../src/received-clock.ts";

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

test("any moment is spelled as event spells it", () => {
  const speller = new MomentSpeller();
  fc.assert(
    fc.property(moments, fc.nat({ max: 3_000_000_000 }), (ns, later) => {
      assert.equal(speller.spell(momentOf(ns), later), formatTime(ns + BigInt(later)));
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
