// Records of every kind that can become a line, in their canonical form: what is read back equals what was written.

import {
  Double,
  emptyRecord,
  type Fields,
  type Line,
  type LogRecord,
  type Note,
  type NoteCode,
  type Quarantine,
  Ref,
  type Scope,
  sortNotes,
  type Value,
} from "@proofline/event";
import fc from "fast-check";

/** Well-formed text, with what needs escaping more often than chance would have it. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom('"', "\\", "\u0000", "\n", "\u001f", "\u007f", "\u2028", "\ufffd", "\u{10000}", "$", "é", "a"),
  }),
);
const filled = text.filter((s) => s !== "");
const key = fc.oneof(text, fc.constantFrom("$int", "$$", "$", "__proto__", "constructor", "toString", "a.b", ""));
const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/);
const count = fc.nat(Number.MAX_SAFE_INTEGER);
const uint32 = fc.nat(2 ** 32 - 1);
const plain = { noNullPrototype: true };
const ref = fc.tuple(sha256, count).map(([hex, bytes]) => new Ref(hex, bytes));

const scalar: fc.Arbitrary<Value> = fc.oneof(
  text,
  fc.constantFrom<Value>(null, true, false),
  fc.maxSafeInteger(),
  fc.bigInt(2n ** 53n, 2n ** 63n - 1n),
  fc.bigInt(-(2n ** 63n), -(2n ** 53n)),
  fc.double().map((d) => new Double(d)),
  fc.uint8Array({ maxLength: 40 }),
  ref,
);
const nested = fc.letrec<{ value: Value; fields: Fields }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, scalar, fc.array(tie("value"), { maxLength: 4 }), tie("fields")),
  fields: fc.array(fc.tuple(key, tie("value")), { maxLength: 5 }).map((entries) => new Map(entries)),
}));
export const value: fc.Arbitrary<Value> = nested.value;
export const fields: fc.Arbitrary<Fields> = nested.fields;

export const uint64: fc.Arbitrary<bigint> = fc.bigInt(0n, 2n ** 64n - 1n);
const scope: fc.Arbitrary<Scope> = fc.record(
  {
    name: text,
    version: text,
    schemaUrl: text,
    attributes: fields,
    droppedAttributes: uint32,
  },
  plain,
);
const noteCode = fc.constantFrom<NoteCode>(
  "assigned",
  "missing",
  "duplicate_key",
  "replaced_characters",
  "wrong_type",
  "truncated",
  "signature_valid",
  "signature_invalid",
  "signature_unknown_key",
  "signature_unsupported",
);
const notes = fc.array(fc.record({ path: text, note: noteCode }, plain), { maxLength: 5 }).map((list: Note[]) => sortNotes(list));
const quarantine = fc
  .tuple(fc.constantFrom("MALFORMED", "TOO_DEEP", "TOO_LARGE", "ID_CONFLICT"), text, fc.option(ref, { nil: undefined }))
  .map(([code, reason, bytes]) => (bytes === undefined ? { code, reason } : { code, reason, bytes }) as Quarantine);
const hex = (length: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(""),
    fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((id) => /[^0]/.test(id)),
  );

export const record: fc.Arbitrary<LogRecord> = fc.record(
  {
    id: filled,
    event: text,
    time: uint64,
    observed: uint64,
    traceId: hex(32),
    spanId: hex(16),
    flags: fc.nat(255),
    severity: fc.integer(),
    severityText: text,
    attributes: fields,
    droppedAttributes: uint32,
    body: fc.option(value, { nil: undefined }),
    scope,
    resource: fc.record({ schemaUrl: text, attributes: fields, droppedAttributes: uint32 }, plain),
    redactions: fc.array(fc.record({ path: text, rule: text, action: text, policy: text }, plain), { maxLength: 3 }),
    producer: fc.option(
      fc
        .tuple(filled, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.boolean())
        .map(([stream, number, end]) => (end ? { stream, number, end } : { stream, number })),
      { nil: undefined },
    ),
    writer: text,
    notes,
    quarantine: fc.option(quarantine, { nil: undefined }),
  },
  plain,
);

export const line: fc.Arbitrary<Line> = fc
  .record({ log: filled, seq: count, prev: fc.uint8Array({ minLength: 32, maxLength: 32 }), received: uint64, record })
  .map(({ log, seq, prev, received, record: r }) => ({ log, seq, prev: Buffer.from(prev).toString("base64"), received, ...r }));

/** A record with an id and what a test gives. */
export function recordWith(some: Partial<LogRecord>): LogRecord {
  return { ...emptyRecord(), id: "r1", ...some };
}
