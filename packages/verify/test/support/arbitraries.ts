// arbitraries.ts: lines of every shape that the format allows, for property tests.
import { Double, type Fields, type Line, type LogRecord, type Note, Ref, type Value } from "@proofline/event";
import fc from "fast-check";

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 6 }).map((s) => s.toWellFormed()),
  fc.constantFrom(
    "",
    "$",
    "$ref",
    "$$",
    'quo"te',
    "back\\slash",
    "\u0000\b\t\n\f\r\u001f\u007f\u2028\ufeff",
    "__proto__",
    "audit.actor.id",
  ),
);
const filled = text.filter((s) => s !== "");
const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/);
const ref = fc.tuple(sha256, fc.maxSafeNat()).map(([hash, bytes]) => new Ref(hash, bytes));
const number = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 1, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, Number.NaN, Number.POSITIVE_INFINITY),
);

export const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value; fields: Fields }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    text,
    fc.boolean(),
    fc.constant(null),
    fc.maxSafeInteger().map((n) => (n === 0 ? 0 : n)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    number.map((n) => new Double(n)),
    fc.uint8Array({ maxLength: 9 }),
    ref,
    fc.array(tie("value"), { maxLength: 4 }),
    tie("fields"),
  ),
  fields: fc.array(fc.tuple(text, tie("value")), { maxLength: 5 }).map((entries) => new Map(entries)),
})).value;

const fields: fc.Arbitrary<Fields> = fc.array(fc.tuple(text, value), { maxLength: 6 }).map((entries) => new Map(entries));
const time = fc.oneof(
  fc.constant(0n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(2n ** 64n - 1n, 951_782_400_000_000_000n),
);
const hexId = (digits: number) => fc.oneof(fc.constant(""), fc.stringMatching(new RegExp(`^[1-9a-f][0-9a-f]{${digits - 1}}$`)));
const uint32 = fc.oneof(fc.constant(0), fc.nat(2 ** 32 - 1));
const note: fc.Arbitrary<Note> = fc.record(
  { path: text, note: fc.constantFrom("assigned", "missing", "duplicate_key", "replaced_characters", "wrong_type", "truncated") },
  { noNullPrototype: true },
);
const or = <T, U>(arbitrary: fc.Arbitrary<T>, absent: U) => fc.oneof(fc.constant(absent), arbitrary);

const record: fc.Arbitrary<LogRecord> = fc.record(
  {
    id: filled,
    event: text,
    time,
    observed: time,
    traceId: hexId(32),
    spanId: hexId(16),
    flags: fc.nat(255),
    severity: fc.oneof(fc.nat(24), fc.integer()),
    severityText: text,
    attributes: fields,
    droppedAttributes: uint32,
    body: or(value, undefined),
    scope: fc.record(
      { name: text, version: text, schemaUrl: text, attributes: fields, droppedAttributes: uint32 },
      { noNullPrototype: true },
    ),
    resource: fc.record({ schemaUrl: text, attributes: fields, droppedAttributes: uint32 }, { noNullPrototype: true }),
    redactions: fc.array(fc.record({ path: text, rule: text, action: text, policy: text }, { noNullPrototype: true }), {
      maxLength: 3,
    }),
    producer: or(
      fc.record(
        { stream: filled, number: fc.integer({ min: 1, max: 2 ** 53 - 1 }), end: fc.boolean() },
        { noNullPrototype: true },
      ),
      undefined,
    ),
    writer: text,
    notes: fc.array(note, { maxLength: 4 }),
    quarantine: or(
      fc
        .tuple(fc.constantFrom("MALFORMED", "TOO_DEEP", "TOO_LARGE", "ID_CONFLICT"), text, or(ref, undefined))
        .map(([code, reason, bytes]) => (bytes === undefined ? { code, reason } : { code, reason, bytes })),
      undefined,
    ),
  },
  { noNullPrototype: true },
) as fc.Arbitrary<LogRecord>;

export const line: fc.Arbitrary<Line> = fc
  .tuple(
    record,
    filled,
    fc.maxSafeNat(),
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  )
  .map(([r, log, seq, prev, received]) => ({ ...r, log, seq, prev: Buffer.from(prev).toString("base64"), received }));
