// A cron job: one run, one context. `shutdown` delivers before the process ends; what cannot be delivered waits in the spool for the next run.
import { audit, auditStep, withAuditContext } from "@proofline/instrumentation";

const purge = auditStep(
  { event: "retention.purged", action: "DELETE", actor: { id: "retention-job", type: "system" } },
  async () => ({ deleted: 3 }),
);

export async function main() {
  await withAuditContext({ workflow: "retention", run: new Date().toISOString() }, () => purge());
  return audit.flush(); // 0: the receiver has them all
}
