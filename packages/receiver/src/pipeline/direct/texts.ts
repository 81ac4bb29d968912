// texts.ts: strings that must be looked at as strings, redacted and spelled. What came of a short one that comes again and again, an address
// above all, is kept, so that its second time costs a comparison. The memory is bounded.

import { Buffer } from "node:buffer";
import { Piece, spellString } from "@proofline/event";
import type { RedactionEntry, Redactor } from "@proofline/redaction";
import { hashBytes, KeptBytes } from "./byte-words.ts";
import { SpelledEntry } from "./entry-spelling.ts";

const SLOTS = 4_096;
const MAX_KEPT_BYTES = 128;
/** What rules of this name replace may be kept: see value-rules.ts, which keeps addresses and nothing else. */
const KEPT_RULE = "email";

export interface SpelledText {
  /** With its quotes. */
  readonly spelled: Piece;
  readonly entries: readonly SpelledEntry[];
}

interface Kept extends SpelledText {
  readonly bytes: KeptBytes;
  readonly path: string;
}

export class Texts {
  readonly #redactor: Redactor;
  readonly #slots: (Kept | undefined)[] = new Array<Kept | undefined>(SLOTS).fill(undefined);

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /**
   * The text in these bytes as the line has it; undefined when it is not UTF-8, which somebody else must say in the line.
   * @param path where it stands in the record
   */
  at(view: DataView, start: number, end: number, path: string): SpelledText | undefined {
    if (end - start > MAX_KEPT_BYTES) return this.#spell(view, start, end, path);
    const slot = hashBytes(view, start, end, path.length) % SLOTS;
    const kept = this.#slots[slot];
    if (kept?.path === path && kept.bytes.equals(view, start, end)) return kept;
    const spelled = this.#spell(view, start, end, path);
    if (spelled?.entries.every(({ rule }) => rule === KEPT_RULE))
      this.#slots[slot] = { ...spelled, path, bytes: new KeptBytes(view, start, end) };
    return spelled;
  }

  #spell(view: DataView, start: number, end: number, path: string): SpelledText | undefined {
    const text = Buffer.from(view.buffer as ArrayBuffer, view.byteOffset + start, end - start).toString("utf8");
    // Perhaps it was sent so; the long way finds out.
    if (text.includes("\ufffd")) return undefined;
    const out: RedactionEntry[] = [];
    const redacted = this.#redactor.text(text, path, out);
    return {
      spelled: Piece.of(spellString(redacted)),
      entries: out.map((entry) => new SpelledEntry(entry)),
    };
  }
}
