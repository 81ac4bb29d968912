// Two services in one: /first calls /second with fetch, in an audit context of its own.
import { createServer } from "node:http";
import { audit, withAuditContext } from "@proofline/instrumentation";

const server = createServer(async (request, response) => {
  if (request.url === "/first") {
    const call = () => fetch(`http://127.0.0.1:${server.address().port}/second`, { method: "POST" });
    await withAuditContext({ actor: { id: "ann", type: "user" }, workflow: "ap-4711", tenant: "acme" }, call);
  } else audit.record({ event: "second.done", action: "EXECUTE", outcome: "success" });
  response.end("ok");
});
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
