// helper.ts: what all typed helpers have in common: the fields that any event may have, and the two ways of recording one. A helper only
// says which event its fields make.

import { ATTR_PROOFLINE_EVENT_CLASS, type EventClass } from "@proofline/event";
import type { Audit, CommitOptions } from "../audit.ts";
import { audit as defaultAudit } from "../default-audit.ts";
import type { AuditEvent, Outcome, Receipt } from "../emit/audit-event.ts";

/** What every helper takes beside its own fields; each with the meaning that it has in {@link AuditEvent}. */
export interface CommonFields
  extends Omit<AuditEvent, "event" | "action" | "outcome" | "change" | "severity">,
    Partial<Pick<AuditEvent, "event" | "severity">> {
  /** Where it goes. Default: the process's `audit`. */
  readonly audit?: Audit | undefined;
}

/** An outcome that must be given: an event without one is kept, marked by the receiver, and counted, but it proves little. */
export interface WithOutcome {
  readonly outcome: Outcome;
}

/** Records as `audit.record` does; `.commit` as `audit.commit` does. Both throw, or reject, with AuditError as those do. */
export interface AuditHelper<Fields> {
  (fields: Fields): void;
  commit(fields: Fields, options?: CommitOptions): Promise<Receipt>;
}

/** @param toEvent pure but for `audit.measure`, which makes keyed digests */
export function defineHelper<Fields extends CommonFields>(
  of: EventClass,
  toEvent: (fields: Fields, audit: Audit) => AuditEvent,
): AuditHelper<Fields> {
  const build = (fields: Fields, audit: Audit): AuditEvent => {
    const event = toEvent(fields, audit);
    return {
      ...common(fields),
      ...event,
      attributes: { ...fields.attributes, [ATTR_PROOFLINE_EVENT_CLASS]: of, ...event.attributes },
    };
  };
  return Object.assign(
    (fields: Fields): void => {
      const audit = fields.audit ?? defaultAudit;
      audit.record(build(fields, audit));
    },
    {
      async commit(fields: Fields, options?: CommitOptions): Promise<Receipt> {
        const audit = fields.audit ?? defaultAudit;
        return await audit.commit(build(fields, audit), options);
      },
    },
  );
}

/** The fields that go into the event as they are; a helper's own never do. */
function common(fields: CommonFields): Partial<AuditEvent> {
  const { actor, target, source, reason, onBehalfOf, body, time, id, workflow, task, run, tenant, parents, severity } = fields;
  return { actor, target, source, reason, onBehalfOf, body, time, id, workflow, task, run, tenant, parents, severity };
}
