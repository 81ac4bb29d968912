// registry-classes.ts: the table behind the registry: which attributes an event of each class carries, beside those that every audit event
// has. Names only what names.ts names; how the table becomes JSON Schema is registry.ts.

import * as names from "./names.ts";

export type EventClass = "login" | "access" | "change" | "approval" | "override" | "decision" | "delegation";

/** What an attribute's value looks like in a line. */
export type AttributeKind = "text" | "texts" | "flag" | "integer" | "number" | "digest" | "time" | "any" | readonly string[];

export interface AttributeRow {
  readonly name: string;
  readonly kind: AttributeKind;
  readonly about: string;
  readonly required: boolean;
}

export interface ClassRow {
  readonly about: string;
  /** The event names that the helpers give when the caller gives none. */
  readonly events: readonly string[];
  readonly attributes: readonly AttributeRow[];
}

const must = (name: string, kind: AttributeKind, about: string): AttributeRow => ({ name, kind, about, required: true });
const may = (name: string, kind: AttributeKind, about: string): AttributeRow => ({ name, kind, about, required: false });

const TARGET = [
  must(names.ATTR_AUDIT_TARGET_ID, "text", "what it was done to"),
  may(names.ATTR_AUDIT_TARGET_TYPE, "text", "the kind of thing that it is"),
];
const POLICY = [
  may(names.ATTR_PROOFLINE_POLICY_ID, "text", "the policy that was applied"),
  may(names.ATTR_PROOFLINE_POLICY_VERSION, "text", "its version"),
];
const VALUES = [
  may(names.ATTR_PROOFLINE_CHANGE_OLD, "any", "the value before"),
  may(names.ATTR_PROOFLINE_CHANGE_NEW, "any", "the value after"),
];

/** What every class carries. */
export const COMMON: readonly AttributeRow[] = [
  must(names.ATTR_AUDIT_SCHEMA_VERSION, ["1"], "the registry's version"),
  must(names.ATTR_AUDIT_ACTOR_ID, "text", "who did it"),
  must(names.ATTR_AUDIT_ACTOR_TYPE, ["user", "service", "system", "agent"], "what kind of actor"),
  must(names.ATTR_AUDIT_ACTION, "text", "an upper-case verb"),
  must(names.ATTR_AUDIT_OUTCOME, ["success", "failure", "unknown"], "how it ended"),
  may(names.ATTR_AUDIT_SOURCE_ID, "text", "the address or host that it came from"),
  may(names.ATTR_AUDIT_SOURCE_TYPE, ["ipv4", "ipv6", "hostname"], "what kind of source"),
  may(names.ATTR_PROOFLINE_REASON, "text", "why"),
  may(names.ATTR_PROOFLINE_WORKFLOW_ID, "text", "the workflow that it belongs to"),
  may(names.ATTR_PROOFLINE_TASK_ID, "text", "the task within the workflow"),
  may(names.ATTR_PROOFLINE_DELEGATION_ON_BEHALF_OF_ID, "text", "for whom the actor acted"),
  may(names.ATTR_PROOFLINE_DELEGATION_ON_BEHALF_OF_TYPE, "text", "what kind of actor that is"),
  may(names.ATTR_PROOFLINE_LINEAGE_PARENTS, "texts", "ids of the records that it follows from"),
];

