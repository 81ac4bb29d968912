import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseTokens, tokenDigest } from "../../src/auth/token-file.ts";
import { TokenTable } from "../../src/auth/token-table.ts";
import { temporaryFolder } from "../support/receiver.ts";

const A = "a".repeat(32);
const B = "b".repeat(32);
const C = "c".repeat(32);

describe("a file of tokens", () => {
  test("holds one a line; empty lines, comments and white space around them do not count", () => {
    assert.deepEqual(parseTokens(`# since Monday\n${A}\r\n\n  ${B}\n`), { digests: [tokenDigest(A), tokenDigest(B)] });
  });

  const wrong: [string, string][] = [
    ["", "it holds no token"],
    ["# only words\n", "it holds no token"],
    [`${A}\nshort\n`, "line 2 has fewer than 16 characters"],
    [`${A} ${B}\n`, "line 1 is not a bearer token"],
    [`"${A}"\n`, "line 1 is not a bearer token"],
  ];
  for (const [text, reason] of wrong)
    test(`${JSON.stringify(text)}: ${reason}`, () => assert.deepEqual(parseTokens(text), { reason }));

  test("whatever it holds, a reason names none of it", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4, unit: fc.constantFrom(...Array.from('xyzXYZ89 \n"')) }), (text) => {
        const parsed = parseTokens(text);
        if ("digests" in parsed) return;
        for (const word of text.split(/\s/)) if (word.length > 3) assert.ok(!parsed.reason.includes(word));
      }),
    );
  });
});

describe("the table of tokens", () => {
  const files = async (t: Parameters<typeof temporaryFolder>[0], tokens: Record<string, string>) => {
    const folder = await temporaryFolder(t);
    const writers = Object.keys(tokens).map((name) => ({ name, file: join(folder, name), logs: ["*"] }));
    for (const { name, file } of writers) await writeFile(file, tokens[name]!);
    return { folder, writers };
  };

  test("finds the writer of each token of each file, and nobody for any other", async (t) => {
    const { writers } = await files(t, { billing: `${A}\n${B}\n`, payroll: `${C}\n` });
    const { table, problems, changed } = await TokenTable.read(writers);
    assert.deepEqual(
      [A, B, C].map((token) => table.find(token)?.name),
      ["billing", "billing", "payroll"],
    );
    for (const token of ["", "x", `${A}x`, A.slice(1), A.toUpperCase()]) assert.equal(table.find(token), undefined);
    assert.deepEqual([problems, changed, table.sure], [[], ["billing", "payroll"], true]);
  });

  test("keeps the last tokens of a file that can no longer be used, and is not sure any more", async (t) => {
    const { writers } = await files(t, { billing: A, payroll: C });
    const before = (await TokenTable.read(writers)).table;
    await rm(writers[0]!.file);
    const { table, problems, changed } = await TokenTable.read(writers, before);
    assert.equal(table.find(A)?.name, "billing");
    assert.equal(table.find(C)?.name, "payroll");
    assert.equal(table.sure, false);
    assert.deepEqual(problems, [{ name: "billing", file: writers[0]!.file, reason: "there is no such file" }]);
    assert.deepEqual(changed, []);
  });

  test("says whose tokens are other ones, and forgets those that were removed", async (t) => {
    const { writers } = await files(t, { billing: `${A}\n${B}`, payroll: C });
    const before = (await TokenTable.read(writers)).table;
    await writeFile(writers[0]!.file, B);
    const { table, changed } = await TokenTable.read(writers, before);
    assert.deepEqual(changed, ["billing"]);
    assert.equal(table.find(A), undefined);
    assert.equal(table.find(B)?.name, "billing");
  });

  test("a token of two writers is a problem: a line could name either", async (t) => {
    const { writers } = await files(t, { billing: A, payroll: `${C}\n${A}` });
    const { table, problems } = await TokenTable.read(writers);
    assert.equal(problems[0]?.reason, "it has a token of the writer billing too");
    assert.equal(table.find(A)?.name, "billing");
    assert.equal(table.find(C), undefined);
  });
});
