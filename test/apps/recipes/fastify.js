// Fastify: the same, with a hook for the actor. `commit` answers only when the receiver has the event on its disk.
import { override, setAuditActor } from "@proofline/instrumentation";
import { fastify } from "fastify";

export const app = fastify();
app.addHook("preHandler", async (request) => setAuditActor({ id: String(request.headers["x-user"]), type: "user" }));
app.post("/invoices/:id/override", async (request) => {
  const target = { id: request.params.id, type: "invoice" };
  await override.commit({ target, old: "refused", new: "approved", reason: request.body.reason, outcome: "success" });
  return { state: "approved" };
});
