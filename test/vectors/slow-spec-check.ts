// The vectors against a second writer of lines, made from SPEC.md alone: spec_check.py. Needs python3, and nothing beside it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("an implementation in another language, made from SPEC.md, writes the lines of the vectors", () => {
  const script = fileURLToPath(new URL("./spec_check.py", import.meta.url));
  const { status, stdout, error } = spawnSync("python3", ["-B", script], { encoding: "utf8" });
  assert.equal(error, undefined, "python3 is needed for this test");
  assert.match(stdout, /^\d+ vectors compared, \d+ without JSON chained, 0 differ$/m);
  assert.equal(status, 0);
});
