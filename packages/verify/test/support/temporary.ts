// temporary.ts: a folder that is gone when the test is.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

export async function temporaryFolder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "proofline-verify-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}
