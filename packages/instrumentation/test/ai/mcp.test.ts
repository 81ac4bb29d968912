// Specifies what the register hook records of the Model Context Protocol's SDK, on both sides, by applications that know nothing of audit.

import assert from "node:assert/strict";
import { test } from "node:test";
import { runApp } from "../kit/app.ts";
import type { SeenRecord } from "../kit/otlp-receiver.ts";

const told = (records: readonly SeenRecord[]) =>
  records.map(({ event, attributes: a }) => [event, a["audit.outcome"], a["audit.target.id"], a["error.type"]]);
const scope = ({ attributes: a }: SeenRecord) => a["proofline.derivation.scope"];

test("mcp: a tool's call has an intent and an outcome, a resource that is read is a retrieval, a listing is nothing", async (t) => {
  const records = await runApp(t, ["ai/mcp.js"]);
  assert.deepEqual(told(records), [
    ["ai.tool_call.started", "unknown", "refund", undefined],
    ["ai.tool_call", "success", "refund", undefined],
    ["ai.tool_call.started", "unknown", "refund", undefined],
    ["ai.tool_call", "failure", "refund", "tool_error"],
    ["ai.retrieval", "success", "ledger://2026/q3", undefined],
    ["ai.retrieval", "failure", "ledger://none", "McpError"],
  ]);
  const { attributes } = records[1]!;
  assert.partialDeepStrictEqual(
    { ...attributes },
    {
      ...{ "mcp.method.name": "tools/call", "gen_ai.tool.name": "refund", "jsonrpc.request.id": "2" },
      "proofline.derivation.span": "tools/call refund",
    },
  );
  assert.match(String(attributes["proofline.input.digest"]), /^hmac-sha256:/);
  assert.match(String(attributes["proofline.output.digest"]), /^hmac-sha256:/);
  assert.equal(records[5]!.attributes["rpc.response.status_code"], "-32602");
  assert.ok(!/4711|example\.com|secret/.test(JSON.stringify(records)), "no content is in any record");
});

test("mcp: CommonJS, too; and both sides in one process, over memory, are one event: the client's", async (t) => {
  const records = await runApp(t, ["ai/mcp.cjs"]);
  assert.deepEqual(told(records).length, 2);
  assert.ok(records.every((record) => scope(record) === "@modelcontextprotocol/sdk/client"));
});

test("mcp: a tool that calls another tool is two deeds", async (t) => {
  const records = await runApp(t, ["ai/mcp.js", "gateway"]);
  assert.deepEqual(
    told(records).map(([event, , tool]) => [event, tool]),
    [
      ["ai.tool_call.started", "refund"],
      ["ai.tool_call.started", "transfer"],
      ["ai.tool_call", "transfer"],
      ["ai.tool_call", "refund"],
    ],
  );
});

test("mcp over HTTP: each side has its event, the server's with the client that it has recognised; the request only carries it", async (t) => {
  const records = await runApp(t, ["ai/mcp.js", "http"]);
  const calls = records.filter(({ event }) => event === "ai.tool_call");
  assert.deepEqual(
    calls.map((record) => [scope(record), record.attributes["audit.actor.id"]]),
    [
      ["@modelcontextprotocol/sdk/server", "client-7"],
      ["@modelcontextprotocol/sdk/client", undefined],
    ],
  );
  const started = records.findIndex(({ event }) => event === "ai.tool_call.started");
  assert.ok(!records.slice(started).some(({ event }) => event === "http.client.request"));
});
