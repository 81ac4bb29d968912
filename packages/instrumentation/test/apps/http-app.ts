// http-app.ts: a plain HTTP service that knows of audit only where it says who acts. Started with --import register.
import { createServer } from "node:http";
import { context, trace } from "@opentelemetry/api";
import { audit, setAuditActor, withAuditContext } from "@proofline/instrumentation";

const server = createServer((request, response) => {
  const path = request.url ?? "";
  if (path.startsWith("/login")) setAuditActor({ id: "ann", type: "user" });
  if (path.startsWith("/fail")) response.statusCode = 422;
  if (path.startsWith("/hang")) return;
  if (path.startsWith("/note")) {
    withAuditContext({ workflow: "w" }, () => audit.record({ event: "note.written", action: "WRITE", outcome: "success" }));
  }
  if (path.startsWith("/span")) {
    trace.getTracer("app").startActiveSpan("work", (span) => {
      audit.record({ event: "in.span", action: "WRITE", outcome: "success", attributes: { span: span.spanContext().traceId } });
      span.end();
    });
  }
  request.resume().on("end", () => {
    response.setHeader("x-app", "1");
    setImmediate(() => response.end(`served ${context.active() === undefined ? "" : path}`));
  });
});
server.listen(0, "127.0.0.1", () => console.log(`port ${(server.address() as { port: number }).port}`));
process.on("message", () => undefined);
