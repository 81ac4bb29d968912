import assert from "node:assert/strict";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { DoctorReport } from "@proofline/receiver";
import { run, temporaryFolder, writeLog } from "./support.ts";

const PORTS = { PROOFLINE_OTLP_HTTP: "127.0.0.1:0", PROOFLINE_OTLP_GRPC: "127.0.0.1:0" };

describe("proofline doctor", () => {
  test("is status 1 when something will hurt: names it, and says what to do", async (t) => {
    const data = await temporaryFolder(t);
    await run(["log", "create", "--data", data]);
    const key = join(data, "default/key");
    await chmod(key, 0o644);
    const { code, out, error } = await run(["doctor", "--data", data], PORTS);
    assert.equal(code, 1);
    assert.match(out, /^HURTS +key +.*has the mode 0644: others than its owner can read it$/m);
    assert.ok(out.includes(`→ chmod 600 ${key}`));
    assert.match(error, /^\d+ of \d+ will hurt: .*\bkey\b/m);
  });

  test("--json is one object with the same, and its level is the exit status", async (t) => {
    const data = await temporaryFolder(t);
    await writeLog(data, "default", []);
    const { code, out } = await run(["doctor", "--data", data, "--json"], PORTS);
    const report = JSON.parse(out) as DoctorReport;
    assert.equal(out.trimEnd().split("\n").length, 1);
    assert.equal(code, { fine: 0, hurts: 1, unknown: 2 }[report.level]);
    for (const { check, level, found, todo } of report.advice) {
      assert.ok(check !== "" && found !== "");
      assert.equal(todo === undefined, level !== "hurts", check);
    }
  });

  test("a configuration that cannot be used is status 64, as everywhere", async () => {
    assert.equal((await run(["doctor"], { PROOFLINE_ACCEPT: "some" })).code, 64);
  });
});
