// Specifies what the register hook records of OpenAI's Agents SDK, by an application that knows nothing of audit and sends no traces.

import assert from "node:assert/strict";
import { test } from "node:test";
import { runApp } from "../kit/app.ts";
import { startFakeAiService } from "../kit/fake-ai-service.ts";
import type { SeenRecord } from "../kit/otlp-receiver.ts";

const told = (records: readonly SeenRecord[]) =>
  records.map(({ event, attributes: a }) =>
    [event, a["audit.outcome"], a["audit.target.id"], a["audit.actor.id"]].join(" ").trimEnd(),
  );

test("@openai/agents: runs, tools, handoffs and guardrails are events, each with its agent", async (t) => {
  const records = await runApp(t, ["ai/openai-agents.js", "plain"]);
  assert.deepEqual(told(records), [
    "ai.guardrail success  billing",
    "ai.tool_call.started unknown refund billing",
    "ai.tool_call success refund billing",
    "ai.agent_handoff success clerk billing",
    "ai.agent_run success billing billing",
    "ai.agent_run success clerk clerk",
  ]);
  const [guardrail, started, call] = records.map(({ attributes }) => attributes);
  assert.partialDeepStrictEqual(
    { ...guardrail },
    { "proofline.decision.outcome": "allow", "proofline.policy.id": "no swearing" },
  );
  assert.match(String(started!["proofline.input.digest"]), /^hmac-sha256:/, "what is about to be done is known before");
  assert.equal(started!["proofline.input.digest"], call!["proofline.input.digest"]);
  assert.ok(!JSON.stringify(records).includes("example.com"), "no content is in any record");
});

test("@openai/agents: leave that is asked for, given and used is three events, joined and bound to the arguments", async (t) => {
  const records = (await runApp(t, ["ai/openai-agents.js", "approve"])).filter(({ event }) => /approval|tool/.test(event));
  assert.deepEqual(told(records), [
    "approval.requested success refund",
    "approval.granted success refund",
    "ai.tool_call.started unknown refund billing",
    "ai.tool_call success refund billing",
    "approval.executed success refund",
  ]);
  const approvals = records.filter(({ event }) => event.startsWith("approval"));
  assert.equal(new Set(approvals.map(({ attributes: a }) => a["proofline.approval.id"])).size, 1);
  assert.equal(new Set(approvals.map(({ attributes: a }) => a["proofline.approval.subject.digest"])).size, 1);
  assert.equal(approvals[2]!.attributes["proofline.approval.subject.matches"], true);
});

test("@openai/agents: a tool that was refused was not called", async (t) => {
  const records = (await runApp(t, ["ai/openai-agents.js", "reject"])).filter(({ event }) => /approval|tool/.test(event));
  assert.deepEqual(told(records), ["approval.requested success refund", "approval.refused success refund"]);
  assert.equal(records[1]!.attributes["proofline.reason"], "not today");
});

test("@openai/agents: a tool that throws is a failure; an MCP server's tool is one event", async (t) => {
  const failed = (await runApp(t, ["ai/openai-agents.js", "fail"])).find(({ event }) => event === "ai.tool_call")!;
  assert.partialDeepStrictEqual({ ...failed.attributes }, { "audit.outcome": "failure", "error.type": "tool_error" });
  assert.deepEqual(told(await runApp(t, ["ai/openai-agents.js", "mcp"])), [
    "ai.tool_call.started unknown refund billing",
    "ai.tool_call success refund billing",
    "ai.agent_run success billing billing",
  ]);
});

test("@openai/agents: a model's call by way of openai is one event", async (t) => {
  const records = await runApp(t, ["ai/openai-agents.js", "service", await startFakeAiService(t)]);
  assert.deepEqual(told(records), ["ai.inference success fake-1", "ai.agent_run success billing billing"]);
});
