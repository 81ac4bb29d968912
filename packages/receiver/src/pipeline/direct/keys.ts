// keys.ts: what is known about an attribute's key, asked once for its bytes and kept: its spelling, what the policy says, what the
// audit draft makes of it. The memory is bounded, however many keys a sender makes up.

import { Buffer } from "node:buffer";
import {
  ATTR_AUDIT_ACTION,
  ATTR_AUDIT_ACTOR_ID,
  ATTR_AUDIT_ACTOR_TYPE,
  ATTR_AUDIT_INTEGRITY_VALUE,
  ATTR_AUDIT_OUTCOME,
  ATTR_AUDIT_RECORD_ID,
  ATTR_AUDIT_SCHEMA_VERSION,
  ATTR_AUDIT_SEQUENCE_END,
  ATTR_AUDIT_SEQUENCE_NUMBER,
  ATTR_AUDIT_SEQUENCE_STREAM_ID,
  ATTR_AUDIT_SOURCE_ID,
  ATTR_AUDIT_SOURCE_TYPE,
  ATTR_AUDIT_TARGET_ID,
  ATTR_AUDIT_TARGET_TYPE,
  ATTR_EVENT_NAME,
  ATTR_OTEL_EVENT_NAME,
  ATTR_PROOFLINE_LEAF_HASH,
  ATTR_PROOFLINE_REDACTIONS,
  keyPath,
  Piece,
  spellKey,
} from "@proofline/event";
import { MASK, type Redactor } from "@proofline/redaction";
import { hashBytes, KeptBytes } from "./byte-words.ts";
import { SpelledEntry } from "./entry-spelling.ts";

/** What lifting does with an attribute: see event's lift.ts. `text`: it must be a string. */
export type Role =
  | "none"
  | "id"
  | "stream"
  | "number"
  | "end"
  | "redactions"
  | "event"
  | "older_event"
  | "actor"
  | "action"
  | "outcome"
  | "text";

const ROLES: ReadonlyMap<string, Role> = new Map<string, Role>([
  [ATTR_AUDIT_RECORD_ID, "id"],
  [ATTR_AUDIT_SEQUENCE_STREAM_ID, "stream"],
  [ATTR_AUDIT_SEQUENCE_NUMBER, "number"],
  [ATTR_AUDIT_SEQUENCE_END, "end"],
  [ATTR_PROOFLINE_REDACTIONS, "redactions"],
  [ATTR_OTEL_EVENT_NAME, "event"],
  [ATTR_EVENT_NAME, "older_event"],
  [ATTR_AUDIT_ACTOR_ID, "actor"],
  [ATTR_AUDIT_ACTION, "action"],
  [ATTR_AUDIT_OUTCOME, "outcome"],
  [ATTR_AUDIT_ACTOR_TYPE, "text"],
  [ATTR_AUDIT_TARGET_ID, "text"],
  [ATTR_AUDIT_TARGET_TYPE, "text"],
  [ATTR_AUDIT_SOURCE_ID, "text"],
  [ATTR_AUDIT_SOURCE_TYPE, "text"],
  [ATTR_AUDIT_SCHEMA_VERSION, "text"],
]);

/** What a key is judged by. */
export interface KeyRules {
  readonly redactor: Redactor;
  /** Records with a signature go the long way, on which it is checked. */
  readonly checksSignatures: boolean;
}

/** Keys so far: each is given another number to be spread by. */
let made = 0;

export class Key {
  readonly name: string;
  /** Where its value stands, in redactions and notes. */
  readonly path: string;
  readonly bytes: KeptBytes;
  /** `,"key":`, with the comma after the one before it. */
  readonly spelled: Piece;
  readonly role: Role;
  /** Whether it makes its record an audit record. */
  readonly isAudit: boolean;
  /** A rule covers the whole value. */
  readonly isCovered: boolean;
  /** The rule masks it: this is said then, and the masked attribute is `masked`. */
  readonly mask: SpelledEntry | undefined;
  readonly masked: Piece;
  /** Something was found in the key itself, or it is not UTF-8: its record goes the long way. */
  readonly isUnusual: boolean;
  /** The last record that had it: how a repeated key is noticed. */
  serial = 0;
  /** Whether it is the one that its bytes lead to. Another one is never handed out: there would be two for one key. */
  isCurrent = false;
  /** Any number, another one for nearly every key. */
  readonly spread: number;
  /** The one that came after it last time: a guess at the next one. */
  next: Key = this;

  constructor(name: string, bytes: KeptBytes, { redactor, checksSignatures }: KeyRules) {
    const { covered, renamed } = redactor.key(name);
    this.name = name;
    this.path = keyPath("attributes", name);
    this.bytes = bytes;
    this.spread = Math.imul(++made, 0x9e3779b1) >>> 8;
    this.role = ROLES.get(name) ?? "none";
    this.isAudit = name.startsWith("audit.");
    const isSignature = checksSignatures && name === ATTR_AUDIT_INTEGRITY_VALUE;
    this.isUnusual = renamed || name.includes("\ufffd") || isSignature || name === ATTR_PROOFLINE_LEAF_HASH; // it may be a line of ours: returned.ts
    this.isCovered = covered !== undefined;
    const spelled = `,${spellKey(name)}`;
    this.spelled = Piece.of(spelled);
    this.masked = Piece.of(`${spelled}${JSON.stringify(MASK)}`);
    this.mask =
      covered?.action === "mask" ? new SpelledEntry({ path: this.path, ...covered, policy: redactor.version }) : undefined;
  }
}

const SLOTS = 4_096;
/** Of longer keys nothing is kept; and paths of redactions are cut beyond. */
export const MAX_KEY_BYTES = 100;

export class Keys {
  readonly #rules: KeyRules;
  readonly #slots: (Key | undefined)[] = new Array<Key | undefined>(SLOTS).fill(undefined);
  /** Stands before the first key of a record; never found itself. */
  readonly start: Key;
  /** The record of the last key that had to give its slot to another one. */
  evictedSerial = 0;

  constructor(rules: KeyRules) {
    this.#rules = rules;
    this.start = new Key("", new KeptBytes(new DataView(new ArrayBuffer(0)), 0, 0), rules);
  }

  /** The key in these bytes, at most MAX_KEY_BYTES of them. @param before the key before it in its record */
  at(view: DataView, start: number, end: number, before: Key): Key {
    const guess = before.next;
    if (guess.isCurrent && guess.bytes.equals(view, start, end)) return guess;
    const slot = hashBytes(view, start, end, 0) % SLOTS;
    let key = this.#slots[slot];
    if (key === undefined || !key.bytes.equals(view, start, end)) {
      if (key !== undefined) {
        key.isCurrent = false;
        this.evictedSerial = key.serial;
      }
      const name = Buffer.from(view.buffer as ArrayBuffer, view.byteOffset + start, end - start).toString("utf8");
      key = new Key(name, new KeptBytes(view, start, end), this.#rules);
      key.isCurrent = true;
      this.#slots[slot] = key;
    }
    before.next = key;
    return key;
  }
}
