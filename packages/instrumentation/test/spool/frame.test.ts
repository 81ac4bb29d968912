// Specifies spool/frame.ts.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { encodeFrame, FRAME_HEADER_BYTES, frameAt, nextFrame } from "../../src/spool/frame.ts";

const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 8 });

function scan(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; ; ) {
    const frame = frameAt(bytes, at);
    if (frame.at !== "whole") return found;
    found.push(frame.body);
    at = frame.end;
  }
}

describe("a frame", () => {
  test("comes back as it was written, and so do many behind one another", () => {
    fc.assert(
      fc.property(bodies, (given) => {
        const found = scan(Buffer.concat(given.map(encodeFrame)));
        assert.deepEqual(
          found.map(String),
          given.map((body) => String(Buffer.from(body))),
        );
      }),
    );
  });

  test("cut off at any byte yields exactly the whole frames before the cut", () => {
    const given = ["first", "second one", "third"].map((text) => Buffer.from(text));
    const frames = given.map(encodeFrame);
    const bytes = Buffer.concat(frames);
    for (let cut = 0; cut <= bytes.length; cut++) {
      let whole = 0;
      for (let end = 0; whole < frames.length && end + frames[whole]!.length <= cut; whole++) end += frames[whole]!.length;
      assert.equal(scan(bytes.subarray(0, cut)).length, whole, `cut at ${cut}`);
    }
  });

  test("with any one byte changed is not taken, and what stands before it is", () => {
    const frames = ["first", "second one", "third"].map((text) => encodeFrame(Buffer.from(text)));
    const bytes = Buffer.concat(frames);
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(bytes);
        changed[at]! ^= mask;
        const hit = at < frames[0]!.length ? 0 : at < frames[0]!.length + frames[1]!.length ? 1 : 2;
        assert.equal(scan(changed).length, hit, `byte ${at} ^ ${mask}`);
      }
    }
  });

  test("is not found in zeros, which a power cut can leave", () => {
    assert.equal(frameAt(Buffer.alloc(4096), 0).at, "bad");
  });

  test("scanning any bytes ends without an exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const body of scan(Buffer.from(bytes))) assert.ok(body.length > 0);
      }),
    );
  });

  test("behind damage is found again", () => {
    const good = encodeFrame(Buffer.from([0x0a, 1, 2, 3]));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (junk) => {
        const bytes = Buffer.concat([Buffer.from(junk), good]);
        const at = nextFrame(bytes, -1, 0x0a);
        assert.equal(at, junk.length);
      }),
    );
    assert.equal(nextFrame(Buffer.alloc(100), 0, 0x0a), -1);
    assert.equal(FRAME_HEADER_BYTES, 8);
  });
});
