// An application that sets up OpenTelemetry and audit by code, then loads the rest; switches audit off after its first request.

import { trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { AuditInstrumentation } from "@proofline/instrumentation";

const instrumentation = new AuditInstrumentation();
const names = [];
const own = { onStart: () => {}, onEnd: (span) => names.push(span.name), forceFlush: async () => {}, shutdown: async () => {} };
const sdk = new NodeSDK({
  spanProcessors: [own],
  metricReaders: [],
  logRecordProcessors: [],
  instrumentations: [instrumentation],
});
sdk.start();
await import("../ai/mcp.js");
const { default: Koa } = await import("koa");
const app = new Koa();
app.use((context) => (context.body = "ok"));
const server = app.listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const call = async () => await (await fetch(`http://127.0.0.1:${server.address().port}/invoices`, { method: "POST" })).text();
const tool = (name) =>
  trace
    .getTracer("app")
    .startSpan("x", { attributes: { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name } })
    .end();
tool("first");
await call();
instrumentation.disable();
tool("second");
await call();
instrumentation.enable();
tool("third");
await call();
server.close();
server.closeAllConnections();
console.log(`spans ${names.join()}`);
