import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatHead, formatLine, type Head, LineError, parseHead, parseLine } from "@proofline/event";
import fc from "fast-check";
import { line } from "./arbitrary.ts";

const HEAD = `{"v":1,"log":"a/b","seq":41,"prev":"${"A".repeat(43)}=","received":"2026-11-20T21:14:03.123456789Z",`;
const read = (text: string): Head => parseHead(Buffer.from(text));

function accepted(bytes: Uint8Array): Head | undefined {
  try {
    return parseHead(bytes);
  } catch (error) {
    if (error instanceof LineError) return undefined;
    throw error;
  }
}

describe("parseHead", () => {
  test("finds the place of a line and where its tail begins", () => {
    assert.deepEqual(read(`${HEAD}"id":"x"}`), {
      log: "a/b",
      seq: 41,
      prev: `${"A".repeat(43)}=`,
      received: 1795209243123456789n,
      tailOffset: HEAD.length,
    });
  });

  test("agrees with parseLine on every line", () => {
    fc.assert(
      fc.property(line, (l) => {
        const { tailOffset, ...header } = parseHead(Buffer.from(formatLine(l)));
        assert.deepEqual(header, { log: l.log, seq: l.seq, prev: l.prev, received: l.received });
        assert.equal(tailOffset, Buffer.byteLength(formatHead(l)));
      }),
    );
  });

  test("accepts no head that is spelled otherwise, whatever was read before", () => {
    const mutation = fc.tuple(fc.nat(HEAD.length), fc.nat(255), fc.boolean());
    fc.assert(
      fc.property(mutation, ([where, byte, insert]) => {
        read(`${HEAD}"id":"x"}`);
        const bytes = [...Buffer.from(`${HEAD}"id":"x"}`)];
        bytes.splice(where, insert ? 0 : 1, byte);
        const head = accepted(Uint8Array.from(bytes));
        if (head !== undefined) assert.equal(formatHead(head), Buffer.from(bytes).toString("utf8", 0, head.tailOffset));
      }),
      { numRuns: 3000 },
    );
  });

  test("gives a head or a LineError for any bytes and for any beginning of a line", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => accepted(bytes) === undefined));
    const bytes = Buffer.from(`${HEAD}"id":`);
    for (let length = 0; length < bytes.length; length++) assert.equal(accepted(bytes.subarray(0, length)), undefined);
  });

  const refusals: [string, string, string][] = [
    ["another version", HEAD.replace(":1,", ":2,"), "BAD_VERSION"],
    ["another object", "{}", "SYNTAX"],
    ["an empty log", HEAD.replace("a/b", ""), "EMPTY_FIELD"],
    ["an escape that is not needed", HEAD.replace("a/b", "a\\/b"), "BAD_STRING"],
    ["a leading zero", HEAD.replace(":41", ":041"), "BAD_NUMBER"],
    ["a seq beyond 2^53-1", HEAD.replace(":41", ":9007199254740992"), "OUT_OF_RANGE"],
    ["no seq", HEAD.replace(":41", ":"), "SYNTAX"],
    ["a prev that is no base64", HEAD.replace("A=", "-="), "BAD_HASH"],
    ["30 February", HEAD.replace("11-20", "02-30"), "BAD_TIME"],
    ["no id after it", `${HEAD}"event":"x"}`, "SYNTAX"],
    ["a very long line", `${HEAD}"id":"${"x".repeat(65_535)}"}`, "TOO_LONG"],
  ];
  for (const [what, text, code] of refusals)
    test(`refuses ${what} with ${code}, as parseLine does`, () => {
      const whole = text.endsWith("}") ? text : `${text}"id":"x"}`;
      assert.throws(() => read(whole), { name: "LineError", code });
      assert.throws(() => parseLine(Buffer.from(whole)), { name: "LineError" });
    });

  test("refuses ill-formed UTF-8 in the log's name", () => {
    const bytes = Buffer.from(`${HEAD}"id":"x"}`);
    bytes[bytes.indexOf("a/b")] = 0xff;
    assert.throws(() => parseHead(bytes), { code: "NOT_UTF8" });
  });
});
