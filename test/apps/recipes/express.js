// Express: requests are audited by `--import @proofline/instrumentation/register`; what only the code knows, the code says.
import { change, setAuditActor } from "@proofline/instrumentation";
import express from "express";

export const app = express().use(express.json());
app.use((request, _response, next) => {
  setAuditActor({ id: request.headers["x-user"], type: "user" }); // after your own authentication
  next();
});
app.patch("/invoices/:id", (request, response) => {
  change({ target: { id: request.params.id, type: "invoice" }, old: { state: "open" }, new: request.body, outcome: "success" });
  response.json({ ok: true });
});
