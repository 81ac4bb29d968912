// An agent of the AI SDK with a mock model and a tool; knows nothing of audit. `otel` registers its OpenTelemetry integration beside; `approval` asks first,
// `grant` and `refuse` also answer, `policy` answers by a rule; `fail` has a tool that throws; `mcp` has an MCP server's tool.
import { OpenTelemetry } from "@ai-sdk/otel";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { generateText, registerTelemetry, stepCountIs, tool } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { z } from "zod";

const mode = process.argv[2];
async function refundByMcp() {
  const server = new McpServer({ name: "billing", version: "1.0.0" });
  server.registerTool("refund", {}, async () => ({ content: [{ type: "text", text: "refunded" }] }));
  const client = new Client({ name: "app", version: "1.0.0" });
  const [there, here] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(there), client.connect(here)]);
  return await client.callTool({ name: "refund" });
}
if (mode === "otel") registerTelemetry(new OpenTelemetry());
const usage = {
  inputTokens: { total: 12, noCache: 12, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 34, text: 34, reasoning: 0 },
};
const answers = [
  {
    content: [
      { type: "tool-call", toolCallId: "call_1", toolName: "refund", input: '{"invoice":"4711","card":"4111111111111111"}' },
    ],
    finishReason: { unified: "tool-calls", raw: "tool_calls" },
    ...{ usage, warnings: [], response: { id: "resp_1", modelId: "mock-1-2026" } },
  },
  {
    content: [{ type: "text", text: "refunded" }],
    finishReason: { unified: "stop", raw: "stop" },
    ...{ usage, warnings: [], response: { id: "resp_2", modelId: "mock-1-2026" } },
  },
];
const model = new MockLanguageModelV4({ provider: "mock-provider", modelId: "mock-1", doGenerate: async () => answers.shift() });
const refund = tool({
  inputSchema: z.object({ invoice: z.string(), card: z.string() }),
  execute: async () => {
    if (mode === "fail") throw new RangeError("no such invoice");
    if (mode === "mcp") return await refundByMcp();
    return { ok: true };
  },
});
const common = { model, stopWhen: stepCountIs(3), telemetry: { functionId: "billing-agent" }, tools: { refund } };
const asks = ["approval", "grant", "refuse"].includes(mode);
const approval = asks ? "user-approval" : mode === "policy" ? "approved" : undefined;
const settings = { ...common, ...(approval && { toolApproval: { refund: approval } }) };
const messages = [{ role: "user", content: "refund ann@example.com" }];
const { response, content } = await generateText({ ...settings, messages });
if (mode === "grant" || mode === "refuse") {
  const { approvalId } = content.find(({ type }) => type === "tool-approval-request");
  const answer = { type: "tool-approval-response", approvalId, approved: mode === "grant", reason: "asked ann@example.com" };
  messages.push(...response.messages, { role: "tool", content: [answer] });
  await generateText({ ...settings, messages });
}
console.log("done");
