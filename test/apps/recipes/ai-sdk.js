// AI SDK: calls of models and tools are audited by the register hook; a decision and an approval are yours to say.
import { approval, decision, withAuditContext } from "@proofline/instrumentation";

const agent = { id: "billing-agent", type: "agent" };

export async function refund(invoice, ask, execute) {
  return withAuditContext({ actor: agent, onBehalfOf: { id: "ann", type: "user" }, workflow: "refunds" }, async () => {
    decision({ verdict: "review", model: "risk-scorer-2", automated: true, confidence: 0.71, input: invoice });
    const subject = { tool: "refund", arguments: invoice };
    const asked = approval.asked({ subject, target: { id: invoice.id, type: "invoice" } });
    const person = await ask(asked);
    if (person === undefined) return void approval.refused({ approval: asked, actor: { id: "max", type: "user" } });
    approval.granted({ approval: asked, actor: person });
    if (approval.executed({ approval: asked, subject: { tool: "refund", arguments: invoice } }) === false)
      throw new Error("not what was approved");
    return execute(invoice);
  });
}
