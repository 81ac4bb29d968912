// What holds for every tree: planted secrets are gone, a second run finds nothing to do, the same input gives the same
// output, untouched parts are the same objects, and nothing throws.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Action,
  compilePolicy,
  DETECTORS,
  defaultPolicy,
  parsePolicy,
  type RedactionEntry,
  type Redactor,
} from "../src/index.ts";

const key = new Uint8Array(32).fill(3);
const everything = (action: Action): Redactor =>
  compilePolicy(
    parsePolicy({
      keys: [{ names: ["password", "token", "auth"], action }],
      values: [{ detect: DETECTORS, action }],
      content: action,
    }),
    { key },
  );
const redactors: [string, Redactor][] = [
  ["default", compilePolicy(defaultPolicy, { key })],
  ["default without a key", compilePolicy(defaultPolicy, {})],
  ...(["mask", "token", "drop", "digest"] as const).map((action): [string, Redactor] => [action, everything(action)]),
];

// Secrets that can be told from anything else in a serialised tree.
const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));
const word = fc.stringMatching(/^[a-z]{6,10}$/);
const unique = fc.tuple(word, digits(6)).map(([letters, number]) => `q${letters}${number}`);
const luhn = (body: string): string => {
  for (let check = 0; check < 10; check++) {
    const sum = `${body}${check}`
      .split("")
      .reverse()
      .reduce((total, digit, index) => {
        const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
        return total + (value > 9 ? value - 9 : value);
      }, 0);
    if (sum % 10 === 0) return `${body}${check}`;
  }
  throw new Error("no check digit");
};

interface Planted {
  /** What is written into the tree. */
  readonly text: string;
  /** What must not be found any more. */
  readonly secret: string;
}
const planted: fc.Arbitrary<Planted> = fc.oneof(
  unique.map((name) => ({ text: `${name}@example.com`, secret: name })),
  unique.map((name) => ({ text: `${name}%40mail.example.org`, secret: name })),
  digits(11)
    .map((number) => luhn(`4111${number}`))
    .map((card) => ({ text: card, secret: card })),
  digits(11)
    .map((number) => luhn(`5105${number}`))
    .map((card) => ({ text: card.replace(/(.{4})(?=.)/g, "$1 "), secret: card.slice(4, 8) + " " + card.slice(8, 12) })),
  fc
    .tuple(fc.integer({ min: 100, max: 665 }), fc.integer({ min: 1000, max: 9999 }))
    .map(([area, serial]) => ({ text: `${area}-45-${serial}`, secret: `45-${serial}` })),
  unique.map((name) => ({ text: `Bearer ${name}.${name}`, secret: name })),
  unique.map((name) => ({ text: `Basic ${btoa(`user:${name}`)}`, secret: btoa(`user:${name}`) })),
  unique.map((name) => ({ text: `eyJhbGciOiJub25lIn0.eyJ${name}.${name}`, secret: name })),
  unique.map((name) => ({ text: `sk-proj-${name}${name}`, secret: name })),
  unique.map((name) => ({ text: `ghp_${name}${name}${name}`, secret: name })),
  unique.map((name) => ({ text: `https://app:${name}@db.example.com/x`, secret: name })),
  unique.map((name) => ({ text: `https://example.com/?a=1&access_token=${name}`, secret: name })),
  unique.map((name) => ({ text: `password=${name}`, secret: name })),
  unique.map((name) => ({ text: `{"password":"${name}","cut`, secret: name })),
  unique.map((name) => ({ text: `-----BEGIN RSA PRIVATE KEY-----\n${name}\n-----END RSA PRIVATE KEY-----`, secret: name })),
);
const filler = fc.oneof(
  fc.constantFrom("", "to ", "(", "see: ", "\n", "x, "),
  fc.string({ maxLength: 6 }).map((text) => `${text} `),
);
const tail = fc.constantFrom("", " ", ". Then", ", more", "\n", ") end", '"', ";");
const inText = fc
  .tuple(filler, planted, tail)
  .map(([before, { text, secret }, after]) => ({ value: (before + text + after) as unknown, secret }));
const secretKeys = fc.constantFrom(
  "password",
  "x-api-key",
  "clientSecret",
  "Authorization",
  "user.ssn",
  "cookies",
  "gen_ai.input.messages",
);

