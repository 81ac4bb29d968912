// The default policy, frozen both ways: what it must redact, and what an audit trail cannot do without.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { compilePolicy, DETECTORS, defaultPolicy, MASK, type RedactionEntry } from "../src/index.ts";

const redactor = compilePolicy(defaultPolicy, {});

function corpus<Shape>(name: string): Shape {
  return JSON.parse(readFileSync(new URL(`corpus/${name}.json`, import.meta.url), "utf8")) as Shape;
}

function redacted(fields: Map<string, unknown>): [Map<string, unknown>, RedactionEntry[]] {
  const out: RedactionEntry[] = [];
  return [redactor.fields(fields, "attributes", out), out];
}

test("every key of keys-redacted is masked, whatever stands under it", () => {
  const keys = corpus<string[]>("keys-redacted");
  assert.ok(keys.length >= 120);
  for (const key of keys) {
    for (const value of ["plain", 7, true, new Uint8Array(2), ["a"], new Map([["a", 1]])]) {
      const [after, entries] = redacted(new Map([[key, value]]));
      assert.equal(after.get(key), MASK, key);
      assert.equal(entries.length, 1, key);
    }
    const inJson = redactor.text(JSON.stringify({ [key]: { x: 1 } }), "body", []);
    assert.equal(inJson, JSON.stringify({ [key]: MASK }));
  }
});

test("every key of keys-kept is left alone", () => {
  const keys = corpus<string[]>("keys-kept");
  assert.ok(keys.length >= 120);
  for (const key of keys) {
    const fields = new Map<string, unknown>([[key, "plain"]]);
    const [after, entries] = redacted(fields);
    assert.equal(after, fields, `${key} was hit by ${entries[0]?.rule}`);
    assert.deepEqual(entries, []);
  }
});

test("every marked part of values-redacted is replaced, and nothing beside it", () => {
  const corpora = corpus<Record<string, string[]>>("values-redacted");
  assert.deepEqual(Object.keys(corpora).sort(), [...DETECTORS].sort());
  for (const [rule, texts] of Object.entries(corpora)) {
    for (const marked of texts) {
      const out: RedactionEntry[] = [];
      const text = marked.replace(/[«»]/g, "");
      assert.equal(redactor.text(text, "body", out), marked.replace(/«[^»]*»/g, MASK), text);
      assert.deepEqual(out, [{ path: "body", rule, action: "mask", policy: redactor.version }], text);
    }
  }
});

test("every text of values-kept is left alone, also inside other text", () => {
  for (const texts of Object.values(corpus<Record<string, string[]>>("values-kept"))) {
    for (const text of texts) {
      for (const whole of [text, `${text}\n`, `\n${text}`]) {
        const out: RedactionEntry[] = [];
        assert.equal(redactor.text(whole, "body", out), whole);
        assert.deepEqual(out, [], text);
      }
    }
  }
});