export const CLASSES: Readonly<Record<EventClass, ClassRow>> = {
  login: {
    about: "Somebody proved who they are, tried to, or left.",
    events: ["user.login", "user.logout"],
    attributes: [
      may(names.ATTR_PROOFLINE_LOGIN_METHOD, "text", "how: password, oidc, mtls, …"),
      may(names.ATTR_PROOFLINE_LOGIN_MFA, "flag", "whether more than one factor was used"),
    ],
  },
  access: {
    about: "Data was read, exported or shown, or that was refused.",
    events: ["data.accessed"],
    attributes: [
      ...TARGET,
      may(names.ATTR_PROOFLINE_ACCESS_PURPOSE, "text", "what for"),
      may(names.ATTR_PROOFLINE_ACCESS_FIELDS, "texts", "names of the fields"),
      may(names.ATTR_PROOFLINE_ACCESS_COUNT, "integer", "how many records"),
    ],
  },
  change: {
    about: "An entity was created, changed or deleted.",
    events: ["data.changed"],
    attributes: [...TARGET, ...VALUES, may(names.ATTR_PROOFLINE_CHANGE_FIELDS, "texts", "names of the fields that differ")],
  },
  approval: {
    about:
      "Somebody was asked for leave; it was granted, refused, ran out, or was made use of. Bound to the digest of its subject.",
    events: ["approval.requested", "approval.granted", "approval.refused", "approval.expired", "approval.executed"],
    attributes: [
      must(names.ATTR_PROOFLINE_APPROVAL_ID, "text", "joins the records of one approval"),
      must(
        names.ATTR_PROOFLINE_APPROVAL_DECISION,
        ["requested", "granted", "refused", "expired", "executed"],
        "what became of it",
      ),
      may(names.ATTR_AUDIT_TARGET_ID, "text", "what it is about"),
      may(names.ATTR_AUDIT_TARGET_TYPE, "text", "the kind of thing that it is"),
      may(names.ATTR_PROOFLINE_APPROVAL_SUBJECT_DIGEST, "digest", "of exactly what is to be approved"),
      may(names.ATTR_PROOFLINE_APPROVAL_SUBJECT_BYTES, "integer", "its size"),
      may(names.ATTR_PROOFLINE_APPROVAL_SUBJECT_MATCHES, "flag", "whether what was executed is what was approved"),
      may(names.ATTR_PROOFLINE_APPROVAL_APPROVER_ID, "text", "who is to decide, or did"),
      may(names.ATTR_PROOFLINE_APPROVAL_APPROVER_TYPE, "text", "what kind of actor that is"),
      may(names.ATTR_PROOFLINE_APPROVAL_EXPIRES, "time", "until when it holds"),
      ...POLICY,
    ],
  },
  override: {
    about: "A person set aside what a machine or a rule had decided.",
    events: ["decision.overridden"],
    attributes: [
      ...TARGET,
      ...VALUES,
      must(names.ATTR_PROOFLINE_REASON, "text", "why"),
      may(names.ATTR_PROOFLINE_OVERRIDE_OF, "text", "id of the decision or record that was set aside"),
      ...POLICY,
    ],
  },
  decision: {
    about: "A machine, a rule or a person decided about something.",
    events: ["decision.made"],
    attributes: [
      must(names.ATTR_PROOFLINE_DECISION_ID, "text", "names the decision"),
      must(names.ATTR_PROOFLINE_DECISION_OUTCOME, ["allow", "block", "review", "escalate", "defer"], "what was decided"),
      may(names.ATTR_PROOFLINE_DECISION_AUTOMATED, "flag", "whether nobody looked at it before it took effect"),
      may(names.ATTR_PROOFLINE_DECISION_CONFIDENCE, "number", "0 to 1"),
      may(names.ATTR_AUDIT_TARGET_ID, "text", "what it is about"),
      may(names.ATTR_AUDIT_TARGET_TYPE, "text", "the kind of thing that it is"),
      may("gen_ai.request.model", "text", "the model that was asked"),
      may(names.ATTR_PROOFLINE_INPUT_DIGEST, "digest", "of what it was decided on"),
      may(names.ATTR_PROOFLINE_INPUT_BYTES, "integer", "its size"),
      may(names.ATTR_PROOFLINE_OUTPUT_DIGEST, "digest", "of what came out"),
      may(names.ATTR_PROOFLINE_OUTPUT_BYTES, "integer", "its size"),
      ...POLICY,
    ],
  },
  delegation: {
    about: "Somebody let somebody else act in their name.",
    events: ["authority.delegated", "authority.revoked"],
    attributes: [
      must(names.ATTR_PROOFLINE_DELEGATION_TO_ID, "text", "to whom"),
      must(names.ATTR_PROOFLINE_DELEGATION_TO_TYPE, ["user", "service", "system", "agent"], "what kind of actor that is"),
      may(names.ATTR_PROOFLINE_DELEGATION_SCOPE, "texts", "what the delegate may do"),
      may(names.ATTR_PROOFLINE_DELEGATION_EXPIRES, "time", "until when"),
    ],
  },
};
