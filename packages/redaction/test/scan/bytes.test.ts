import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { compilePolicy, copyPlain, copySpelled, DETECTORS, defaultPolicy, type RedactionEntry } from "../../src/index.ts";

const key = new Uint8Array(32).fill(7);
const redactors = [
  compilePolicy(defaultPolicy, { key }),
  // Nearly every name is secret: what looks like an assignment is one.
  compilePolicy(
    { ...defaultPolicy, keys: [{ names: ["to", "pa", "pw", "us", "ho", "xx", "co", "no", "ty", "id"], action: "drop" }] },
    { key },
  ),
  ...DETECTORS.map((detector) => compilePolicy({ keys: [], values: [{ detect: [detector], action: "mask" }] }, {})),
];

function assertRight(text: string): boolean {
  const bytes = Buffer.from(`x${text}@`);
  const [start, end] = [1, bytes.length - 1];
  const target = new Uint8Array(bytes.length + 2);
  const copied = (): string => Buffer.from(target.subarray(3, 3 + end - start)).toString();
  const isSpelled = copySpelled(bytes, start, end, target, 3);
  assert.equal(isSpelled, /^[ !#-[\]-\x7f]*$/.test(text), JSON.stringify(text));
  if (isSpelled) assert.equal(copied(), text);
  target.fill(0);
  if (!copyPlain(bytes, start, end, target, 3)) return false;
  assert.equal(copied(), text);
  assert.equal(JSON.stringify(text), `"${text}"`);
  for (const redactor of redactors) {
    const out: RedactionEntry[] = [];
    assert.equal(redactor.text(text, "p", out), text);
    assert.deepEqual(out, [], JSON.stringify(text));
  }
  return true;
}

const read = (name: string): string[] => {
  const texts = JSON.parse(readFileSync(new URL(`../corpus/${name}.json`, import.meta.url), "utf8")) as Record<string, string[]>;
  return Object.values(texts)
    .flat()
    .map((text) => text.replace(/[«»]/g, ""));
};
const redacted = read("values-redacted");
const kept = read("values-kept");

test("nothing in the corpus that a rule finds is plain", () => {
  for (const text of redacted) assert.equal(assertRight(text), false, text);
  for (const text of kept) assertRight(text);
});

test("what audit records are made of is plain", () => {
  const usual = [
    ...[
      "user-12",
      "APPROVE",
      "success",
      "invoice-1",
      "2026-10-01",
      "10.20.30.40",
      "/api/v2/invoices/approve",
      "risk-scorer-2-2026-10",
    ],
    ...[
      "https://ap.internal.example.com:8443/api/v2/invoices?page",
      "5f1c2a90-6b1d-4a77-a3c2-0242ac120002",
      "",
      "a",
      "IT",
      "JPEG",
    ],
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0",
    "Invoice 17 over 1,250.00 EUR was approved by the supplier's second reviewer",
  ];
  for (const text of usual) assert.equal(assertRight(text), true, text);
});

test("no text is plain in which any rule finds something, nor one that JSON spells otherwise", () => {
  const piece = fc.oneof(
    fc
      .tuple(fc.constantFrom(...redacted, ...kept), fc.nat(60), fc.nat(60))
      .map(([text, start, length]) => text.slice(start % (text.length + 1)).slice(0, length)),
    fc.constantFrom(...redacted, ...kept),
    fc.constantFrom(
      ...[" ", "  ", "@", "%40", "://", ":", "=", '"', "'", "`", "\\", ".", "-", "--", "_", "\t", "\u00a0", "é", "{", "[", "x"],
      ...[
        "password",
        "token=",
        "pwd:",
        "4111",
        "1111 1111 1111",
        "078-05-1120",
        "DE89",
        "DE89 3704 0044 0532 0130 00",
        "eyJ",
        "ghp_",
      ],
      ...[
        "sk-",
        "xoxb-",
        "SG.",
        "ya29.",
        "abcdefgh12345678",
        "-----BEGIN ",
        "Bearer ",
        "basic ",
        "AKIA",
        "AIza",
        "SK",
        "0123456789abcdef",
      ],
      ...["https://", "user:pass", "host:8080/", "host:80a", "/?#", '{"a":1}', "[1]"],
    ),
    fc.string({ maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => void assertRight(pieces.join(""))),
    { numRuns: 4000 },
  );
});
