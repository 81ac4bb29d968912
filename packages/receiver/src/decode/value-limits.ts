// value-limits.ts: the faults for values beyond the limits, in the same words for both encodings.

import { MAX_DEPTH } from "@proofline/event";
import { type DecodeLimits, Fault } from "./decoded.ts";

/** @param offset of the byte, or -1 */
export function tooDeep(offset: number): Fault {
  return new Fault("TOO_DEEP", `a value is nested deeper than ${MAX_DEPTH} levels`, offset);
}

export function tooManyAttributes(limits: DecodeLimits, offset: number): Fault {
  return new Fault("TOO_LARGE", `there are more than ${limits.maxAttributes} attributes`, offset);
}

export function tooMany(limits: DecodeLimits, offset: number): Fault {
  return new Fault("TOO_LARGE", `there are more than ${limits.maxValues} values`, offset);
}
