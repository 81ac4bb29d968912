// SPEC.md says what the code does: its example is a true chain, its tables name what there is.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { formatLine, parseHead, parseLine } from "@proofline/event";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const spec = read("../SPEC.md");
const sha256 = (...parts: (string | Uint8Array)[]): Buffer => {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(part);
  return sum.digest();
};
const leaf = (line: string): Buffer => sha256(Uint8Array.of(0), line);

describe("SPEC.md", () => {
  const [first = "", second = ""] = /```json\n([\s\S]*?)\n```/.exec(spec)?.[1]?.split("\n") ?? [];

  test("has an example that reads back", () => {
    for (const line of [first, second]) assert.equal(formatLine(parseLine(Buffer.from(line))), line);
  });

  test("has an example whose hashes are true", () => {
    assert.equal(parseHead(Buffer.from(first)).prev, sha256().toString("base64"));
    assert.equal(parseHead(Buffer.from(second)).prev, leaf(first).toString("base64"));
    for (const [i, line] of [first, second].entries()) {
      assert.ok(spec.includes(`| leaf(${i}) | ${Buffer.byteLength(line)} | \`${leaf(line).toString("base64")}\` |`));
    }
    assert.ok(spec.includes(`\`${sha256(Uint8Array.of(1), leaf(first), leaf(second)).toString("base64")}\``));
  });

  const unions = [
    ["the codes of LineError", "../src/errors.ts", /LineErrorCode =([^;]*);/],
    ["the notes", "../src/record.ts", /NoteCode =([^;]*);/],
    ["the quarantine codes", "../src/record.ts", /QuarantineCode =([^;]*);/],
  ] as const;
  for (const [what, file, union] of unions)
    test(`lists ${what}`, () => {
      const codes = union.exec(read(file))?.[1]?.match(/\w+/g) ?? [];
      assert.ok(codes.length > 0);
      for (const code of codes) assert.ok(spec.includes(`| \`${code}\` |`), code);
    });

  test("lists the line's fields in their order", () => {
    const parser = /const FIELDS = \(([^)]*)\)/.exec(read("../src/parse.ts"))?.[1] ?? "";
    const fields = (parser.match(/[a-z_]+/g) ?? []).slice(5);
    const rows = [...(/### Tail[\s\S]*?\n\n\*\*Time/.exec(spec)?.[0] ?? "").matchAll(/^\| `(\w+)` \|/gm)].map((row) => row[1]);
    assert.deepEqual(rows, fields);
  });
});
