import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatLogPath, type LogFile, parseLogPath } from "../../src/serve-log/path.ts";

const LOG = "audit.example.com/prod-0";
const index = fc.oneof(fc.nat(2000), fc.maxSafeNat());
const width = fc.integer({ min: 1, max: 256 });
const plain = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const file: fc.Arbitrary<LogFile> = fc.oneof(
  fc.constant<LogFile>({ what: "checkpoint" }),
  plain({ what: fc.constant("tile" as const), tile: plain({ level: fc.integer({ min: 0, max: 63 }), index, width }) }),
  plain({ what: fc.constant("entries" as const), index, width }),
);
/** Pieces that paths are made of, and others. */
const piece = fc.constantFrom(
  "tile",
  "entries",
  "checkpoint",
  "/",
  ".p/",
  "0",
  "63",
  "64",
  "000",
  "x001",
  "001",
  "255",
  "256",
  "..",
  "%",
  LOG,
  " ",
);

describe("the path of a log's file", () => {
  test("of every file is read back", () => {
    fc.assert(fc.property(file, (one) => assert.deepEqual(parseLogPath(formatLogPath(one, LOG), LOG), one)));
  });

  test("has one spelling: whatever is read is spelled so again", () => {
    const path = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join("")),
      fc.array(piece, { maxLength: 10 }).map((pieces) => `${LOG}/tile/${pieces.join("")}`),
    );
    fc.assert(
      fc.property(path, (text) => {
        const parsed = parseLogPath(text, LOG);
        assert.ok(parsed === undefined || formatLogPath(parsed, LOG) === text);
      }),
      { numRuns: 2000 },
    );
  });

  for (const [path, expected] of [
    ["checkpoint", { what: "checkpoint" }],
    ["tile/0/000", { what: "tile", tile: { level: 0, index: 0, width: 256 } }],
    ["tile/0/x001/067.p/5", { what: "tile", tile: { level: 0, index: 1067, width: 5 } }],
    ["tile/entries/x001/x234/067", { what: "entries", index: 1_234_067, width: 256 }],
    ["tile/entries/000.p/255", { what: "entries", index: 0, width: 255 }],
    ["tile/entries/000.p/256", undefined],
    ["tile/entries/000.p/0", undefined],
    ["tile/entries/0/000", undefined],
    ["tile/00/000", undefined],
    ["tile/64/000", undefined],
    ["tile/0/x000/001", undefined],
    ["tile/0/000/", undefined],
    ["tile/0/../key", undefined],
    ["key", undefined],
    ["segments/00000000000000000000.jsonl", undefined],
    ["checkpoint/", undefined],
    ["", undefined],
  ] as const)
    test(`${path === "" ? "nothing" : path} is ${expected === undefined ? "no file" : expected.what}`, () =>
      assert.deepEqual(parseLogPath(`${LOG}/${path}`, LOG), expected));

  test("of another log is none", () => {
    assert.equal(parseLogPath("audit.example.com/prod-1/checkpoint", LOG), undefined);
    assert.equal(parseLogPath("audit.example.com/prod-0x/checkpoint", LOG), undefined);
    assert.equal(parseLogPath("checkpoint", LOG), undefined);
  });
});
