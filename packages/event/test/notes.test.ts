import assert from "node:assert/strict";
import { test } from "node:test";
import { type Note, sortNotes } from "@proofline/event";
import fc from "fast-check";
import { text } from "./arbitrary.ts";

test("paths are ordered as their UTF-8 bytes are", () => {
  const order = (a: string, b: string): string[] =>
    sortNotes([
      { path: a, note: "missing" },
      { path: b, note: "missing" },
    ]).map(({ path }) => path);
  fc.assert(
    fc.property(text, text, (a, b) => {
      const expected = [a, b].toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
      assert.deepEqual(order(a, b), a === b ? [a] : expected);
    }),
  );
  assert.deepEqual(order("\u{10000}", "\uffff"), ["\uffff", "\u{10000}"]);
});

test("notes are sorted by path, then code, each once", () => {
  const notes: Note[] = [
    { path: "b", note: "missing" },
    { path: "a", note: "wrong_type" },
    { path: "b", note: "missing" },
    { path: "a", note: "duplicate_key" },
  ];
  assert.deepEqual(sortNotes(notes), [
    { path: "a", note: "duplicate_key" },
    { path: "a", note: "wrong_type" },
    { path: "b", note: "missing" },
  ]);
});
