import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatTime, Piece, TailWriter } from "@proofline/event";
import fc from "fast-check";

/** What a writer that begins with no room at all makes of it. */
function written(write: (writer: TailWriter) => void): string {
  const writer = new TailWriter(0);
  write(writer);
  return Buffer.from(writer.bytes.subarray(0, writer.at)).toString();
}

describe("the tail writer", () => {
  test("spells times as formatTime does, in any order", () => {
    const nearby = fc.bigInt({ min: 1_795_209_243_000_000_000n, max: 1_795_209_246_000_000_000n });
    const time = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), nearby, fc.constantFrom(0n, 2n ** 64n - 1n, 2n ** 32n));
    fc.assert(
      fc.property(fc.array(time, { maxLength: 8 }), (times) => {
        const text = written((writer) => {
          for (const ns of times) writer.time(Number(ns & 0xffff_ffffn), Number(ns >> 32n));
        });
        assert.equal(text, times.map((ns) => `"${formatTime(ns)}"`).join(""));
      }),
    );
  });

  test("spells integers as String does", () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.nat(1000)), (n) => {
        assert.equal(
          written((writer) => writer.integer(n)),
          String(n),
        );
      }),
    );
  });

  test("spells bytes as hex, copies and writes texts, and grows as it goes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.string({ unit: "grapheme" }), fc.nat(9), (bytes, text, times) => {
        const one = `"${Buffer.from(bytes).toString("hex")}"${text}x`;
        const all = written((writer) => {
          const piece = Piece.of(text);
          for (let i = 0; i <= times; i++) {
            writer.hex(bytes, 0, bytes.length);
            if (i % 2 === 0) writer.text(text);
            else writer.piece(piece);
            writer.byte(0x78);
          }
        });
        assert.equal(all, one.repeat(times + 1));
      }),
    );
  });
});
