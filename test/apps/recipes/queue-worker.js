// A queue worker: the message carries the context of whoever put it there, and the job's id makes a second delivery the same event.
import { audit, withAuditContext } from "@proofline/instrumentation";

export async function handle(job) {
  await withAuditContext({ actor: job.data.actor, workflow: job.data.workflow, task: job.id }, async () => {
    audit.record({ id: `${job.id}-started`, event: "payout.started", action: "EXECUTE", outcome: "unknown" });
    await job.data.pay();
    await audit.commit({ id: `${job.id}-done`, event: "payout.done", action: "EXECUTE", outcome: "success" });
  });
}
