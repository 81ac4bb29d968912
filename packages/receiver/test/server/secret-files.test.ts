import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createSecret, makeFolder } from "../../src/server/secret-files.ts";
import { temporaryFolder } from "../support/receiver.ts";

test("folders are made down to the one that is asked for, and one that is there is fine", async (t) => {
  const folder = join(await temporaryFolder(t), "a/b/c");
  await makeFolder(folder);
  await makeFolder(folder);
  assert.ok((await stat(folder)).isDirectory());
});

test("where none can ever be made the system's error comes at once", async (t) => {
  const device = process.platform === "linux" ? "/proc/proofline" : join(await temporaryFolder(t), "\0");
  await assert.rejects(makeFolder(join(device, "data/default")));
});

test("a secret makes no folder, and replaces no file", async (t) => {
  const folder = await temporaryFolder(t);
  await assert.rejects(createSecret(join(folder, "none/key"), "x"), { code: "ENOENT" });
  await createSecret(join(folder, "key"), "x");
  await assert.rejects(createSecret(join(folder, "key"), "y"), { code: "EEXIST" });
});
