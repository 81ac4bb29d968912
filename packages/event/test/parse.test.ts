import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatLine, type Line, LineError, type LineErrorCode, MAX_LINE_BYTES, parseLine } from "@proofline/event";
import fc from "fast-check";
import { line } from "./arbitrary.ts";

const HEAD = `{"v":1,"log":"l","seq":0,"prev":"${"A".repeat(43)}=","received":"1970-01-01T00:00:00.000000001Z",`;
const GOOD = `${HEAD}"id":"r1","event":"e","attributes":{"a":1},"body":"b"}`;
const read = (text: string): Line => parseLine(Buffer.from(text));
const withAttribute = (value: string): string => `${HEAD}"id":"r1","attributes":{"a":${value}}}`;

/** What an accepted line is; any other error than a LineError fails the test. */
function accepted(bytes: Uint8Array): Line | undefined {
  try {
    return parseLine(bytes);
  } catch (error) {
    if (error instanceof LineError) {
      assert.ok(
        Number.isInteger(error.offset) && error.offset >= 0 && error.offset <= bytes.length,
        `offset ${error.offset} of ${bytes.length}`,
      );
      return undefined;
    }
    throw error;
  }
}

describe("parseLine reads what formatLine writes", () => {
  test("whatever the record", () => {
    fc.assert(fc.property(line, (l) => assert.deepEqual(read(formatLine(l)), l)));
  });
});

