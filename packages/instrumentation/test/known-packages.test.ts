// Specifies what the line at start says of the packages that the application has.

import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { foundPackages, sayPackages } from "../src/known-packages.ts";
import { apps } from "./kit/app.ts";
import { tempFolder } from "./kit/fixture.ts";

test("names what an application has, with its version, without loading it", () => {
  const { heard, unheard } = foundPackages(join(apps, "ai/openai.js"));
  for (const found of [
    "openai 7.55.0",
    "ai 7.0.173",
    "@modelcontextprotocol/sdk 1.32.2",
    "@openai/agents",
    "@aws-sdk",
    "koa 3.3.0",
  ])
    assert.ok(heard.includes(found), `${found} in ${heard.join()}`);
  assert.deepEqual(unheard, []);
});

test("says what is missing, and what is of a version that is not heard", async (t) => {
  const folder = await tempFolder(t);
  for (const [name, version] of [
    ["openai", "9.0.0"],
    ["pg", "8.1.0"],
  ] as const) {
    await mkdir(join(folder, "node_modules", name), { recursive: true });
    await writeFile(join(folder, "node_modules", name, "package.json"), JSON.stringify({ name, version, main: "index.js" }));
  }
  const found = foundPackages(join(folder, "app.js"));
  assert.deepEqual([found.heard, found.unheard], [["pg 8.1.0"], ["openai 9.0.0"]]);
  assert.match(
    sayPackages(found),
    /^heard when loaded: pg 8\.1\.0; found, but not heard in this version: openai 9\.0\.0; not found: express, /,
  );
  assert.equal(sayPackages(foundPackages(join(await tempFolder(t), "app.js"))), "none of the known packages found");
});
