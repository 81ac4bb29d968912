// Linear time, shown by counting: a text that counts every character that is looked at, twice as long, is looked at no
// more than twice as often. The triggers' own pass is not counted; triggers.test.ts shows what it stands for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compilePolicy, DETECTORS, defaultPolicy, type RedactionEntry } from "../../src/index.ts";
import { Scanner } from "../../src/scan/scanner.ts";
import { everywhere } from "./everywhere.ts";

class CountingText {
  readonly #text: string;
  looks = 0;
  constructor(text: string) {
    this.#text = text;
  }
  get length(): number {
    return this.#text.length;
  }
  charCodeAt(index: number): number {
    this.looks++;
    return this.#text.charCodeAt(index);
  }
  slice(start: number, end?: number): string {
    const part = this.#text.slice(start, end);
    this.looks += part.length;
    return part;
  }
  indexOf(part: string, from = 0): number {
    const index = this.#text.indexOf(part, from);
    this.looks += (index < 0 ? this.#text.length : index) - from;
    return index;
  }
}

const adversaries: Record<string, string> = {
  at: "a@",
  addresses: "a@b.co ",
  "addresses in a row": "a@b.co",
  "long domain": "a@b.c.d.e.f.g.1.2.3.4",
  "one label": "@aaaaaaaaaaaaaaaa",
  quoted: '"@',
  "quoted local part": '" "@',
  digits: "4",
  "card and card": "4111111111111111",
  "spaced cards": "4111 1111 1111 1111 ",
  "digit groups": "4 ",
  dashes: "-",
  "digits and dashes": "123-45-6789-",
  jwt: "eyJ.",
  "jwt in one run": "eyJ",
  "jwt parts": "eyJaaaaaaaa.eyJaaaaaaaaaa.",
  "key prefixes": "sk-",
  "key prefixes in one run": "ghp_",
  sendgrid: "SG.",
  "sendgrid in full": "SG.aaaaaaaaaaaaaaaa1.",
  pem: "-----BEGIN PRIVATE KEY-----",
  "pem with ends": "-----BEGIN RSA PRIVATE KEY-----\n-----END ",
  urls: "://",
  "urls with odd ports": "a://u:p/",
  "urls with users": "a://u:p@",
  "urls and breaks": "a://u:p/ ",
  assignments: "token=",
  "assignments with values": "?token=a",
  "separated assignments": "token=a;",
  "quoted assignments": '"token":"',
  "escaped assignments": '\\"token\\":\\"',
  "bracket assignments": '"token":{',
  "colon assignments": "token: ",
  names: "aaaaaaaaaaaaaaaaaaaa=",
  bearer: "bearer ",
  "bearer with values": "Bearer a1 ",
  "bearer and spaces": "bearer          ",
  basic: "Basic QTpC ",
  iban: "DE89",
  "iban spaced": "DE89 3704 0044 0532 0130 0",
  percent: "%40",
  "percent and letters": "a%40b.co",
  capitals: "AKIAIza",
  foreign: "ü@例.",
  spaces: " ",
  backslashes: "\\",
  quotes: '"',
};

function looks(pattern: string, length: number, tail: string): number {
  const text = new CountingText(pattern.repeat(Math.ceil(length / pattern.length)).slice(0, length) + tail);
  const [triggers, ibans] = everywhere(text);
  const scanner = new Scanner(new Set(DETECTORS), (name) => /token/.test(name), triggers, ibans);
  scanner.scan(text as unknown as string);
  return text.looks;
}

test("scanning twice as much looks at no more than twice as many characters, whatever the text", () => {
  for (const [name, pattern] of Object.entries(adversaries)) {
    for (const tail of ["", "@", '"', "://u:p/x@y", ".com"]) {
      const half = looks(pattern, 20_000, tail);
      const whole = looks(pattern, 40_000, tail);
      assert.ok(whole <= half * 2.2 + 4_000, `${name} + ${tail}: ${half} looks, then ${whole}`);
      assert.ok(whole <= 40_000 * 150, `${name} + ${tail}: ${whole} looks`);
    }
  }
});

test("a megabyte of each comes back, and a second run finds nothing to do", () => {
  const redactor = compilePolicy(defaultPolicy, {});
  for (const [name, pattern] of Object.entries(adversaries)) {
    const megabyte = pattern.repeat(Math.ceil(1_000_000 / pattern.length));
    assert.equal(typeof redactor.text(megabyte, "body", []), "string");
    for (const open of ["", "[", '{"a":']) {
      const after = redactor.text(open + megabyte.slice(0, 50_000), "body", []);
      const out: RedactionEntry[] = [];
      assert.equal(redactor.text(after, "body", out), after, name);
      assert.deepEqual(out, [], name);
    }
  }
});
