// decision.ts: a machine, a rule or a person decided about something; and authority was handed on.

import {
  ATTR_PROOFLINE_DECISION_AUTOMATED,
  ATTR_PROOFLINE_DECISION_CONFIDENCE,
  ATTR_PROOFLINE_DECISION_ID,
  ATTR_PROOFLINE_DECISION_OUTCOME,
  ATTR_PROOFLINE_DELEGATION_EXPIRES,
  ATTR_PROOFLINE_DELEGATION_SCOPE,
  ATTR_PROOFLINE_DELEGATION_TO_ID,
  ATTR_PROOFLINE_DELEGATION_TO_TYPE,
  ATTR_PROOFLINE_INPUT_BYTES,
  ATTR_PROOFLINE_INPUT_DIGEST,
  ATTR_PROOFLINE_OUTPUT_BYTES,
  ATTR_PROOFLINE_OUTPUT_DIGEST,
  ATTR_PROOFLINE_POLICY_ID,
  ATTR_PROOFLINE_POLICY_VERSION,
} from "@proofline/event";
import type { Actor } from "../emit/audit-event.ts";
import { realWorld } from "../world.ts";
import { type AuditHelper, type CommonFields, defineHelper, type WithOutcome } from "./helper.ts";

export interface DecisionFields extends CommonFields {
  readonly verdict: "allow" | "block" | "review" | "escalate" | "defer";
  /** Default: a new ULID. Give your own to refer to it, for example from `override({ of })`. */
  readonly decisionId?: string | undefined;
  /** Whether deciding worked. Default: success; a refusal (`block`) is a success of deciding. */
  readonly outcome?: WithOutcome["outcome"] | undefined;
  /** Whether nobody looks at it before it takes effect. */
  readonly automated?: boolean | undefined;
  /** 0 to 1. */
  readonly confidence?: number | undefined;
  /** The model that was asked, with its version. */
  readonly model?: string | undefined;
  readonly policy?: { readonly id: string; readonly version?: string | undefined } | undefined;
  /** What it was decided on; only its digest and size are recorded. */
  readonly input?: unknown;
  /** What came out; likewise. */
  readonly output?: unknown;
}

/** `decision.made`, action DECIDE. Registry class `decision`. */
export const decision: AuditHelper<DecisionFields> = defineHelper<DecisionFields>("decision", (fields, audit) => {
  const input = audit.measure(fields.input);
  const output = audit.measure(fields.output);
  return {
    event: fields.event ?? "decision.made",
    action: "DECIDE",
    outcome: fields.outcome ?? "success",
    attributes: {
      [ATTR_PROOFLINE_DECISION_ID]: fields.decisionId ?? realWorld.newId(),
      [ATTR_PROOFLINE_DECISION_OUTCOME]: fields.verdict,
      [ATTR_PROOFLINE_DECISION_AUTOMATED]: fields.automated,
      [ATTR_PROOFLINE_DECISION_CONFIDENCE]: fields.confidence,
      "gen_ai.request.model": fields.model,
      [ATTR_PROOFLINE_POLICY_ID]: fields.policy?.id,
      [ATTR_PROOFLINE_POLICY_VERSION]: fields.policy?.version,
      [ATTR_PROOFLINE_INPUT_DIGEST]: input?.digest,
      [ATTR_PROOFLINE_INPUT_BYTES]: input?.bytes,
      [ATTR_PROOFLINE_OUTPUT_DIGEST]: output?.digest,
      [ATTR_PROOFLINE_OUTPUT_BYTES]: output?.bytes,
    },
  };
});

export interface DelegationFields extends CommonFields {
  /** To whom. The actor is whose authority it is. */
  readonly to: Actor;
  /** Default: DELEGATE. */
  readonly action?: "DELEGATE" | "REVOKE" | undefined;
  readonly outcome?: WithOutcome["outcome"] | undefined;
  /** What the delegate may do: names of permissions. */
  readonly scope?: readonly string[] | undefined;
  readonly expires?: Date | undefined;
}

/** `authority.delegated` or `authority.revoked`. Registry class `delegation`. */
export const delegation: AuditHelper<DelegationFields> = defineHelper<DelegationFields>("delegation", (fields) => ({
  event: fields.event ?? (fields.action === "REVOKE" ? "authority.revoked" : "authority.delegated"),
  action: fields.action ?? "DELEGATE",
  outcome: fields.outcome ?? "success",
  attributes: {
    [ATTR_PROOFLINE_DELEGATION_TO_ID]: fields.to?.id,
    [ATTR_PROOFLINE_DELEGATION_TO_TYPE]: fields.to?.type,
    [ATTR_PROOFLINE_DELEGATION_SCOPE]: fields.scope,
    [ATTR_PROOFLINE_DELEGATION_EXPIRES]: fields.expires?.toISOString(),
  },
}));
