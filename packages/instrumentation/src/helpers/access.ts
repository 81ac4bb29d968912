// access.ts: data was read, exported or shown, or that was refused.

import { ATTR_PROOFLINE_ACCESS_COUNT, ATTR_PROOFLINE_ACCESS_FIELDS, ATTR_PROOFLINE_ACCESS_PURPOSE } from "@proofline/event";
import type { Target } from "../emit/audit-event.ts";
import { type AuditHelper, type CommonFields, defineHelper, type WithOutcome } from "./helper.ts";

export interface AccessFields extends CommonFields, WithOutcome {
  readonly target: Target;
  /** Default: READ. */
  readonly action?: "READ" | "EXPORT" | (string & {}) | undefined;
  /** What for, as a privacy officer would ask. */
  readonly purpose?: string | undefined;
  /** Names of the fields that were read; never their values. */
  readonly fields?: readonly string[] | undefined;
  /** How many records. */
  readonly count?: number | undefined;
}

/** `data.accessed`. A refusal has outcome `failure`. Registry class `access`. */
export const access: AuditHelper<AccessFields> = defineHelper<AccessFields>("access", (fields) => ({
  event: fields.event ?? "data.accessed",
  action: fields.action ?? "READ",
  outcome: fields.outcome,
  attributes: {
    [ATTR_PROOFLINE_ACCESS_PURPOSE]: fields.purpose,
    [ATTR_PROOFLINE_ACCESS_FIELDS]: fields.fields,
    [ATTR_PROOFLINE_ACCESS_COUNT]: fields.count,
  },
}));
