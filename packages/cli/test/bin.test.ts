import assert from "node:assert/strict";
import { chmod, copyFile, mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Running, started } from "./process.ts";
import { temporaryFolder } from "./support.ts";

const bin = fileURLToPath(new URL("../bin/proofline.js", import.meta.url));

/** A Node that is a shell script: it says its version, and in the place of a module it says what it was given. */
async function fakeNode(path: string, name: string, version: string): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, `#!/bin/sh\nif [ "$1" = --version ]; then echo v${version}; exit; fi\nshift\necho "${name} runs: $*"\n`);
  await chmod(path, 0o755);
}

/** A workspace as npm lays it out: the command in packages/cli, linked into node_modules/.bin. */
async function workspace(t: TestContext): Promise<{ root: string; file: string; link: string; path: string }> {
  const root = await temporaryFolder(t);
  const file = join(root, "packages/cli/bin/proofline.js");
  const link = join(root, "node_modules/.bin/proofline");
  await mkdir(join(file, ".."), { recursive: true });
  await mkdir(join(link, ".."), { recursive: true });
  await mkdir(join(root, "node_modules/@proofline"));
  await copyFile(bin, file);
  await symlink("../../packages/cli", join(root, "node_modules/@proofline/cli"));
  await symlink("../@proofline/cli/bin/proofline.js", link);
  return { root, file, link, path: join(root, "system/node") };
}

function runFile(t: TestContext, file: string, systemNode: string, words: readonly string[] = ["a", "b c", "*"]): Running {
  return started(t, file, words, { PATH: `${join(systemNode, "..")}:/usr/bin:/bin` });
}

describe("bin/proofline.js", () => {
  test("is executable", async () => {
    assert.equal((await stat(bin)).mode & 0o111, 0o111);
  });

  for (const way of ["file", "link"] as const) {
    test(`takes the system's Node when that is new enough (by its ${way})`, async (t) => {
      const w = await workspace(t);
      await fakeNode(w.path, "system", "22.15.0");
      await fakeNode(join(w.root, "node_modules/.bin/node"), "own", "26.10.0");
      const { ended, out } = runFile(t, w[way], w.path);
      assert.equal((await ended).code, 0);
      assert.equal(out(), "system runs: a b c *\n");
    });

    for (const old of ["20.20.2", "22.14.0", "not-a-version"]) {
      test(`takes the project's Node when the system's is ${old} (by its ${way})`, async (t) => {
        const w = await workspace(t);
        await fakeNode(w.path, "system", old);
        await fakeNode(join(w.root, "node_modules/.bin/node"), "own", "26.10.0");
        const { ended, out } = runFile(t, w[way], w.path);
        assert.equal((await ended).code, 0);
        assert.equal(out(), "own runs: a b c *\n");
      });
    }
  }

  test("without a Node that is new enough it says what it needs and what it found, with status 64", async (t) => {
    const w = await workspace(t);
    await fakeNode(w.path, "system", "20.20.2");
    await fakeNode(join(w.root, "node_modules/.bin/node"), "own", "18.0.0");
    const { ended, error } = runFile(t, w.link, w.path);
    assert.equal((await ended).code, 64);
    assert.match(error(), /^proofline needs Node 22\.15 or newer; found: v20\.20\.2\n$/);
  });

  test("becomes Node: same process, signals and status arrive", async (t) => {
    const w = await workspace(t);
    await mkdir(join(w.root, "packages/cli/dist"));
    await writeFile(join(w.root, "packages/cli/package.json"), '{"type":"module"}');
    await writeFile(
      join(w.root, "packages/cli/dist/main.js"),
      'process.on("SIGTERM", () => process.exit(7)); setInterval(() => {}, 1000); console.log(process.pid, process.argv.slice(2).join("|"));',
    );
    await symlink(process.execPath, join(w.root, "node_modules/.bin/node"));
    const running = runFile(t, w.link, w.path);
    const [, pid, words] = await running.until(/^(\d+) (.*)\n/);
    assert.equal(Number(pid), running.child.pid);
    assert.equal(words, "a|b c|*");
    running.child.kill("SIGTERM");
    assert.equal((await running.ended).code, 7);
  });
});
