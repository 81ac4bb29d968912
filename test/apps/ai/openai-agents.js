// An agent of OpenAI's Agents SDK that refunds, after leave was given, and hands over; knows nothing of audit. The argument: what is answered to its
// question, `approve` or `reject`; or `mcp`: its tool is an MCP server's; or `service` and where OpenAI's is.
import {
  Agent,
  MCPServerStdio,
  OpenAIResponsesModel,
  run,
  setTraceProcessors,
  setTracingDisabled,
  tool,
  Usage,
} from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";

setTracingDisabled(false);
setTraceProcessors([]); // nothing goes to OpenAI
const [mode, url] = process.argv.slice(2);
const usage = new Usage({ requests: 1, inputTokens: 12, outputTokens: 34, totalTokens: 46 });
const say = (text) => ({ type: "message", role: "assistant", status: "completed", content: [{ type: "output_text", text }] });
const ask = (name, args) => ({
  type: "function_call",
  callId: `call_${name}`,
  name,
  status: "completed",
  arguments: JSON.stringify(args),
});

/** Answers what it is told to, in order. */
const scripted = (...outputs) => ({
  getResponse: async () => ({ usage, output: [outputs.shift()], responseId: "resp_1" }),
});
const refund = tool({
  ...{ name: "refund", description: "Refunds", parameters: z.object({ mail: z.string() }) },
  needsApproval: mode === "approve" || mode === "reject",
  execute: async () => {
    if (mode === "fail") throw new RangeError("no");
    return "refunded ann@example.com";
  },
});

if (mode === "service") {
  const client = new OpenAI({ apiKey: "sk-none", baseURL: `${url}/v1` });
  const agent = new Agent({ name: "billing", model: new OpenAIResponsesModel(client, "fake-1") });
  console.log((await run(agent, "refund ann@example.com")).finalOutput);
} else if (mode === "mcp") {
  const server = new MCPServerStdio({ command: process.execPath, args: [new URL("mcp-server.js", import.meta.url).pathname] });
  await server.connect();
  const agent = new Agent({
    name: "billing",
    mcpServers: [server],
    model: scripted(ask("refund", { invoice: "4711" }), say("done")),
  });
  await run(agent, "refund");
  await server.close();
} else {
  const clerk = new Agent({ name: "clerk", model: scripted(say("done")), handoffDescription: "Closes" });
  const agent = new Agent({
    ...{ name: "billing", tools: [refund], handoffs: [clerk] },
    model: scripted(ask("refund", { mail: "ann@example.com" }), ask("transfer_to_clerk", {})),
    inputGuardrails: [{ name: "no swearing", execute: async () => ({ tripwireTriggered: false, outputInfo: {} }) }],
  });
  let result = await run(agent, "refund ann@example.com");
  for (const item of result.interruptions) {
    if (mode === "approve") result.state.approve(item);
    else result.state.reject(item, { message: "not today" });
  }
  if (result.interruptions.length > 0) result = await run(agent, result.state);
  console.log(result.finalOutput);
}
console.log("done");
