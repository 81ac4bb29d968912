// As mcp.js, from CommonJS.
const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
const { InMemoryTransport } = require("@modelcontextprotocol/sdk/inMemory.js");
const { McpServer } = require("@modelcontextprotocol/sdk/server/mcp.js");
const { z } = require("zod");

const server = new McpServer({ name: "billing", version: "1.0.0" });
server.registerTool("refund", { inputSchema: { invoice: z.string() } }, async () => ({ content: [] }));
const client = new Client({ name: "app", version: "1.0.0" });
const [there, here] = InMemoryTransport.createLinkedPair();
Promise.all([server.connect(there), client.connect(here)])
  .then(() => client.callTool({ name: "refund", arguments: { invoice: "4711" } }))
  .then(() => console.log("done"));
