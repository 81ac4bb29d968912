// index.ts: the room's only door.

export { defaultPolicy } from "./default-policy.ts";
export { PolicyError, type PolicyErrorCode, type PolicyProblem } from "./errors.ts";
export { parsePolicy, policyVersion } from "./parse-policy.ts";
export type { RedactionEntry } from "./path.ts";
export {
  ACTIONS,
  type Action,
  type ContentRule,
  DETECTORS,
  type Detector,
  type KeyRule,
  type Policy,
  type ValueRule,
} from "./policy.ts";
export { compilePolicy, type KeyTreatment, type Redactor } from "./redactor.ts";
export { copyPlain, copySpelled } from "./scan/bytes.ts";
export { isRedacted, MASK } from "./shapes.ts";
