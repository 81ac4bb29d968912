// service.ts: a small invoice service as a team might have it: an HTTP API, a model, a tool, people who approve. It is started with
// `--import @proofline/instrumentation/register`; what stands here about auditing is what a developer would write.

import { createServer, type IncomingMessage } from "node:http";
import { audit, auditStep, withAuditContext } from "@proofline/instrumentation";
import { generateText, stepCountIs, tool } from "ai";
import { z } from "zod";
import { invoiceModel } from "./model.ts";

const Invoice = z.object({
  id: z.string(),
  supplier: z.string(),
  contact: z.string(),
  amount: z.number(),
  card: z.string().optional(),
  portal: z.object({ user: z.string(), password: z.string(), api_key: z.string().optional() }).optional(),
});
type Invoice = z.infer<typeof Invoice>;
const Decision = z.object({ reason: z.string() });

const invoices = new Map<string, { invoice: Invoice; state: string }>();

const ledgerLookup = auditStep(
  {
    event: "tool.ledger_lookup",
    action: "EXECUTE",
    actor: { id: "ap-agent", type: "service" },
    target: { id: "accounts-payable", type: "account" },
  },
  async (_input: { invoice: string; password?: string | undefined }) => ({ open: true, lastPaid: "2026-10-02" }),
);

const score = auditStep(
  { event: "invoice.scored", action: "EXECUTE", actor: { id: "risk-scorer", type: "service" } },
  async (invoice: Invoice): Promise<{ confidence: number }> => {
    const result = await generateText({
      model: invoiceModel(),
      maxRetries: 0,
      prompt: `Score invoice ${invoice.id} of ${invoice.supplier}, amount ${invoice.amount}. Contact ${invoice.contact}.`,
      stopWhen: stepCountIs(3),
      tools: {
        ledger_lookup: tool({
          inputSchema: z.object({ invoice: z.string(), password: z.string().optional() }),
          execute: (input) => ledgerLookup(input),
        }),
      },
    });
    return z.object({ confidence: z.number() }).parse(JSON.parse(result.text));
  },
);

async function receive(invoice: Invoice): Promise<{ state: string; confidence: number }> {
  return withAuditContext({ workflow: "invoice-approval", task: invoice.id }, async () => {
    audit.record({
      event: "invoice.received",
      actor: { id: invoice.contact, type: "user" },
      action: "CREATE",
      outcome: "success",
      target: { id: invoice.id, type: "invoice" },
      attributes: {
        "invoice.amount": invoice.amount,
        ...(invoice.card === undefined ? {} : { "invoice.payment": `card ${invoice.card}` }),
      },
      body: { supplier: invoice.supplier, portal: invoice.portal ?? null },
    });
    const { confidence } = await score(invoice);
    const state = confidence > 0.9 ? "approved" : "review";
    invoices.set(invoice.id, { invoice, state });
    audit.record({
      event: state === "approved" ? "invoice.approved" : "approval.requested",
      actor: { id: "ap-agent", type: "service" },
      action: state === "approved" ? "APPROVE" : "REVIEW",
      outcome: "success",
      target: { id: invoice.id, type: "invoice" },
      attributes: { "gen_ai.request.model": "risk-scorer-2", "invoice.confidence": confidence },
    });
    return { state, confidence };
  });
}

/** A person decides. The answer is sent when the receiver has the event on disk, not before. */
async function decide(
  id: string,
  user: string,
  decision: "approved" | "refused" | "overridden",
  reason: string,
): Promise<{ state: string }> {
  const known = invoices.get(id);
  if (known === undefined) throw Object.assign(new Error(`there is no invoice ${id}`), { status: 404 });
  const old = known.state;
  known.state = decision === "refused" ? "refused" : "approved";
  const event = { approved: "approval.granted", refused: "approval.refused", overridden: "invoice.overridden" }[decision];
  const action = { approved: "APPROVE", refused: "REJECT", overridden: "OVERRIDE" }[decision];
  await withAuditContext({ workflow: "invoice-approval", task: id }, () =>
    audit.commit({
      event,
      actor: { id: user, type: "user" },
      action,
      outcome: "success",
      target: { id, type: "invoice" },
      change: { old, new: known.state },
      reason,
    }),
  );
  return { state: known.state };
}

async function body(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8") || "null");
}

async function route(request: IncomingMessage): Promise<unknown> {
  const [, what, id, verb] = (request.url ?? "/").split("/");
  if (request.method !== "POST" || what !== "invoices") throw Object.assign(new Error("not found"), { status: 404 });
  if (id === undefined) return receive(Invoice.parse(await body(request)));
  const user = String(request.headers["x-user"] ?? "anonymous");
  const { reason } = Decision.parse(await body(request));
  if (verb === "approve") return decide(id, user, "approved", reason);
  if (verb === "refuse") return decide(id, user, "refused", reason);
  if (verb === "override") return decide(id, user, "overridden", reason);
  throw Object.assign(new Error("not found"), { status: 404 });
}

const server = createServer((request, response) => {
  route(request).then(
    (answer) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer)),
    (error: Error & { status?: number }) => {
      response
        .writeHead(error.status ?? 502, { "content-type": "application/json" })
        .end(JSON.stringify({ error: error.message }));
    },
  );
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") console.log(`listening ${address.port}`);
});

process.once("SIGTERM", () => {
  server.close();
  void audit.shutdown().then(() => process.exit(0));
});
