// entry-spelling.ts: a redaction that is made again and again, spelled once and counted by the request. Knows no record.

import { formatRedaction, Piece } from "@proofline/event";
import type { RedactionEntry } from "@proofline/redaction";

export class SpelledEntry implements RedactionEntry {
  readonly path: string;
  readonly rule: string;
  readonly action: RedactionEntry["action"];
  readonly policy: string;
  /** As it stands in the line's list. */
  readonly spelled: Piece;
  /** How often in the request at hand; kept by {@link EntryCounts}. */
  count = 0;

  /** @throws ILL_FORMED for a path with a lone surrogate */
  constructor({ path, rule, action, policy }: RedactionEntry) {
    this.path = path;
    this.rule = rule;
    this.action = action;
    this.policy = policy;
    this.spelled = Piece.of(formatRedaction(this));
  }
}

/** Counts the redactions of one request. */
export class EntryCounts {
  #made: SpelledEntry[] = [];

  add(entry: SpelledEntry): void {
    if (entry.count++ === 0) this.#made.push(entry);
  }

  /** Hands out each entry with its count, and begins anew. */
  take(tell: (entry: SpelledEntry, count: number) => void): void {
    for (const entry of this.#made) {
      tell(entry, entry.count);
      entry.count = 0;
    }
    this.#made = [];
  }
}
