import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { DETECTORS, type Detector } from "../../src/index.ts";
import { Scanner } from "../../src/scan/scanner.ts";
import { everywhere } from "./everywhere.ts";

const isSecretName = (name: string): boolean => /token|password/i.test(name);

function assertSame(text: string, wanted: ReadonlySet<Detector> = new Set(DETECTORS)): void {
  const [triggers, ibans] = everywhere(text);
  const expected = [...new Scanner(wanted, isSecretName, triggers, ibans).scan(text)];
  assert.deepEqual([...new Scanner(wanted, isSecretName).scan(text)], expected, JSON.stringify(text));
}

const corpus = ["values-redacted", "values-kept"].flatMap((name) => {
  const texts = JSON.parse(readFileSync(new URL(`../corpus/${name}.json`, import.meta.url), "utf8")) as Record<string, string[]>;
  return Object.values(texts)
    .flat()
    .map((text) => text.replace(/[«»]/g, ""));
});

test("the compiled triggers miss nothing that a look at every character would find, over the corpus", () => {
  for (const text of corpus) {
    assertSame(text);
    for (const detector of DETECTORS) assertSame(text, new Set([detector]));
  }
});

test("nor over pieces of the corpus put together at random", () => {
  const piece = fc.oneof(
    fc
      .tuple(fc.constantFrom(...corpus), fc.nat(60), fc.nat(60))
      .map(([text, start, length]) => text.slice(start % (text.length + 1)).slice(0, length)),
    fc.constantFrom(...corpus),
    fc.constantFrom(
      " ",
      "@",
      "://",
      ":",
      "=",
      '"',
      "\\",
      ".",
      "-",
      "\u00a0",
      "é",
      "password",
      "token=",
      "4111",
      "1111 1111 1111",
      "DE89",
      "eyJ",
      "ghp_",
      "-----BEGIN ",
    ),
    fc.string({ maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => assertSame(pieces.join(""))),
    { numRuns: 3000 },
  );
});
