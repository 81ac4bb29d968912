// change.ts: an entity was created, changed or deleted; and a person set aside what had been decided.

import { isDeepStrictEqual } from "node:util";
import {
  ATTR_PROOFLINE_CHANGE_FIELDS,
  ATTR_PROOFLINE_OVERRIDE_OF,
  ATTR_PROOFLINE_POLICY_ID,
  ATTR_PROOFLINE_POLICY_VERSION,
} from "@proofline/event";
import type { Target } from "../emit/audit-event.ts";
import { type AuditHelper, type CommonFields, defineHelper, type WithOutcome } from "./helper.ts";

export interface ChangeFields extends CommonFields, WithOutcome {
  /** The entity. */
  readonly target: Target;
  /** Its value before; left out when it was created. Of two objects only the fields that differ are recorded, redacted like all else. */
  readonly old?: unknown;
  /** Its value after; left out when it was deleted. */
  readonly new?: unknown;
  /** Default: CREATE without `old`, DELETE without `new`, else UPDATE. */
  readonly action?: "CREATE" | "UPDATE" | "DELETE" | "WRITE" | (string & {}) | undefined;
}

/** `data.changed`. Registry class `change`. */
export const change: AuditHelper<ChangeFields> = defineHelper<ChangeFields>("change", (fields) => {
  const difference = differenceOf(fields.old, fields.new);
  return {
    event: fields.event ?? "data.changed",
    action: fields.action ?? (fields.old === undefined ? "CREATE" : fields.new === undefined ? "DELETE" : "UPDATE"),
    outcome: fields.outcome,
    change: { old: difference.old, new: difference.new },
    attributes: { [ATTR_PROOFLINE_CHANGE_FIELDS]: difference.fields },
  };
});

export interface OverrideFields extends CommonFields, WithOutcome {
  readonly target: Target;
  /** What had been decided. */
  readonly old?: unknown;
  /** What holds now. */
  readonly new?: unknown;
  /** Why: required, because it is what an auditor asks first. */
  readonly reason: string;
  /** Id of the decision or record that is set aside. */
  readonly of?: string | undefined;
  /** The policy that allows it. */
  readonly policy?: { readonly id: string; readonly version?: string | undefined } | undefined;
}

/** `decision.overridden`, action OVERRIDE. Registry class `override`. */
export const override: AuditHelper<OverrideFields> = defineHelper<OverrideFields>("override", (fields) => ({
  event: fields.event ?? "decision.overridden",
  action: "OVERRIDE",
  outcome: fields.outcome,
  change: { old: fields.old, new: fields.new },
  attributes: {
    [ATTR_PROOFLINE_OVERRIDE_OF]: fields.of,
    [ATTR_PROOFLINE_POLICY_ID]: fields.policy?.id,
    [ATTR_PROOFLINE_POLICY_VERSION]: fields.policy?.version,
  },
}));

interface Difference {
  readonly old?: unknown;
  readonly new?: unknown;
  readonly fields?: readonly string[];
}

/** Of two plain objects the fields that differ; of anything else the whole. */
function differenceOf(before: unknown, after: unknown): Difference {
  if (!isPlain(before) || !isPlain(after)) return { old: before, new: after };
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !same(before[name], after[name]));
  return { old: only(before, names), new: only(after, names), fields: names };
}

function only(value: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(value, name)).map((name) => [name, value[name]]));
}

function same(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || (typeof a === "object" && typeof b === "object" && isDeepStrictEqual(a, b));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
