import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { prettyJson } from "../src/pretty.ts";
import { safeText } from "../src/safe-text.ts";

test("prettyJson indents as JSON.stringify does, for any JSON", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(prettyJson(JSON.stringify(value)), JSON.stringify(value, null, 2));
    }),
  );
});

test("prettyJson keeps what JSON.parse would lose", () => {
  assert.equal(prettyJson('{"a":1.0,"b":9007199254740993,"c":[]}'), '{\n  "a": 1.0,\n  "b": 9007199254740993,\n  "c": []\n}');
});

test("safeText leaves what a person can read, and shows the rest", () => {
  assert.equal(safeText("naïve ☃ 😀 ab"), "naïve ☃ 😀 ab");
  assert.equal(safeText("\u001b[2J\u0000\u202e\u2066\ufeff"), "\\u{1b}[2J\\u{0}\\u{202e}\\u{2066}\\u{feff}");
});
