// beside.ts: OpenAI's client under the register hook and under another project's instrumentation, in an application with an OpenTelemetry set-up of its own.

import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { apps, REGISTER, runApp } from "./app.ts";
import { startChild } from "./child.ts";
import { startFakeAiService } from "./fake-ai-service.ts";

/** @param order whether the application's set-up is loaded before or after the register hook */
export async function beside(t: TestContext, lib: "traceloop" | "openinference", order: "before" | "after"): Promise<void> {
  const calls = [await startFakeAiService(t), "chat", "chatStream", "responses", "missing"];
  const setUp = `--import=${join(apps, "ai/own-sdk.js")}`;
  const flags = order === "before" ? [setUp, REGISTER] : [REGISTER, setUp];
  const env = { SPANS_BY: lib };
  let out = "";
  const records = await runApp(t, ["ai/openai.js", ...calls], env, {
    flags,
    out: (text) => {
      out = text;
    },
  });
  assert.deepEqual(
    records.map(({ event, attributes: a }) => [event, a["audit.outcome"], a["audit.target.id"], a["gen_ai.response.id"]]),
    [
      ["ai.inference", "success", "fake-1", "chatcmpl-1"],
      ["ai.inference", "success", "fake-1", "chatcmpl-1"],
      ["ai.inference", "success", "fake-1", "resp_1"],
      ["ai.inference", "failure", "missing", undefined],
    ],
  );
  const alone = startChild(t, { args: [setUp, join(apps, "ai/openai.js"), ...calls], env });
  assert.deepEqual(await alone.ended, { code: 0, signal: null }, alone.err());
  assert.match(out, /exported /);
  assert.equal(out, alone.out());
}
