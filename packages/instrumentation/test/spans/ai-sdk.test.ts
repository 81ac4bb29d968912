// Specifies what the register hook records of the AI SDK, by an application that knows nothing of audit.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { runApp } from "../kit/app.ts";
import { tempFolder } from "../kit/fixture.ts";

const told = (records: Awaited<ReturnType<typeof runApp>>) =>
  records.map(({ event, attributes: a }) => [event, a["audit.outcome"], a["audit.target.id"], a["audit.actor.id"]]);

const byText = (a: unknown, b: unknown) => JSON.stringify(a).localeCompare(JSON.stringify(b));
const EXPECTED = [
  ["ai.tool_call.started", "unknown", "refund", "billing-agent"],
  ["ai.tool_call", "success", "refund", "billing-agent"],
  ["ai.inference", "success", "mock-1", undefined],
  ["ai.inference", "success", "mock-1", undefined],
  ["ai.agent_run", "success", "billing-agent", "billing-agent"],
].sort(byText);

for (const mode of ["plain", "otel"]) {
  test(`ai, ${mode === "otel" ? "with its OpenTelemetry spans beside" : "with nothing registered"}: each call is one event, a tool's has an intent`, async (t) => {
    const records = await runApp(t, ["ai/ai-sdk.js", mode]);
    assert.deepEqual(told(records).sort(byText), EXPECTED);
    const [inference] = records.filter(({ event }) => event === "ai.inference");
    assert.partialDeepStrictEqual(
      { ...inference!.attributes },
      {
        "gen_ai.provider.name": "mock-provider",
        "gen_ai.request.model": "mock-1",
        "gen_ai.response.model": "mock-1-2026",
        "gen_ai.response.id": "resp_1",
        "gen_ai.response.finish_reasons": ["tool-calls"],
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 34,
        "proofline.derivation.scope": "ai",
        "proofline.derivation.span": "chat mock-1",
      },
    );
    const call = records.find(({ event }) => event === "ai.tool_call")!;
    assert.equal(call.attributes["gen_ai.tool.call.id"], "call_1");
    assert.match(String(call.attributes["proofline.input.digest"]), /^hmac-sha256:/);
    assert.match(String(call.attributes["proofline.output.digest"]), /^hmac-sha256:/);
    assert.ok(!/4111|example\.com|refunded/.test(JSON.stringify(records)), "no content is in any record");
  });
}

test("ai: a tool that throws is a failure, with the error's type", async (t) => {
  const records = await runApp(t, ["ai/ai-sdk.js", "fail"]);
  const call = records.find(({ event }) => event === "ai.tool_call")!;
  assert.equal(call.attributes["audit.outcome"], "failure");
  assert.equal(call.attributes["error.type"], "RangeError");
});

test("ai: an approval that is asked for is an event, bound to the tool's arguments", async (t) => {
  const records = await runApp(t, ["ai/ai-sdk.js", "approval"]);
  const asked = records.find(({ event }) => event === "approval.requested")!;
  assert.equal(asked.attributes["audit.target.id"], "refund");
  assert.equal(asked.attributes["gen_ai.tool.call.id"], "call_1");
  assert.match(String(asked.attributes["proofline.approval.subject.digest"]), /^hmac-sha256:/);
  assert.equal(records.filter(({ event }) => event.startsWith("ai.tool_call")).length, 0, "nothing was executed");
});

for (const [mode, answer] of [
  ["grant", "granted"],
  ["refuse", "refused"],
] as const)
  test(`ai: an approval that is ${answer} is told by the messages that say so`, async (t) => {
    const records = (await runApp(t, ["ai/ai-sdk.js", mode])).filter(({ event }) => /^approval|^ai\.tool/.test(event));
    assert.deepEqual(
      records.map(({ event }) => event),
      mode === "grant"
        ? ["approval.requested", "approval.granted", "ai.tool_call.started", "ai.tool_call", "approval.executed"]
        : ["approval.requested", "approval.refused"],
    );
    const approvals = records.filter(({ event }) => event.startsWith("approval")).map(({ attributes }) => attributes);
    assert.equal(new Set(approvals.map((a) => a["proofline.approval.id"])).size, 1);
    assert.equal(new Set(approvals.map((a) => a["proofline.approval.subject.digest"])).size, 1);
    assert.match(String(approvals[1]!["proofline.reason"]), /^asked tok_/);
    if (mode === "grant") assert.equal(approvals[2]!["proofline.approval.subject.matches"], true);
  });

test("ai: what a policy of the application's approves by itself is told, too; an MCP server's tool is one event", async (t) => {
  const byPolicy = (await runApp(t, ["ai/ai-sdk.js", "policy"])).filter(({ event }) => event.startsWith("approval"));
  assert.deepEqual(
    byPolicy.map(({ event }) => event),
    ["approval.requested", "approval.granted", "approval.executed"],
  );
  assert.deepEqual(told(await runApp(t, ["ai/ai-sdk.js", "mcp"])).sort(byText), EXPECTED);
});

test("ai: contents are recorded where the policy keeps them, and are redacted", async (t) => {
  const file = join(await tempFolder(t), "policy.json");
  await writeFile(file, JSON.stringify({ content: "keep" }));
  const records = await runApp(t, ["ai/ai-sdk.js", "plain"], { PROOFLINE_POLICY: file });
  const call = records.find(({ event }) => event === "ai.tool_call")!;
  const text = JSON.stringify(call.attributes["gen_ai.tool.call.arguments"]);
  assert.match(text, /4711/);
  assert.ok(!text.includes("4111111111111111"));
});
