// log-line.ts: a log line that is marked as audit, as an event. The mark is a field `audit` that holds the event; the line itself goes on as it would
// have gone.

import type { Audit } from "../audit.ts";
import { audit as defaultAudit } from "../default-audit.ts";
import type { AuditEvent } from "../emit/audit-event.ts";
import { guarded } from "../guarded.ts";

export interface BridgeOptions {
  /** Where events go. Default: the process's `audit`. */
  readonly audit?: Audit | undefined;
}

/** @param message becomes the event's body, unless it has one. Never throws: logging must not; what could not be recorded is counted */
export function recordMarked({ audit = defaultAudit }: BridgeOptions, fields: unknown, message: unknown, severity: number): void {
  const marked = typeof fields === "object" && fields !== null ? (fields as { audit?: unknown }).audit : undefined;
  if (typeof marked !== "object" || marked === null) return;
  guarded(() => audit.record({ body: message, severity, ...(marked as AuditEvent) }))();
}
