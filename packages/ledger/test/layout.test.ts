import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isSinkName, Layout, logFolder, parseSegmentName } from "../src/layout.ts";

test("a log's name with slashes is a nested folder", () => {
  assert.equal(logFolder("/data", "default"), "/data/default");
  assert.equal(logFolder("./data", "audit.example.com/prod-0"), "data/audit.example.com/prod-0");
});

test("a name that leaves the data folder, or that no checkpoint could carry, is refused", () => {
  const bad = [
    "",
    ".",
    "..",
    "a/..",
    "../a",
    "/a",
    "a/",
    "a//b",
    "a b",
    "a+b",
    "a\nb",
    "a\0",
    "a\\b",
    'a"b',
    "C:a",
    "\ud800",
    "x".repeat(201),
  ];
  for (const name of [...bad, "a/tile", "tile/b", "a/lock", "segments"]) {
    assert.throws(() => logFolder("/data", name), { code: "BAD_NAME" }, JSON.stringify(name));
  }
});

test("any accepted name stays within the data folder", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", ".", "/", "\\", "é", " ", "tile") }), (name) => {
      let folder: string;
      try {
        folder = logFolder("/data", name);
      } catch {
        return;
      }
      assert.equal(folder, `/data/${name}`);
    }),
  );
});

test("a segment's name is twenty digits and read back, and nothing else is a segment", () => {
  const layout = new Layout("/data", "a");
  assert.equal(layout.segment(41_002), "/data/a/segments/00000000000000041002.jsonl");
  fc.assert(
    fc.property(fc.maxSafeNat(), (first) => {
      assert.equal(parseSegmentName(layout.segment(first).slice("/data/a/segments/".length)), first);
    }),
  );
  for (const name of [
    "1.jsonl",
    "00000000000000000000.json",
    "99999999999999999999.jsonl",
    "00000000000000000000.jsonl.tmp",
    "x",
  ]) {
    assert.equal(parseSegmentName(name), undefined);
  }
});

test("temporary files are no sinks", () => {
  assert.deepEqual(
    ["loki", "loki.tmp", "s3-eu_1.x", ".x"].map((name) => isSinkName(name)),
    [true, false, true, false],
  );
});
