// What is kept of values: found again as it was spelled, or not at all.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { compilePolicy, defaultPolicy } from "@proofline/redaction";
import fc from "fast-check";
import { KeptBytes } from "../../src/pipeline/direct/byte-words.ts";
import { Key } from "../../src/pipeline/direct/keys.ts";
import { RepeatedValues } from "../../src/pipeline/direct/repeated-values.ts";

const nothing = new KeptBytes(new DataView(new ArrayBuffer(0)), 0, 0);
const rules = { redactor: compilePolicy(defaultPolicy, {}), checksSignatures: false };
const keys = ["a", "b", "audit.action"].map((name) => new Key(name, nothing, rules));

/** The words of a piece as text. */
function textOf({ words, length }: { words: Int32Array; length: number }): string {
  return Buffer.from(words.buffer, 0, length).toString();
}

test("a value is found under its key only, and as it was spelled there; so are others that share its slot", () => {
  // Of one length and with one last letter: they share a slot.
  const value = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 0, maxLength: 6 }).map((text) => `${text}z`);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 2 }), value), { maxLength: 200 }), (taken) => {
      const repeated = new RepeatedValues();
      for (const [which, text] of taken) {
        const key = keys[which]!;
        const bytes = Buffer.from(`-${text}-`);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        const [start, end] = [1, bytes.length - 1];
        const known = repeated.find(view, key, start, end);
        const spelled = `,"${key.name}":"${text}"`;
        if (known === undefined) repeated.miss(view, key, start, end, Buffer.from(`x${spelled}x`), 1, spelled.length + 1);
        else assert.equal(textOf(known), spelled);
      }
    }),
  );
});

test("a value that comes again is found, an empty or a very long one never", () => {
  const repeated = new RepeatedValues();
  for (const [text, isKept] of [
    ["APPROVE", true],
    ["", false],
    ["x".repeat(1_000), false],
  ] as const) {
    const bytes = Buffer.from(text);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    assert.equal(repeated.find(view, keys[0]!, 0, bytes.length), undefined);
    repeated.miss(view, keys[0]!, 0, bytes.length, Buffer.from("spelled"), 0, 7);
    assert.equal(repeated.find(view, keys[0]!, 0, bytes.length) !== undefined, isKept);
  }
});
