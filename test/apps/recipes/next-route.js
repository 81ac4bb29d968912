// Next.js: app/api/invoices/[id]/route.js. A route handler is a function, so it is wrapped.
import { auditStep, withAuditContext } from "@proofline/instrumentation";

const approve = auditStep(
  { event: "invoice.approved", action: "APPROVE", target: (id) => ({ id, type: "invoice" }) },
  async (id) => ({ id }),
);

export async function POST(request, { params }) {
  const { id } = await params;
  const actor = { id: request.headers.get("x-user") ?? "anonymous", type: "user" };
  return withAuditContext({ actor, workflow: "invoice-approval" }, async () => Response.json(await approve(id)));
}
