import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Double, type Fields, formatTail, Ref, type Value } from "@proofline/event";
import fc from "fast-check";
import { recordWith, text } from "./arbitrary.ts";

/** How a value stands in a line. */
const spelled = (value: Value): string => formatTail(recordWith({ body: value })).slice('"id":"r1","body":'.length, -1);

const rows: [string, Value, string][] = [
  ["an empty AnyValue", null, "null"],
  ["true", true, "true"],
  ["zero", 0, "0"],
  ["the largest plain integer", 9007199254740991, "9007199254740991"],
  ["one more", 9007199254740992n, '{"$int":"9007199254740992"}'],
  ["one less than the smallest plain one", -9007199254740992n, '{"$int":"-9007199254740992"}'],
  ["the largest int64", 9223372036854775807n, '{"$int":"9223372036854775807"}'],
  ["the smallest int64", -9223372036854775808n, '{"$int":"-9223372036854775808"}'],
  ["a bigint that a number can hold", 41n, "41"],
  ["1.0", new Double(1), "1.0"],
  ["0.1", new Double(0.1), "0.1"],
  ["+0", new Double(0), "0.0"],
  ["-0", new Double(-0), "-0.0"],
  ["1e20, the last without an exponent", new Double(1e20), "100000000000000000000.0"],
  ["1e21", new Double(1e21), "1e+21"],
  ["1e-7", new Double(1e-7), "1e-7"],
  ["1.5e300", new Double(1.5e300), "1.5e+300"],
  ["the smallest double", new Double(5e-324), "5e-324"],
  ["NaN", new Double(Number.NaN), '{"$double":"NaN"}'],
  ["infinity", new Double(Number.POSITIVE_INFINITY), '{"$double":"Infinity"}'],
  ["minus infinity", new Double(Number.NEGATIVE_INFINITY), '{"$double":"-Infinity"}'],
  ["no bytes", new Uint8Array(), '{"$bytes":""}'],
  ["bytes", Uint8Array.of(0xfb, 0xff), '{"$bytes":"+/8="}'],
  ["a view of bytes", Uint8Array.of(1, 2, 3, 4).subarray(1, 3), '{"$bytes":"AgM="}'],
  ["a moved value", new Ref("ab".repeat(32), 70000), `{"$ref":"sha256:${"ab".repeat(32)}","bytes":70000}`],
  ["an empty list", [], "[]"],
  ["a list", [1, "a", null], '[1,"a",null]'],
  ["an empty map", new Map(), "{}"],
  [
    "keys that begin with $",
    new Map([
      ["$int", 1],
      ["$$", 2],
      ["a$", 3],
    ]),
    '{"$$int":1,"$$$":2,"a$":3}',
  ],
  [
    "keys of Object.prototype",
    new Map([
      ["__proto__", 1],
      ["constructor", 2],
    ]),
    '{"__proto__":1,"constructor":2}',
  ],
];

describe("a value is spelled in one way", () => {
  for (const [what, value, spelling] of rows)
    test(`${what}: ${spelling.slice(0, 40)}`, () => assert.equal(spelled(value), spelling));

  test("strings escape quotes, backslashes and controls, and nothing else", () => {
    assert.equal(spelled('\u0000\b\t\n\u000b\f\r\u001f"\\'), '"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\\"\\\\"');
    assert.equal(spelled("/<>&'\u007f\u2028\u2029é\u{1f600}"), '"/<>&\'\u007f\u2028\u2029é\u{1f600}"');
  });

  test("any well-formed string is spelled as JSON.stringify does", () => {
    fc.assert(fc.property(text, (s) => spelled(s) === JSON.stringify(s)));
  });

  test("a number that is no int64, and a bigint beyond int64, are refused with INVALID_RECORD", () => {
    for (const value of [1.5, Number.NaN, 2 ** 53, 2n ** 63n, -(2n ** 63n) - 1n, new Ref("AB", 1)]) {
      assert.throws(() => spelled(value), { code: "INVALID_RECORD" });
    }
  });
});

/** `levels` levels in all: lists around one scalar. */
function nest(levels: number, innermost: Value): Value {
  let value = innermost;
  for (let level = 1; level < levels; level++) value = level % 2 === 0 ? [value] : new Map([["k", value]]);
  return value;
}

describe("nesting is bounded at 64 levels", () => {
  for (const innermost of [1, "a", null, [], new Map()] satisfies Value[]) {
    test(`64 levels around ${JSON.stringify(innermost)} are spelled, 65 are TOO_DEEP`, () => {
      const place = (levels: number): Fields => new Map([["a", nest(levels, innermost)]]);
      formatTail(recordWith({ attributes: place(64), body: nest(64, innermost) }));
      assert.throws(() => formatTail(recordWith({ attributes: place(65) })), { code: "TOO_DEEP" });
      assert.throws(() => formatTail(recordWith({ body: nest(65, innermost) })), { code: "TOO_DEEP" });
    });
  }
});

test("more distinct keys than are remembered are still spelled right", () => {
  for (let i = 0; i < 10_000; i++) assert.equal(spelled(new Map([[`k"${i}`, i]])), `{"k\\"${i}":${i}}`);
});
