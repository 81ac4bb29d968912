// approval.ts: leave that somebody is asked for. Its records are joined by an id and bound to the digest of exactly what is to be approved, so
// that what is executed can be held against what was granted. No convention and no framework has this; the names are ours.

import {
  ATTR_PROOFLINE_APPROVAL_APPROVER_ID,
  ATTR_PROOFLINE_APPROVAL_APPROVER_TYPE,
  ATTR_PROOFLINE_APPROVAL_DECISION,
  ATTR_PROOFLINE_APPROVAL_EXPIRES,
  ATTR_PROOFLINE_APPROVAL_ID,
  ATTR_PROOFLINE_APPROVAL_SUBJECT_BYTES,
  ATTR_PROOFLINE_APPROVAL_SUBJECT_DIGEST,
  ATTR_PROOFLINE_APPROVAL_SUBJECT_MATCHES,
  ATTR_PROOFLINE_POLICY_ID,
  ATTR_PROOFLINE_POLICY_VERSION,
} from "@proofline/event";
import type { Audit, CommitOptions } from "../audit.ts";
import { audit as defaultAudit } from "../default-audit.ts";
import type { Action, Actor, Outcome, Receipt, Target } from "../emit/audit-event.ts";
import type { Measure } from "../measure.ts";
import { realWorld } from "../world.ts";
import { type AuditHelper, type CommonFields, defineHelper } from "./helper.ts";

/** What has to be kept between asking and executing. Plain data: it may go through JSON, a database, a queue. */
export interface Approval {
  readonly id: string;
  /** `hmac-sha256:…` under the redaction key; absent without a key, and then nothing can be compared. */
  readonly digest?: string | undefined;
  readonly bytes?: number | undefined;
  readonly target?: Target | undefined;
  /** Unix milliseconds. */
  readonly expiresMs?: number | undefined;
}

export interface AskedFields extends CommonFields {
  /** Exactly what is to be approved, such as a tool's name and arguments. Only its digest and size are recorded. */
  readonly subject: unknown;
  /** The approval's own id, when a framework gave one. Default: a new ULID. */
  readonly approvalId?: string | undefined;
  /** Who is to decide, when that is known. */
  readonly approver?: Actor | undefined;
  readonly expires?: Date | undefined;
  /** The policy that demands it. */
  readonly policy?: { readonly id: string; readonly version?: string | undefined } | undefined;
}

export interface DecidedFields extends CommonFields {
  readonly approval: Approval;
}

export interface ExecutedFields extends DecidedFields {
  /** What is executed now. */
  readonly subject: unknown;
  /** How the execution ended. Default: success. What is not what was approved is always a failure. */
  readonly outcome?: Outcome | undefined;
}

type Decision = "requested" | "granted" | "refused" | "expired" | "executed";

interface ApprovalRecord extends DecidedFields {
  readonly decision: Decision;
  readonly action: Action;
  readonly outcome: Outcome;
  readonly approver?: Actor | undefined;
  readonly policy?: AskedFields["policy"];
  readonly matches?: boolean | undefined;
  readonly executed?: Measure | undefined;
}

const emit: AuditHelper<ApprovalRecord> = defineHelper<ApprovalRecord>("approval", (fields) => {
  const { approval: of, decision, approver, executed } = fields;
  return {
    event: fields.event ?? `approval.${decision}`,
    action: fields.action,
    outcome: fields.outcome,
    target: fields.target ?? of.target,
    attributes: {
      [ATTR_PROOFLINE_APPROVAL_ID]: of.id,
      [ATTR_PROOFLINE_APPROVAL_DECISION]: decision,
      [ATTR_PROOFLINE_APPROVAL_SUBJECT_DIGEST]: (executed ?? of).digest,
      [ATTR_PROOFLINE_APPROVAL_SUBJECT_BYTES]: (executed ?? of).bytes,
      [ATTR_PROOFLINE_APPROVAL_SUBJECT_MATCHES]: fields.matches,
      [ATTR_PROOFLINE_APPROVAL_APPROVER_ID]: approver?.id,
      [ATTR_PROOFLINE_APPROVAL_APPROVER_TYPE]: approver?.type,
      [ATTR_PROOFLINE_APPROVAL_EXPIRES]: of.expiresMs === undefined ? undefined : new Date(of.expiresMs).toISOString(),
      [ATTR_PROOFLINE_POLICY_ID]: fields.policy?.id,
      [ATTR_PROOFLINE_POLICY_VERSION]: fields.policy?.version,
    },
  };
});

