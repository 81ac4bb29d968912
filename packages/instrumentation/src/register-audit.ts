// register-audit.ts: what --import does: the SDK, the request channel, the deliveries of dead processes; and one line that says so.

import { audit } from "./default-audit.ts";
import { beforeExit } from "./exit.ts";
import { auditIncoming, MUTATIONS } from "./http/incoming.ts";
import { startSdk } from "./otel-sdk.ts";
import { realWorld } from "./world.ts";

let registered = false;

/**
 * Twice is fine: `--import` twice, or in NODE_OPTIONS and by hand.
 * @throws {AuditError} INVALID_OPTION: a service whose audit trail is set up wrongly does not start, rather than run unaudited
 */
export function registerAudit(): void {
  if (registered) return;
  registered = true;
  const { notices, env } = realWorld;
  audit.start();
  const sdk = startSdk(env);
  let open = true;
  const leave = (): Promise<void> => {
    open = false;
    return sdk.shutdown().catch(() => undefined);
  };
  beforeExit({ exitTimeoutMs: 2000, isOpen: () => open, leave, leaveNow: () => undefined });
  auditIncoming({ audit });
  const unkeyed = audit.measure("")?.digest === undefined ? "; no redaction key, so what would be a token is masked" : "";
  notices.say(`auditing incoming HTTP ${MUTATIONS.join(", ")} (http.request) to ${audit.destination}; ${sdk.says}${unkeyed}`);
}
