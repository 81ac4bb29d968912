// record.ts: an audit event on its way from the wire to its line: the OTel log record, plus what happened to it.
// It has no place in a log yet; seq, prev and received are given by the ledger when it is committed.

import type { Fields, Value } from "./value.ts";

/** The instrumentation scope of a record. Shared by the records of one envelope: never changed in place. */
export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly schemaUrl: string;
  readonly attributes: Fields;
  readonly droppedAttributes: number;
}

/** The resource of a record. Shared by the records of one envelope: never changed in place. */
export interface Resource {
  readonly schemaUrl: string;
  readonly attributes: Fields;
  readonly droppedAttributes: number;
}

/** What a redaction did, never to which value. `path` is dotted, from the line's own field: `attributes.enduser.email`. */
export interface Redaction {
  readonly path: string;
  readonly rule: string;
  readonly action: string;
  /** Version of the policy that was in force. */
  readonly policy: string;
}

/**
 * Something a reader must know about a field to trust it:
 * `assigned` (the receiver made it up), `missing` (audit evidence without it is weak), `duplicate_key` (the last one won),
 * `replaced_characters` (ill-formed text became U+FFFD), `wrong_type` (an audit attribute of an unexpected type was left where
 * it was), `truncated` (notes or redactions beyond the limit are not listed); and what the receiver found of the record's own signature, as it came:
 * `signature_valid`, `signature_invalid`, `signature_unknown_key`, `signature_unsupported` (no key, or no payload, to check it with).
 */
export interface Note {
  readonly path: string;
  readonly note: NoteCode;
}
export type NoteCode =
  | "assigned"
  | "missing"
  | "duplicate_key"
  | "replaced_characters"
  | "wrong_type"
  | "truncated"
  | "signature_valid"
  | "signature_invalid"
  | "signature_unknown_key"
  | "signature_unsupported";

/** The producer's own count of its events, from `audit.sequence.*`: a gap in it shows what never arrived. */
export interface Producer {
  readonly stream: string;
  /** From 1. */
  readonly number: number;
  /** The producer said that this is its last one. */
  readonly end?: boolean;
}

/** Why a record is in the log without having been understood, and where its bytes are. */
export interface Quarantine {
  readonly code: QuarantineCode;
  /** One sentence for a person: what was found, what was expected. No value of the record. */
  readonly reason: string;
  /** The bytes as received: `Ref` into the log's objects. Absent for ID_CONFLICT, whose record stands in the line. */
  readonly bytes?: Value;
}
export type QuarantineCode = "MALFORMED" | "TOO_DEEP" | "TOO_LARGE" | "ID_CONFLICT";

export interface LogRecord {
  /** `audit.record.id`, or "" until the receiver assigns one. */
  id: string;
  /** OTel EventName; "" when there is none. */
  event: string;
  /** Unix nanoseconds, unsigned 64 bits; 0n when unknown. */
  time: bigint;
  /** Unix nanoseconds, unsigned 64 bits; 0n when unknown. */
  observed: bigint;
  /** 32 lower-case hex digits, or "" (also for all-zero and wrong-length ids). */
  traceId: string;
  /** 16 lower-case hex digits, or "". */
  spanId: string;
  /** W3C trace flags, 0 to 255. */
  flags: number;
  /** 0 to 24 as OTel defines them; any int32 is kept. */
  severity: number;
  severityText: string;
  attributes: Fields;
  droppedAttributes: number;
  /** `undefined` when unset; `null` when set to the empty AnyValue. */
  body: Value | undefined;
  scope: Scope;
  resource: Resource;
  redactions: Redaction[];
  producer: Producer | undefined;
  /** Who sent it, as the receiver authenticated them; "" when nobody was. Only a receiver sets it, never what was sent: no decoder knows it. */
  writer: string;
  notes: Note[];
  quarantine: Quarantine | undefined;
}

const NO_FIELDS: Fields = new Map();
/** The scope of a record that came without one. */
export const EMPTY_SCOPE: Scope = { name: "", version: "", schemaUrl: "", attributes: NO_FIELDS, droppedAttributes: 0 };
/** The resource of a record that came without one. */
export const EMPTY_RESOURCE: Resource = { schemaUrl: "", attributes: NO_FIELDS, droppedAttributes: 0 };

/** A record with nothing in it. Its scope and resource are shared, as those of any record: replace them, never change them. */
export function emptyRecord(): LogRecord {
  return {
    id: "",
    event: "",
    time: 0n,
    observed: 0n,
    traceId: "",
    spanId: "",
    flags: 0,
    severity: 0,
    severityText: "",
    attributes: new Map(),
    droppedAttributes: 0,
    body: undefined,
    scope: EMPTY_SCOPE,
    resource: EMPTY_RESOURCE,
    redactions: [],
    producer: undefined,
    writer: "",
    notes: [],
    quarantine: undefined,
  };
}
