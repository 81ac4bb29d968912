// The vectors were written by another implementation, in another language, from the specifications: test/vectors/tlog/generate.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
  formatCheckpoint,
  formatKeyId,
  generateSigner,
  hashFromBase64,
  hashToBase64,
  leafHash,
  openCheckpoint,
  openNote,
  parseCheckpoint,
  parseTilePath,
  rootOf,
  signCheckpoint,
  signerFromSkey,
  tileBytes,
  tilePath,
  tilesFor,
  verifierFromVkey,
  verifyConsistency,
  verifyInclusion,
} from "@proofline/tlog";
import { decimalLeaves, TestTree } from "./support/test-tree.ts";

interface Failing {
  readonly error: string | null;
}
const load = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../../test/vectors/tlog/${name}.json`, import.meta.url), "utf8"));
const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

/** Runs `f`, which must answer when the case has no error, and else must throw the one it names. */
function expectOutcome(error: string | null, f: () => void): void {
  if (error === null) f();
  else assert.throws(f, { name: "TlogError", code: error });
}

describe("trees", () => {
  const vectors = load<{
    leaves: { input: string; hash: string }[];
    roots: { size: number; root: string }[];
    decimal: { size: number; root: string }[];
  }>("trees");
  const leaves = vectors.leaves.map(({ input }) => leafHash(Buffer.from(input, "hex")));

  test("leaf hashes are those of RFC 6962", () => {
    assert.deepEqual(
      leaves.map(hashToBase64),
      vectors.leaves.map(({ hash }) => hash),
    );
  });
  for (const { size, root } of vectors.roots) {
    test(`the tree of ${size} has its known head`, () => assert.equal(hashToBase64(rootOf(leaves.slice(0, size))), root));
  }
  for (const { size, root } of vectors.decimal) {
    test(`a tree of ${size} decimal numbers has its known head`, () =>
      assert.equal(hashToBase64(rootOf(decimalLeaves(size))), root));
  }
  test("the published prefixes of the eight heads", () => {
    const prefixes = vectors.roots.slice(1).map(({ root }) => Buffer.from(root, "base64").toString("hex", 0, 4));
    assert.deepEqual(prefixes, ["6e340b9c", "fac54203", "aeb6bcfe", "d37ee418", "4e3bbb1f", "76e67dad", "ddb89be4", "5dc9da79"]);
  });
});

describe("inclusion proofs", () => {
  type Case = Failing & { name: string; leaf: string; index: number; size: number; proof: string[]; root: string };
  for (const c of load<{ cases: Case[] }>("inclusion").cases) {
    test(c.error === null ? `${c.name} is accepted` : `${c.name}: ${c.error}`, () =>
      expectOutcome(c.error, () => verifyInclusion(bytes(c.leaf), c.index, c.size, c.proof.map(bytes), bytes(c.root))),
    );
  }
});

describe("consistency proofs", () => {
  type Case = Failing & { name: string; oldSize: number; newSize: number; oldRoot: string; newRoot: string; proof: string[] };
  for (const c of load<{ cases: Case[] }>("consistency").cases) {
    test(c.error === null ? `${c.name} is accepted` : `${c.name}: ${c.error}`, () =>
      expectOutcome(c.error, () =>
        verifyConsistency(c.oldSize, c.newSize, bytes(c.oldRoot), bytes(c.newRoot), c.proof.map(bytes)),
      ),
    );
  }
});

describe("tiles", () => {
  const vectors = load<{
    paths: { level: number; index: number; width: number; path: string }[];
    bad: string[];
    grown: { old: number; new: number; tiles: string[] }[];
    seventyThousand: { count: number; partial: string[] };
    hashes: { size: number; tile: string; bytes: string }[];
  }>("tiles");
  for (const { path, ...tile } of vectors.paths) {
    test(path, () => {
      assert.equal(tilePath(tile), path);
      assert.deepEqual(parseTilePath(path), tile);
    });
  }
  for (const path of vectors.bad) {
    test(`${JSON.stringify(path)} is no tile`, () => assert.throws(() => parseTilePath(path), { code: "BAD_TILE_PATH" }));
  }
  for (const { old, new: now, tiles } of vectors.grown) {
    test(`growing from ${old} to ${now} makes ${tiles.length} tiles`, () =>
      assert.deepEqual(tilesFor(old, now).map(tilePath).sort(), tiles.toSorted()));
  }
  test("70,000 entries: 273 full tiles and .p/112, one full and .p/17 above them, .p/1 on top", () => {
    const paths = tilesFor(0, 70_000).map(tilePath);
    assert.equal(paths.length, vectors.seventyThousand.count);
    assert.deepEqual(
      paths.filter((path) => path.includes(".p/")),
      vectors.seventyThousand.partial,
    );
  });
  for (const { size, tile, bytes: expected } of vectors.hashes) {
    test(`${tile} of ${size} has the known hashes`, () => {
      const { hashAt } = new TestTree(decimalLeaves(size));
      assert.equal(Buffer.from(tileBytes(parseTilePath(tile), hashAt)).toString("base64"), expected);
    });
  }
});

describe("keys", () => {
  const { good, bad } = load<{
    good: { vkey: string; skey: string | null; name: string; keyId: string }[];
    bad: { vkey: string; error: string }[];
  }>("keys");
  for (const { vkey, skey, name, keyId } of good) {
    test(`${name}+${keyId} is read`, () => {
      const verifier = verifierFromVkey(vkey);
      assert.deepEqual({ name: verifier.name, keyId: formatKeyId(verifier.keyId) }, { name, keyId });
      if (skey === null) return;
      assert.equal(signerFromSkey(skey).vkey, vkey);
      const seed = Buffer.from(skey.split("+").slice(4).join("+"), "base64").subarray(1);
      assert.deepEqual([generateSigner(name, seed).skey, generateSigner(name, seed).vkey], [skey, vkey]);
    });
  }
  for (const { vkey, error } of bad) {
    test(`${JSON.stringify(vkey)}: ${error}`, () =>
      assert.throws(() => verifierFromVkey(vkey), { name: "TlogError", code: error }));
  }
});

describe("notes", () => {
  type Case = Failing & { name: string; note: string; vkeys: string[]; text?: string; verified?: string[]; unknown?: number };
  for (const c of load<{ cases: Case[] }>("notes").cases) {
    test(c.error === null ? `${c.name} is accepted` : `${c.name}: ${c.error}`, () => {
      for (const note of [c.note, new TextEncoder().encode(c.note)]) {
        expectOutcome(c.error, () => {
          const { text, verified, unknown } = openNote(note, c.vkeys.map(verifierFromVkey));
          const names = verified.map(({ name }) => name);
          assert.deepEqual({ text, verified: names, unknown }, { text: c.text, verified: c.verified, unknown: c.unknown });
        });
      }
    });
  }
});

describe("checkpoints", () => {
  const vectors = load<{
    good: { text: string; origin: string; size: number; root: string; extensions?: string[] }[];
    bad: { text: string; error: string }[];
    signed: { skey: string; vkey: string; text: string; note: string };
  }>("checkpoints");
  for (const { text, root, ...rest } of vectors.good) {
    test(`${JSON.stringify(text)} is read`, () => {
      const parsed = parseCheckpoint(text);
      assert.deepEqual(parsed, { ...rest, root: hashFromBase64(root) });
      const kept = (rest.extensions ?? []).map((line) => `${line}\n`).join("");
      assert.equal(formatCheckpoint(parsed) + kept, text, "extension lines are kept apart and never written");
    });
  }
  for (const { text, error } of vectors.bad) {
    test(`${JSON.stringify(text)}: ${error}`, () =>
      assert.throws(() => parseCheckpoint(text), { name: "TlogError", code: error }));
  }
  test("signing gives the known note, and the note opens", () => {
    const { skey, vkey, text, note } = vectors.signed;
    assert.equal(signCheckpoint(parseCheckpoint(text), [signerFromSkey(skey)]), note);
    const { verified, unknown, ...checkpoint } = openCheckpoint(note, [verifierFromVkey(vkey)]);
    assert.deepEqual(checkpoint, parseCheckpoint(text));
    assert.deepEqual({ verified: verified.length, unknown }, { verified: 1, unknown: 0 });
  });
});
