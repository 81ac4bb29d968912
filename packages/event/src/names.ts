// names.ts: the attribute names that audit events travel under, and nothing else. The `audit.*` names are those of the
// OpenTelemetry audit draft (OTEP 0267, not adopted): when the draft moves, only this file moves with it.

/** Chosen by the producer; the same for every retry of a record. Any non-empty string. */
export const ATTR_AUDIT_RECORD_ID = "audit.record.id";
export const ATTR_AUDIT_ACTOR_ID = "audit.actor.id";
/** `user`, `service`, `system`; ours adds `agent`. */
export const ATTR_AUDIT_ACTOR_TYPE = "audit.actor.type";
/** An upper-case verb: LOGIN, READ, UPDATE, EXECUTE, APPROVE, … */
export const ATTR_AUDIT_ACTION = "audit.action";
/** `success`, `failure` or `unknown`. */
export const ATTR_AUDIT_OUTCOME = "audit.outcome";
export const ATTR_AUDIT_TARGET_ID = "audit.target.id";
export const ATTR_AUDIT_TARGET_TYPE = "audit.target.type";
export const ATTR_AUDIT_SOURCE_ID = "audit.source.id";
/** `ipv4`, `ipv6` or `hostname`. */
export const ATTR_AUDIT_SOURCE_TYPE = "audit.source.type";
export const ATTR_AUDIT_SCHEMA_VERSION = "audit.schema.version";
/** Names one producer's run; its records are numbered from 1 within it. */
export const ATTR_AUDIT_SEQUENCE_STREAM_ID = "audit.sequence.stream_id";
export const ATTR_AUDIT_SEQUENCE_NUMBER = "audit.sequence.number";
/** true on the last record of a stream that was closed in order. */
export const ATTR_AUDIT_SEQUENCE_END = "audit.sequence.end";
export const ATTR_AUDIT_SEQUENCE_PREVIOUS_HASH = "audit.sequence.previous_hash";
export const ATTR_AUDIT_SEQUENCE_PREVIOUS_RECORD_ID = "audit.sequence.previous_record_id";
export const ATTR_AUDIT_INTEGRITY_VALUE = "audit.integrity.value";
export const ATTR_AUDIT_INTEGRITY_SIGNER = "audit.integrity.signer";
export const ATTR_AUDIT_INTEGRITY_CANONICALIZATION = "audit.integrity.canonicalization";
/** On the resource. */
export const ATTR_AUDIT_INTEGRITY_ALGORITHM = "audit.integrity.algorithm";
/** On the resource. */
export const ATTR_AUDIT_INTEGRITY_CERTIFICATE = "audit.integrity.certificate";

/** Where an event name stands when the sender cannot set OTLP's own field: the current attribute, then the old one. */
export const ATTR_OTEL_EVENT_NAME = "otel.event.name";
export const ATTR_EVENT_NAME = "event.name";

/** What the producer redacted: a list of maps of the strings `path`, `rule`, `action`, `policy`. */
export const ATTR_PROOFLINE_REDACTIONS = "proofline.redactions";
export const ATTR_PROOFLINE_REASON = "proofline.reason";
export const ATTR_PROOFLINE_WORKFLOW_ID = "proofline.workflow.id";
export const ATTR_PROOFLINE_WORKFLOW_NAME = "proofline.workflow.name";
export const ATTR_PROOFLINE_TASK_ID = "proofline.task.id";
export const ATTR_PROOFLINE_TASK_NAME = "proofline.task.name";
/** Joins the records that one audited function call leaves: its start and its end. */
export const ATTR_PROOFLINE_STEP_ID = "proofline.step.id";
/** `start` or `end`. */
export const ATTR_PROOFLINE_STEP_PHASE = "proofline.step.phase";
/** int, nanoseconds. */
export const ATTR_PROOFLINE_STEP_DURATION_NS = "proofline.step.duration_ns";
export const ATTR_PROOFLINE_REQUEST_ID = "proofline.request.id";
export const ATTR_PROOFLINE_DECISION_ID = "proofline.decision.id";
/** `allow`, `block`, `review`, `escalate` or `defer`. */
export const ATTR_PROOFLINE_DECISION_OUTCOME = "proofline.decision.outcome";
export const ATTR_PROOFLINE_APPROVAL_ID = "proofline.approval.id";
export const ATTR_PROOFLINE_APPROVAL_DECISION = "proofline.approval.decision";
export const ATTR_PROOFLINE_APPROVAL_APPROVER_ID = "proofline.approval.approver.id";
export const ATTR_PROOFLINE_APPROVAL_APPROVER_TYPE = "proofline.approval.approver.type";
export const ATTR_PROOFLINE_APPROVAL_EXPIRES = "proofline.approval.expires";
/** Digest of exactly what was approved. */
export const ATTR_PROOFLINE_APPROVAL_SUBJECT_DIGEST = "proofline.approval.subject.digest";
export const ATTR_PROOFLINE_CHANGE_OLD = "proofline.change.old";
export const ATTR_PROOFLINE_CHANGE_NEW = "proofline.change.new";
/** `sha256:` and 64 hex digits. */
export const ATTR_PROOFLINE_INPUT_DIGEST = "proofline.input.digest";
export const ATTR_PROOFLINE_INPUT_BYTES = "proofline.input.bytes";
export const ATTR_PROOFLINE_INPUT_REF = "proofline.input.ref";
export const ATTR_PROOFLINE_OUTPUT_DIGEST = "proofline.output.digest";
export const ATTR_PROOFLINE_OUTPUT_BYTES = "proofline.output.bytes";
export const ATTR_PROOFLINE_OUTPUT_REF = "proofline.output.ref";
export const ATTR_PROOFLINE_POLICY_ID = "proofline.policy.id";
export const ATTR_PROOFLINE_POLICY_VERSION = "proofline.policy.version";
/** For whom the actor acted: the person behind an agent. */
export const ATTR_PROOFLINE_DELEGATION_ON_BEHALF_OF_ID = "proofline.delegation.on_behalf_of.id";
export const ATTR_PROOFLINE_DELEGATION_ON_BEHALF_OF_TYPE = "proofline.delegation.on_behalf_of.type";
/** List of record ids that this event follows from. */
export const ATTR_PROOFLINE_LINEAGE_PARENTS = "proofline.lineage.parents";
/** Name of the instrumentation scope whose span this event was derived from. */
export const ATTR_PROOFLINE_DERIVATION_SCOPE = "proofline.derivation.scope";
/** Name of the span that this event was derived from. */
export const ATTR_PROOFLINE_DERIVATION_SPAN = "proofline.derivation.span";
