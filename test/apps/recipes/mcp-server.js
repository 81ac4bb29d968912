// MCP server: each tool's handler is a step; who asks, the transport's authentication knows.

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { auditStep, withAuditContext } from "@proofline/instrumentation";
import { z } from "zod";

const lookUp = auditStep(
  { event: "tool.look_up", action: "READ", target: ({ id }) => ({ id, type: "customer" }) },
  async ({ id }) => ({
    content: [{ type: "text", text: `customer ${id}` }],
  }),
);

export const server = new McpServer({ name: "customers", version: "1.0.0" });
server.registerTool("look_up", { description: "a customer", inputSchema: { id: z.string() } }, (input, extra) =>
  withAuditContext({ actor: { id: extra.authInfo?.clientId ?? "local", type: "service" } }, () => lookUp(input)),
);
