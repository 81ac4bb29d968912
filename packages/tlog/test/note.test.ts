import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  EMPTY_ROOT,
  formatCheckpoint,
  generateSigner,
  openCheckpoint,
  openNote,
  parseCheckpoint,
  parseNote,
  signCheckpoint,
  signerFromSkey,
  signNote,
  TlogError,
  verifierFromVkey,
} from "@proofline/tlog";
import fc from "fast-check";

const seed = (n: number) => new Uint8Array(32).fill(n);
const ann = generateSigner("log.example/ann", seed(1));
const ben = generateSigner("log.example/ben", seed(2));
const annKey = verifierFromVkey(ann.vkey);
const note = signCheckpoint({ origin: "log.example/ann", size: 0, root: EMPTY_ROOT }, [ann.signer, ben.signer]);

const answersOrTlogError = (f: () => unknown) => {
  try {
    f();
  } catch (error) {
    assert.ok(error instanceof TlogError, String(error));
  }
};

describe("signed notes", () => {
  test("what was signed opens with either key, and says how many others there were", () => {
    assert.equal(openNote(note, [annKey]).unknown, 1);
    assert.equal(openNote(note, [annKey, verifierFromVkey(ben.vkey)]).verified.length, 2);
  });

  test("no changed byte of a note with one signature opens", () => {
    const bytes = new TextEncoder().encode(signNote("text\n\nmore text\n", [ann.signer]));
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [bytes[at]! ^ 1, bytes[at]! ^ 0x80, 0x0a, 0x20]) {
        if (value === bytes[at]) continue;
        const changed = Uint8Array.from(bytes);
        changed[at] = value;
        assert.throws(() => openNote(changed, [annKey]), TlogError, `byte ${at} as ${value}`);
      }
    }
  });

  test("no cut note opens", () => {
    const text = signNote("text\n", [ann.signer]);
    for (let end = 0; end < text.length; end++) assert.throws(() => openNote(text.slice(0, end), [annKey]), TlogError);
  });

  test("a note that could not be read again is not signed", () => {
    assert.throws(() => signNote("no newline", [ann.signer]), { code: "NOTE_NOT_TERMINATED" });
    assert.throws(() => signNote("tab\t\n", [ann.signer]), { code: "NOTE_CONTROL_CHARACTER" });
    assert.throws(() => signNote("\ud800\n", [ann.signer]), { code: "NOTE_NOT_UTF8" });
    assert.throws(() => signNote("text\n", []), { code: "NO_SIGNERS" });
    assert.throws(
      () =>
        signNote(
          "text\n",
          Array.from({ length: 101 }, () => ann.signer),
        ),
      { code: "NOTE_TOO_MANY_SIGNATURES" },
    );
    assert.throws(() => signNote(`${"x".repeat(1_000_000)}\n`, [ann.signer]), { code: "NOTE_TOO_LARGE" });
  });

  test("bytes that are not UTF-8, and notes without end, are refused before anything is verified", () => {
    assert.throws(() => openNote(Uint8Array.of(0xff, 0x0a, 0x0a), [annKey]), { code: "NOTE_NOT_UTF8" });
    assert.throws(() => openNote(new Uint8Array(1_000_001), [annKey]), { code: "NOTE_TOO_LARGE" });
  });

  test("two different keys of one name and id cannot be told apart", () => {
    assert.throws(() => openNote(note, [annKey, { ...annKey, vkey: "other" }]), { code: "AMBIGUOUS_KEY" });
    assert.equal(openNote(note, [annKey, annKey]).verified.length, 1);
  });
});

describe("keys", () => {
  test("a private key is written and read, and never shows in an error", () => {
    assert.equal(signerFromSkey(ann.skey).vkey, ann.vkey);
    const secret = ann.skey.split("+").at(-1)!;
    for (const broken of [
      `${ann.skey}=`,
      ann.skey.replace("ann", "bob"),
      ann.skey.slice(0, -4),
      ann.skey.slice(12),
      `${ann.skey}\n`,
    ]) {
      assert.throws(
        () => signerFromSkey(broken),
        (error) => error instanceof TlogError && !error.message.includes(secret.slice(0, 20)),
      );
    }
  });

  test("names that would break a note are refused", () => {
    for (const name of ["", "a b", "a+b", "a\nb", "a\u0000b", "a\u2003b", "\ud800"]) {
      assert.throws(() => generateSigner(name), { code: "BAD_KEY_NAME" }, JSON.stringify(name));
    }
    assert.throws(() => generateSigner("a", new Uint8Array(31)), { code: "BAD_SEED" });
  });

  test("two fresh keys differ", () => assert.notEqual(generateSigner("a").vkey, generateSigner("a").vkey));
});

describe("every parser answers or throws a TlogError", () => {
  const line = fc.oneof(fc.string(), fc.constantFrom(...note.split("\n")), fc.base64String(), fc.nat().map(String));
  const text = fc.array(line, { maxLength: 8 }).map((lines) => lines.join("\n"));
  const anything = fc.oneof(text, fc.string({ unit: "binary" }), fc.constant(note));

  test("for text", () => {
    fc.assert(
      fc.property(anything, (input) => {
        answersOrTlogError(() => parseNote(input));
        answersOrTlogError(() => openCheckpoint(input, [annKey]));
        answersOrTlogError(() => verifierFromVkey(input));
        answersOrTlogError(() => signerFromSkey(`PRIVATE+KEY+${input}`));
        answersOrTlogError(() => {
          const { extensions = [], ...checkpoint } = parseCheckpoint(input);
          assert.equal(formatCheckpoint(checkpoint) + extensions.map((extension) => `${extension}\n`).join(""), input);
        });
      }),
      { numRuns: 2000 },
    );
  });

  test("for bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (input) => answersOrTlogError(() => openNote(input, [annKey]))));
  });
});
