import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compilePolicy, defaultPolicy, type RedactionEntry } from "../src/index.ts";
import { type JsonTreatment, redactJson } from "../src/json-text.ts";
import { CLEAN } from "../src/key-verdicts.ts";

const redactor = compilePolicy(defaultPolicy, {});

function run(text: string): [string, string[]] {
  const out: RedactionEntry[] = [];
  return [redactor.text(text, "body", out), out.map(({ path, rule }) => `${path} ${rule}`)];
}

test("only touched spans change: numbers, order, duplicate keys, escapes and white space stay as they were", () => {
  for (const [before, after] of [
    ['{"a":1.0,"password":"x"}', '{"a":1.0,"password":"***"}'],
    ['{"a":1e+2,"a":-0.0,"token":9007199254740993}', '{"a":1e+2,"a":-0.0,"token":"***"}'],
    [' \n[ {"b" : "\\u00e9\\/" , "to":"a@b.co" } ]\t', ' \n[ {"b" : "\\u00e9\\/" , "to":"***" } ]\t'],
    ['{"secret":{"deep":[1,{"x":"y"}]},"z":true}', '{"secret":"***","z":true}'],
    ['{"p\\u0061ssword":"x"}', '{"p\\u0061ssword":"***"}'],
    ['{"x":"caf\\u00e9@example.com"}', '{"x":"***"}'],
    ["\ufeff[4111111111111111]", '\ufeff["***"]'],
  ] as const) {
    assert.equal(run(before)[0], after);
  }
});

test("paths go on into the string, lists by index", () => {
  assert.deepEqual(run('{"items":[{"auth":1},"a@b.co"],"x":{"y":"{\\"cvv\\":1}"}}')[1], [
    "body.items.0.auth auth",
    "body.items.1 email",
    "body.x.y.cvv cvv",
  ]);
});

test("null and empty strings under a covered key stay", () => {
  const text = '{"password":null,"token":"","secret": null }';
  assert.equal(run(text)[0], text);
});

test("JSON in a string in JSON is opened, several times over", () => {
  let text = '{"password":"hunter2"}';
  let expected = '{"password":"***"}';
  for (let level = 0; level < 6; level++) {
    assert.equal(run(text)[0], expected, `level ${level}`);
    text = JSON.stringify({ nested: text });
    expected = JSON.stringify({ nested: expected });
  }
});

test("broken JSON is plain text, and says nothing about what it did before it broke", () => {
  for (const text of [
    '{"a":"a@b.co"',
    '{"a":"a@b.co",}',
    "{a@b.co}",
    '["a@b.co"]x',
    '["a@b.co" 1]',
    '[01,"a@b.co"]',
    '["a@b.co",tru]',
    '["\n","a@b.co"]',
    '[1.,"a@b.co"]',
    '["\\x","a@b.co"]',
  ]) {
    assert.throws(() => JSON.parse(text));
    assert.deepEqual(run(text), [text.replace("a@b.co", "***"), ["body email"]]);
  }
});

test("what is deeper than 64 levels in JSON is masked whole", () => {
  const [after, entries] = run(`${"[".repeat(5000)}"a@b.co"${"]".repeat(5000)}`);
  assert.equal(after, `${"[".repeat(64)}"***"${"]".repeat(64)}`);
  assert.equal(entries.length, 1);
  const [covered] = run(`{"token":${"[".repeat(5000)}1${"]".repeat(5000)}}`);
  assert.equal(covered, '{"token":"***"}');
});

test("any JSON text is either untouched, or still JSON; without secrets it is untouched", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5, noUnicodeString: false }), (text) => {
      const [after, entries] = run(text);
      assert.equal(after === text, entries.length === 0);
      JSON.parse(after);
    }),
  );
});

test("takes for JSON exactly what JSON.parse takes, of objects and lists", () => {
  const nothing: JsonTreatment = {
    verdict: () => CLEAN,
    string: (value) => value,
    number: () => undefined,
    covered: (_hit, value) => value,
    renamed: () => {},
    tooDeep: () => {},
  };
  const token = fc.constantFrom(
    ...'{}[],:"\\ -.0'.split(""),
    '"a"',
    "12",
    "0",
    ".5",
    "e3",
    "E+1",
    "true",
    "null",
    "fals",
    "\\n",
    "\\u12",
    "\n",
    "\u00a0",
  );
  const spoiled = fc.tuple(fc.json({ maxDepth: 3 }), fc.nat(), token).map(([text, at, piece]) => {
    const cut = at % (text.length + 1);
    return text.slice(0, cut) + piece + text.slice(cut + (at % 2));
  });
  const noise = fc.array(token, { maxLength: 12 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(spoiled, noise, fc.json()), (text) => {
      fc.pre(/^\s*[[{]/.test(text));
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      assert.equal(redactJson(text, "body", nothing), valid ? text : undefined);
    }),
    { numRuns: 5000 },
  );
});
