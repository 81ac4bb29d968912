import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatTime, parseTime } from "@proofline/event";
import fc from "fast-check";
import { uint64 } from "./arbitrary.ts";

describe("time", () => {
  test("is RFC 3339 in UTC with nine decimals", () => {
    assert.equal(formatTime(0n), "1970-01-01T00:00:00.000000000Z");
    assert.equal(formatTime(1795209243123456789n), "2026-11-20T21:14:03.123456789Z");
    assert.equal(formatTime(2n ** 64n - 1n), "2554-07-21T23:34:33.709551615Z");
  });

  test("reads back over the whole range of a uint64", () => {
    fc.assert(fc.property(uint64, (ns) => parseTime(formatTime(ns)) === ns));
  });

  test("sorts as its text does", () => {
    fc.assert(fc.property(uint64, uint64, (a, b) => a < b === formatTime(a) < formatTime(b)));
  });

  test("moves between a few seconds without mixing them up", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(1_999_999_990n, 5_000_000_010n)), (times) => {
        for (const ns of times)
          assert.equal(formatTime(ns), `1970-01-01T00:00:0${ns / 10n ** 9n}.${String(ns % 10n ** 9n).padStart(9, "0")}Z`);
      }),
    );
  });

  test("outside of a uint64 is refused with INVALID_TIME", () => {
    formatTime(2n ** 64n - 1n); // its second must not be taken for a whole one
    for (const ns of [-1n, 2n ** 64n]) assert.throws(() => formatTime(ns), { code: "INVALID_TIME" });
  });

  for (const wrong of [
    "",
    "2026-11-20T21:14:03.12345678Z",
    "2026-11-20T21:14:03.1234567890Z",
    "2026-11-20t21:14:03.123456789z",
    "2026-11-20 21:14:03.123456789Z",
    "2026-11-20T21:14:03.123456789+00:00",
    "2026-02-30T00:00:00.000000000Z",
    "2026-11-20T24:00:00.000000000Z",
    "2016-12-31T23:59:60.000000000Z",
    "1969-12-31T23:59:59.999999999Z",
    "2554-07-21T23:34:33.709551616Z",
    "2554-07-21T23:34:34.000000000Z",
    "9999-12-31T23:59:59.999999999Z",
    "2026-11-20T21:14:03.123456789Z\n",
  ])
    test(`${JSON.stringify(wrong)} is refused with BAD_TIME`, () => assert.throws(() => parseTime(wrong), { code: "BAD_TIME" }));

  test("the last second of the range is refused past its end also when it was just seen", () => {
    assert.equal(parseTime("2554-07-21T23:34:33.709551615Z"), 2n ** 64n - 1n);
    assert.throws(() => parseTime("2554-07-21T23:34:33.709551616Z"), { code: "BAD_TIME" });
  });
});
