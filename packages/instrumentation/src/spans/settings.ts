// settings.ts: what the environment says about events from spans.

import type { Environment } from "../config.ts";
import { AuditError } from "../errors.ts";
import type { DerivedKind } from "./mapping.ts";

const KINDS: readonly DerivedKind[] = ["inference", "tool", "agent", "retrieval", "memory", "database", "http", "cloud"];

/**
 * PROOFLINE_SPANS: `all` (the default), `none`, or some of the kinds.
 * @returns empty: none
 * @throws {AuditError} INVALID_OPTION
 */
export function derivedKinds(env: Environment): readonly DerivedKind[] {
  return kindsOf(env.PROOFLINE_SPANS?.trim() || "all");
}

function kindsOf(text: string): readonly DerivedKind[] {
  if (text === "all") return KINDS;
  if (text === "none") return [];
  return text.split(",").map((word) => {
    const kind = KINDS.find((name) => name === word.trim());
    if (kind === undefined)
      throw new AuditError(
        "INVALID_OPTION",
        `PROOFLINE_SPANS: ${JSON.stringify(word.trim())} is not one of all, none, ${KINDS.join(", ")}`,
      );
    return kind;
  });
}
