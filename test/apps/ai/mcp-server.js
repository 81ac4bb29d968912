// An MCP server on stdin and stdout; knows nothing of audit.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const server = new McpServer({ name: "billing", version: "1.0.0" });
server.registerTool("refund", { inputSchema: { invoice: z.string() } }, async ({ invoice }) => ({
  content: [{ type: "text", text: invoice }],
}));
await server.connect(new StdioServerTransport());