const q = '"';
const refusals: [string, string, LineErrorCode][] = [
  ["no bytes", "", "SYNTAX"],
  ["an open line", GOOD.slice(0, -1), "SYNTAX"],
  ["a trailing newline", `${GOOD}\n`, "TRAILING_BYTES"],
  ["white space between fields", GOOD.replace(',"event"', ', "event"'), "SYNTAX"],
  ["a byte order mark", `\ufeff${GOOD}`, "SYNTAX"],
  ["another version", GOOD.replace(":1,", ":2,"), "BAD_VERSION"],
  ["version 1.0", GOOD.replace(":1,", ":1.0,"), "BAD_VERSION"],
  ["no log", GOOD.replace('"log":"l",', ""), "MISSING_FIELD"],
  ["an empty log", GOOD.replace('"l"', '""'), "EMPTY_FIELD"],
  ["no id", GOOD.replace('"id":"r1",', ""), "MISSING_FIELD"],
  ["an empty id", GOOD.replace("r1", ""), "EMPTY_FIELD"],
  ["a negative seq", GOOD.replace(":0,", ":-1,"), "OUT_OF_RANGE"],
  ["a fractional seq", GOOD.replace(":0,", ":0.5,"), "BAD_NUMBER"],
  ["a seq beyond 2^53-1", GOOD.replace(":0,", ":9007199254740992,"), "BAD_NUMBER"],
  ["a short prev", GOOD.replace("AAA", ""), "BAD_HASH"],
  ["a prev with spare bits", GOOD.replace("A=", "B="), "BAD_HASH"],
  ["a time with three decimals", GOOD.replace("000001Z", "Z"), "BAD_TIME"],
  ["fields out of order", `${HEAD}"id":"r1","attributes":{"a":1},"event":"e"}`, "FIELD_ORDER"],
  ["a field twice", `${HEAD}"id":"r1","event":"e","event":"e"}`, "FIELD_ORDER"],
  ["an unknown field", `${HEAD}"id":"r1","evnt":"e"}`, "UNKNOWN_FIELD"],
  ["an unknown field before the id", `${HEAD}"evnt":"e","id":"r1"}`, "UNKNOWN_FIELD"],
  ["an escaped field name", GOOD.replace('"event"', '"\\u0065vent"'), "UNKNOWN_FIELD"],
  ["an empty event", GOOD.replace('"e"', '""'), "EMPTY_FIELD"],
  ["empty attributes", GOOD.replace('{"a":1}', "{}"), "EMPTY_FIELD"],
  ["an empty scope", `${HEAD}"id":"r1","scope":{}}`, "EMPTY_FIELD"],
  ["an empty resource", `${HEAD}"id":"r1","resource":{}}`, "EMPTY_FIELD"],
  ["no redactions in a list", `${HEAD}"id":"r1","redactions":[]}`, "EMPTY_FIELD"],
  ["a severity of 0", `${HEAD}"id":"r1","severity":0}`, "EMPTY_FIELD"],
  ["a time of 0", `${HEAD}"id":"r1","time":"1970-01-01T00:00:00.000000000Z"}`, "EMPTY_FIELD"],
  ["flags of 256", `${HEAD}"id":"r1","flags":256}`, "OUT_OF_RANGE"],
  ["a severity beyond int32", `${HEAD}"id":"r1","severity":2147483648}`, "OUT_OF_RANGE"],
  ["an upper-case trace id", `${HEAD}"id":"r1","trace_id":"${"A".repeat(32)}"}`, "BAD_HEX"],
  ["an all-zero span id", `${HEAD}"id":"r1","span_id":"${"0".repeat(16)}"}`, "BAD_HEX"],
  ["a producer that did not end", `${HEAD}"id":"r1","producer":{"stream":"s","number":1,"end":false}}`, "SYNTAX"],
  ["a producer's number 0", `${HEAD}"id":"r1","producer":{"stream":"s","number":0}}`, "OUT_OF_RANGE"],
  ["an empty writer", `${HEAD}"id":"r1","writer":""}`, "EMPTY_FIELD"],
  ["a writer that is no string", `${HEAD}"id":"r1","writer":{"name":"w"}}`, "SYNTAX"],
  ["a writer before the producer", `${HEAD}"id":"r1","writer":"w","producer":{"stream":"s","number":1}}`, "FIELD_ORDER"],
  ["an unknown note", `${HEAD}"id":"r1","notes":[{"path":"id","note":"nice"}]}`, "BAD_CODE"],
  [
    "notes out of order",
    `${HEAD}"id":"r1","notes":[{"path":"b","note":"missing"},{"path":"a","note":"missing"}]}`,
    "NOT_CANONICAL",
  ],
  ["a note twice", `${HEAD}"id":"r1","notes":[{"path":"a","note":"missing"},{"path":"a","note":"missing"}]}`, "NOT_CANONICAL"],
  ["an unknown quarantine code", `${HEAD}"id":"r1","quarantine":{"code":"ODD"}}`, "BAD_CODE"],
  ["quarantined bytes in the line", `${HEAD}"id":"r1","quarantine":{"code":"MALFORMED","bytes":{"$bytes":"AA=="}}}`, "SYNTAX"],
  ["no value", withAttribute(""), "SYNTAX"],
  ["a word", withAttribute("nul"), "SYNTAX"],
  ["an unclosed list", withAttribute("[1"), "SYNTAX"],
  ["a trailing comma", withAttribute("[1,]"), "SYNTAX"],
  ["an unclosed string", withAttribute('"abc').slice(0, -2), "SYNTAX"],
  ["a string that ends in an escape", `${HEAD}"id":"r1","body":"\\`, "SYNTAX"],
  ["-0 as an integer", withAttribute("-0"), "BAD_NUMBER"],
  ["a leading zero", withAttribute("01"), "BAD_NUMBER"],
  ["a plus", withAttribute("+1"), "SYNTAX"],
  ["a zero too many", withAttribute("1.50"), "BAD_NUMBER"],
  ["a double without need of its exponent", withAttribute("1e2"), "BAD_NUMBER"],
  ["an upper-case exponent", withAttribute("1E+21"), "BAD_NUMBER"],
  ["an exponent without its sign", withAttribute("1e21"), "BAD_NUMBER"],
  ["a double beyond all doubles", withAttribute("1e+400"), "BAD_NUMBER"],
  ["more digits than a double has", withAttribute("0.10000000000000001"), "BAD_NUMBER"],
  ["a plain integer beyond 2^53-1", withAttribute("9007199254740992"), "BAD_NUMBER"],
  ["$int within 2^53-1", withAttribute('{"$int":"9007199254740991"}'), "BAD_TAG"],
  ["$int beyond int64", withAttribute('{"$int":"9223372036854775808"}'), "BAD_TAG"],
  ["$int with a leading zero", withAttribute('{"$int":"09007199254740992"}'), "BAD_TAG"],
  ["$double of a finite number", withAttribute('{"$double":"1.5"}'), "BAD_TAG"],
  ["$bytes without padding", withAttribute('{"$bytes":"AA"}'), "BAD_TAG"],
  ["$bytes in the URL alphabet", withAttribute('{"$bytes":"-_8="}'), "BAD_TAG"],
  ["$bytes with spare bits", withAttribute('{"$bytes":"AB=="}'), "BAD_TAG"],
  ["$ref of another hash", withAttribute(`{"$ref":"sha1:${"0".repeat(40)}","bytes":1}`), "BAD_TAG"],
  ["$ref without a length", withAttribute(`{"$ref":"sha256:${"0".repeat(64)}"}`), "SYNTAX"],
  ["an unknown tag", withAttribute('{"$date":"x"}'), "BAD_TAG"],
  ["a tag beside other keys", withAttribute('{"$int":"9007199254740992","b":1}'), "SYNTAX"],
  ["a tag that is not first", withAttribute('{"b":1,"$int":"9007199254740992"}'), "BAD_TAG"],
  ["a tag in the place of attributes", `${HEAD}"id":"r1","attributes":{"$int":"9007199254740992"}}`, "BAD_TAG"],
  ["a key twice", withAttribute('1,"a":2'), "DUPLICATE_KEY"],
  ["a key twice, deeper", withAttribute('{"b":1,"b":1}'), "DUPLICATE_KEY"],
  ["__proto__ twice", withAttribute('{"__proto__":1,"__proto__":2}'), "DUPLICATE_KEY"],
  ["a raw control", withAttribute('"a\tb"'), "BAD_STRING"],
  ["an escape without need", withAttribute('"\\u0041"'), "BAD_STRING"],
  ["an escaped slash", withAttribute('"\\/"'), "BAD_STRING"],
  ["a long form of a short escape", withAttribute('"\\u000a"'), "BAD_STRING"],
  ["upper-case hex in an escape", withAttribute('"\\u001F"'), "BAD_STRING"],
  ["an escaped lone surrogate", withAttribute('"\\ud800"'), "BAD_STRING"],
  ["65 levels", withAttribute("[".repeat(64) + "1" + "]".repeat(64)), "TOO_DEEP"],
  ["a hundred thousand brackets", `${HEAD}"id":"r1","body":${"[".repeat(60_000)}`, "TOO_DEEP"],
];