/** A value somewhere in a tree, with a way to write it down. */
const somewhere: fc.Arbitrary<{ value: unknown; secret: string }> = fc.letrec<{ node: { value: unknown; secret: string } }>(
  (tie) => ({
    node: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      inText,
      fc.tuple(secretKeys, unique).map(([name, secret]) => ({ value: { [name]: secret }, secret })),
      fc.tuple(secretKeys, unique).map(([name, secret]) => ({ value: new Map([[name, { a: [secret] }]]), secret })),
      fc.tuple(secretKeys, unique).map(([name, secret]) => ({ value: JSON.stringify({ b: 1, [name]: [secret] }), secret })),
      unique.map((secret) => ({ value: new Map([[`${secret}@example.com`, 1]]), secret })),
      inText.map(({ value, secret }) => ({ value: { [String(value)]: 1 }, secret })),
      inText.map(({ value, secret }) => ({ value: new TextEncoder().encode(String(value)), secret })),
      fc.tuple(tie("node"), fc.jsonValue()).map(([{ value, secret }, other]) => ({ value: [other, value, other], secret })),
      fc
        .tuple(tie("node"), fc.string(), fc.jsonValue())
        .map(([{ value, secret }, name, other]) => ({ value: { other, [`k${name}`]: value }, secret })),
      fc.tuple(tie("node"), fc.string()).map(([{ value, secret }, name]) => ({ value: new Map([[name, value]]), secret })),
      fc
        .tuple(tie("node"), fc.string())
        .map(([{ value, secret }, name]) => ({ value: JSON.stringify({ [`k${name}`]: plain(value) }), secret })),
    ),
  }),
).node;

const anything = fc.oneof(
  fc.anything({ withMap: true, withTypedArray: true, withBigInt: true, withDate: true, withNullPrototype: true }),
  somewhere.map(({ value }) => value),
  fc
    .array(
      fc.oneof(
        planted.map(({ text }) => text),
        fc.constantFrom("@", "=", ":", "://", "-", "Bearer ", "eyJ", ".", '"', "password", "***", "4111 1111", "{", "}"),
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join("")),
);

function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, member]) => [String(name), plain(member)]));
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
  return value;
}

function run(redactor: Redactor, value: unknown): [unknown, RedactionEntry[]] {
  const out: RedactionEntry[] = [];
  return [redactor.value(value, "body", out), out];
}

test("a secret planted anywhere in any tree is neither in the output nor in the entries", () => {
  for (const [name, redactor] of redactors.slice(0, 2)) {
    fc.assert(
      fc.property(somewhere, ({ value, secret }) => {
        const [after, entries] = run(redactor, value);
        const written = JSON.stringify(plain(after)) + JSON.stringify(entries);
        assert.ok(!written.includes(secret), `${name}: ${secret} survives in ${written}`);
        assert.ok(entries.length > 0);
      }),
      { numRuns: 1500 },
    );
  }
});

test("a second run changes nothing, adds no entry, and returns the same object", () => {
  for (const [name, redactor] of redactors) {
    fc.assert(
      fc.property(anything, (value) => {
        const [once] = run(redactor, value);
        const [twice, entries] = run(redactor, once);
        assert.deepEqual(entries, [], name);
        assert.ok(Object.is(twice, once), name);
      }),
      { numRuns: 1000 },
    );
  }
});

test("what was redacted under one policy gains nothing under the other of the same pair, SDK and receiver", () => {
  const [, first] = redactors[0]!;
  const again = compilePolicy(parsePolicy(defaultPolicy), { key });
  assert.equal(again.version, first.version);
  fc.assert(
    fc.property(anything, (value) => {
      const [once] = run(first, value);
      assert.ok(Object.is(run(again, once)[0], once));
    }),
  );
});

test("the same input gives the same output and entries; there are entries exactly when something changed; nothing throws", () => {
  for (const [, redactor] of redactors) {
    fc.assert(
      fc.property(anything, (value) => {
        const [after, entries] = run(redactor, value);
        assert.equal(Object.is(after, value), entries.length === 0);
        assert.deepEqual(run(redactor, value), [after, entries]);
        for (const entry of entries) assert.equal(entry.policy, redactor.version);
      }),
    );
  }
});