/** Whether a subject is what was asked for. undefined: there is no digest to compare with (no redaction key). */
function matches(approval: Approval, subject: unknown, audit: Audit = defaultAudit): boolean | undefined {
  const digest = audit.measure(subject)?.digest;
  return digest === undefined || approval.digest === undefined ? undefined : digest === approval.digest;
}

function asked(fields: AskedFields): { approval: Approval; record: ApprovalRecord } {
  const audit = fields.audit ?? defaultAudit;
  const measure = audit.measure(fields.subject);
  const approval: Approval = {
    id: fields.approvalId ?? realWorld.newId(),
    digest: measure?.digest,
    bytes: measure?.bytes,
    target: fields.target,
    expiresMs: fields.expires?.getTime(),
  };
  return { approval, record: { ...fields, approval, decision: "requested", action: "REVIEW", outcome: "success" } };
}

function executed(fields: ExecutedFields): ApprovalRecord {
  const audit = fields.audit ?? defaultAudit;
  const fits = matches(fields.approval, fields.subject, audit);
  return {
    ...fields,
    ...{ decision: "executed", action: "EXECUTE", matches: fits, executed: audit.measure(fields.subject) },
    outcome: fits === false ? "failure" : (fields.outcome ?? "success"),
    ...(fits === false && { reason: fields.reason ?? "what was executed is not what was approved" }),
  };
}

/** The decision's actor is the approver, unless `approver` says otherwise. */
function decided(decision: Decision, action: Action, fields: DecidedFields): ApprovalRecord {
  const approver = decision === "granted" || decision === "refused" ? fields.actor : undefined;
  return { ...fields, decision, action, outcome: "success", approver };
}

/**
 * `approval.requested`, `.granted`, `.refused`, `.expired`, `.executed`. Each function records as `audit.record` does and throws as it does;
 * the ones under `commit` resolve when the receiver has the record on its disk. Registry class `approval`.
 */
export const approval: {
  /** Somebody is asked. Keep what it returns until the decision and the execution. */
  asked(fields: AskedFields): Approval;
  granted(fields: DecidedFields): void;
  refused(fields: DecidedFields): void;
  expired(fields: DecidedFields): void;
  /** @returns false when the subject is not what was approved: do not go on. undefined: it could not be compared */
  executed(fields: ExecutedFields): boolean | undefined;
  /** Before executing: compares without recording. @returns as `executed` */
  matches(approval: Approval, subject: unknown, audit?: Audit): boolean | undefined;
  readonly commit: {
    asked(fields: AskedFields, options?: CommitOptions): Promise<Approval & { readonly receipt: Receipt }>;
    granted(fields: DecidedFields, options?: CommitOptions): Promise<Receipt>;
    refused(fields: DecidedFields, options?: CommitOptions): Promise<Receipt>;
    expired(fields: DecidedFields, options?: CommitOptions): Promise<Receipt>;
    executed(fields: ExecutedFields, options?: CommitOptions): Promise<Receipt & { readonly matches: boolean | undefined }>;
  };
} = {
  asked(fields) {
    const { approval, record } = asked(fields);
    emit(record);
    return approval;
  },
  granted: (fields) => emit(decided("granted", "APPROVE", fields)),
  refused: (fields) => emit(decided("refused", "REJECT", fields)),
  expired: (fields) => emit(decided("expired", "EXPIRE", fields)),
  executed(fields) {
    const record = executed(fields);
    emit(record);
    return record.matches;
  },
  matches,
  commit: {
    async asked(fields, options) {
      const { approval, record } = asked(fields);
      return { ...approval, receipt: await emit.commit(record, options) };
    },
    granted: (fields, options) => emit.commit(decided("granted", "APPROVE", fields), options),
    refused: (fields, options) => emit.commit(decided("refused", "REJECT", fields), options),
    expired: (fields, options) => emit.commit(decided("expired", "EXPIRE", fields), options),
    async executed(fields, options) {
      const record = executed(fields);
      return { ...(await emit.commit(record, options)), matches: record.matches };
    },
  },
};
