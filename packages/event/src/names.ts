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
/** Which of the registry's event classes a record is of: its schema. See registry.ts. */
export const ATTR_PROOFLINE_EVENT_CLASS = "proofline.event.class";
/** `password`, `oidc`, `mtls`, …: how somebody proved who they are. */
export const ATTR_PROOFLINE_LOGIN_METHOD = "proofline.login.method";
/** Whether more than one factor was used. */
export const ATTR_PROOFLINE_LOGIN_MFA = "proofline.login.mfa";
/** What data was read for. */
export const ATTR_PROOFLINE_ACCESS_PURPOSE = "proofline.access.purpose";
/** Names of the fields that were read. */
export const ATTR_PROOFLINE_ACCESS_FIELDS = "proofline.access.fields";
/** How many records were read. */
export const ATTR_PROOFLINE_ACCESS_COUNT = "proofline.access.count";
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
/** Whether nobody looked at it before it took effect. */
export const ATTR_PROOFLINE_DECISION_AUTOMATED = "proofline.decision.automated";
/** 0 to 1, as the model gave it. */
export const ATTR_PROOFLINE_DECISION_CONFIDENCE = "proofline.decision.confidence";
/** `allow`, `block`, `review`, `escalate` or `defer`. */
export const ATTR_PROOFLINE_DECISION_OUTCOME = "proofline.decision.outcome";
export const ATTR_PROOFLINE_APPROVAL_ID = "proofline.approval.id";
/** `requested`, `granted`, `refused`, `expired` or `executed`. */
export const ATTR_PROOFLINE_APPROVAL_DECISION = "proofline.approval.decision";
export const ATTR_PROOFLINE_APPROVAL_APPROVER_ID = "proofline.approval.approver.id";
export const ATTR_PROOFLINE_APPROVAL_APPROVER_TYPE = "proofline.approval.approver.type";
export const ATTR_PROOFLINE_APPROVAL_EXPIRES = "proofline.approval.expires";
/** Digest of exactly what was approved. */
export const ATTR_PROOFLINE_APPROVAL_SUBJECT_DIGEST = "proofline.approval.subject.digest";
export const ATTR_PROOFLINE_APPROVAL_SUBJECT_BYTES = "proofline.approval.subject.bytes";
/** false: what was executed is not what was approved. */
export const ATTR_PROOFLINE_APPROVAL_SUBJECT_MATCHES = "proofline.approval.subject.matches";
/** Names of the fields that differ. */
export const ATTR_PROOFLINE_CHANGE_FIELDS = "proofline.change.fields";
/** Id of the decision or record that a person set aside. */
export const ATTR_PROOFLINE_OVERRIDE_OF = "proofline.override.of";
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
/** To whom authority was given. */
export const ATTR_PROOFLINE_DELEGATION_TO_ID = "proofline.delegation.to.id";
export const ATTR_PROOFLINE_DELEGATION_TO_TYPE = "proofline.delegation.to.type";
/** What the delegate may do: names of permissions. */
export const ATTR_PROOFLINE_DELEGATION_SCOPE = "proofline.delegation.scope";
/** RFC 3339. */
export const ATTR_PROOFLINE_DELEGATION_EXPIRES = "proofline.delegation.expires";
/** List of record ids that this event follows from. */
export const ATTR_PROOFLINE_LINEAGE_PARENTS = "proofline.lineage.parents";
/** Name of the instrumentation scope whose span this event was derived from. */
export const ATTR_PROOFLINE_DERIVATION_SCOPE = "proofline.derivation.scope";
/** Name of the span that this event was derived from. */
export const ATTR_PROOFLINE_DERIVATION_SPAN = "proofline.derivation.span";

/** On a record that a receiver sends on: the log that its line stands in. These, and those below, say what the line says beside the record. */
export const ATTR_PROOFLINE_LOG = "proofline.log";
/** int, the line's `seq`, from 0. `audit.sequence.number` is one more. */
export const ATTR_PROOFLINE_SEQ = "proofline.seq";
/** RFC 9162 leaf hash of the line, in base64. */
export const ATTR_PROOFLINE_LEAF_HASH = "proofline.leaf_hash";
/** The line itself, byte for byte. */
export const ATTR_PROOFLINE_LINE = "proofline.line";
/** The line's `received`, as it is spelled there. */
export const ATTR_PROOFLINE_RECEIVED = "proofline.received";
/** The line's `writer`. */
export const ATTR_PROOFLINE_WRITER = "proofline.writer";
/** The line's `notes`: a list of maps of the strings `path`, `note`. */
export const ATTR_PROOFLINE_NOTES = "proofline.notes";
/** What the producer sent as `audit.sequence.*`. */
export const ATTR_PROOFLINE_PRODUCER_STREAM = "proofline.producer.stream";
export const ATTR_PROOFLINE_PRODUCER_NUMBER = "proofline.producer.number";
export const ATTR_PROOFLINE_PRODUCER_END = "proofline.producer.end";
export const ATTR_PROOFLINE_QUARANTINE_CODE = "proofline.quarantine.code";
export const ATTR_PROOFLINE_QUARANTINE_REASON = "proofline.quarantine.reason";
/** `sha256:` and 64 hex digits: where the log keeps the bytes. */
export const ATTR_PROOFLINE_QUARANTINE_REF = "proofline.quarantine.ref";
/** int: how many bytes they are. */
export const ATTR_PROOFLINE_QUARANTINE_BYTES = "proofline.quarantine.bytes";
/** Before the names of attributes that came with the record and that a receiver, sending it on, needs itself. */
export const PROOFLINE_UPSTREAM_PREFIX = "proofline.upstream.";
