// An MCP client and server in one process, over memory; knows nothing of audit. `http` puts an HTTP server between them, `gateway` has a tool that calls
// another server's tool.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

const mode = process.argv[2];

function billing(downstream) {
  const server = new McpServer({ name: "billing", version: "1.0.0" });
  server.registerTool("refund", { inputSchema: { invoice: z.string() } }, async ({ invoice }) => {
    if (invoice === "none") throw new Error("no such invoice ann@example.com");
    if (downstream) await downstream.callTool({ name: "transfer", arguments: { to: "ann@example.com" } });
    return { content: [{ type: "text", text: `refunded ${invoice}` }] };
  });
  server.registerTool("transfer", { inputSchema: { to: z.string() } }, async () => ({ content: [] }));
  server.registerResource("ledger", "ledger://2026/q3", {}, async (uri) => ({ contents: [{ uri: uri.href, text: "secret" }] }));
  return server;
}

async function connect(server) {
  const client = new Client({ name: "app", version: "1.0.0" });
  const [there, here] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(there), client.connect(here)]);
  return client;
}

async function connectOverHttp() {
  const listener = createServer(async (request, response) => {
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    const server = billing();
    request.auth = { token: "t", clientId: "client-7", scopes: [] };
    await server.connect(transport);
    await transport.handleRequest(request, response);
  });
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const client = new Client({ name: `app-${randomUUID()}`, version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${listener.address().port}/mcp`)));
  return { client, close: () => listener.close() };
}

if (mode === "http") {
  const { client, close } = await connectOverHttp();
  await client.callTool({ name: "refund", arguments: { invoice: "4711" } });
  await client.close();
  close();
} else {
  const client = await connect(billing(mode === "gateway" ? await connect(billing()) : undefined));
  await client.listTools();
  await client.callTool({ name: "refund", arguments: { invoice: "4711" } });
  if (mode !== "gateway") {
    await client.callTool({ name: "refund", arguments: { invoice: "none" } });
    await client.readResource({ uri: "ledger://2026/q3" });
    await client.readResource({ uri: "ledger://none" }).catch(() => {});
  }
}
console.log("done");