describe("parseLine refuses every other spelling", () => {
  test("but the good one", () => assert.equal(read(GOOD).event, "e"));
  for (const [what, text, code] of refusals)
    test(`${what}: ${code}`, () => {
      assert.notEqual(text, GOOD);
      assert.throws(() => read(text), { name: "LineError", code });
    });

  test("bytes that are not UTF-8, with the place of the first", () => {
    const start = Buffer.from(`${HEAD}"id":"é`);
    for (const wrong of [
      [0xff],
      [0xc3],
      [0xe2, 0x82],
      [0xed, 0xa0, 0x80],
      [0xc0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0x80],
      [0xef, 0xbf],
    ]) {
      const bytes = Buffer.concat([start, Uint8Array.from(wrong), Buffer.from(`${q}}`)]);
      assert.throws(() => parseLine(bytes), { code: "NOT_UTF8", offset: start.length });
      assert.throws(() => parseLine(bytes.subarray(0, start.length + wrong.length)), { code: "NOT_UTF8", offset: start.length });
    }
  });

  test("a line of 65,536 bytes, not one of 65,535", () => {
    const fill = (bytes: number): string => `${HEAD}"id":"${"x".repeat(bytes - HEAD.length - 8)}"}`;
    assert.equal(read(fill(MAX_LINE_BYTES)).id.length, MAX_LINE_BYTES - HEAD.length - 8);
    assert.throws(() => read(fill(MAX_LINE_BYTES + 1)), { code: "TOO_LONG" });
  });

  test("with the byte offset of what is wrong", () => {
    const text = `${HEAD}"id":"é\u{1f600}","body":01}`;
    assert.throws(() => read(text), { code: "BAD_NUMBER", offset: Buffer.from(text).indexOf("01}") });
  });

  test("and never repeats a value in its message", () => {
    assert.throws(
      () => read(`${HEAD}"id":"r1","secret":"hunter2"}`),
      (error: Error) => !/hunter2|secret/.test(error.message),
    );
  });
});

describe("parseLine is total", () => {
  test("any bytes give a line or a LineError", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => accepted(bytes) === undefined));
  });

  test("any text after a good head gives a line or a LineError", () => {
    const token = fc.constantFrom(
      ...'{}[]:,"\\0123456789.-+eE$'.split(""),
      '"id":"r1"',
      '"attributes":{',
      '"a":',
      "null",
      "true",
      '{"$int":"',
      "é",
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 30 }), (tokens) => {
        const text = HEAD + tokens.join("");
        const l = accepted(Buffer.from(text));
        if (l !== undefined) assert.equal(formatLine(l), text);
      }),
      { numRuns: 1000 },
    );
  });

  test("a line with any byte changed, deleted or inserted is refused or is spelled exactly so", () => {
    const mutation = fc.tuple(fc.constantFrom("change", "delete", "insert"), fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(line, mutation, (l, [how, where, byte]) => {
        const bytes = [...Buffer.from(formatLine(l))];
        bytes.splice(where % bytes.length, how === "insert" ? 0 : 1, ...(how === "delete" ? [] : [byte]));
        const mutated = Uint8Array.from(bytes);
        const again = accepted(mutated);
        if (again !== undefined) assert.deepEqual(Buffer.from(formatLine(again)), Buffer.from(mutated));
      }),
      { numRuns: 1000 },
    );
  });

  test("a line cut anywhere is refused", () => {
    const bytes = Buffer.from(GOOD);
    for (let length = 0; length < bytes.length; length++) assert.equal(accepted(bytes.subarray(0, length)), undefined);
  });
});
