import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Pieces } from "../../src/http/pieces.ts";

describe("the pieces of a body", () => {
  test("are the body, whatever their sizes", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9_000), { maxLength: 60 }), (sizes) => {
        const pieces = new Pieces();
        const parts = sizes.map((size, i) => Buffer.alloc(size, i));
        for (const part of parts) pieces.add(part);
        assert.equal(pieces.bytes, Buffer.concat(parts).length);
        assert.deepEqual(pieces.join(), Buffer.concat(parts));
      }),
    );
  });

  test("are the body also when it is large and its length was announced", () => {
    const pieces = new Pieces();
    const body = Buffer.from(Array.from({ length: 3 * 2 ** 20 }, (_, i) => i % 251));
    for (let at = 0; at < body.length; at += 10_007) pieces.add(body.subarray(at, at + 10_007), body.length);
    assert.ok(pieces.join().equals(body));
  });

  test("do not share memory with what was given when they are small", () => {
    const pieces = new Pieces();
    const part = Buffer.from("abc");
    pieces.add(part);
    part.fill(0);
    assert.equal(pieces.join().toString(), "abc");
  });
});
