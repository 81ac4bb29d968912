// The direct path against the reference: the same bytes, whatever is sent, under whatever policy.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { compilePolicy, defaultPolicy, type Policy } from "@proofline/redaction";
import fc from "fast-check";
import {
  type AnyValue,
  auditRequest,
  ExportLogsServiceRequest,
  encodeRequest,
  type KeyValue,
  type OtlpLogRecord,
  type OtlpRequest,
  randomRequest,
  seededRandom,
} from "../../../../test/support/otlp.ts";
import { DecodeError, defaultDecodeLimits } from "../../src/decode/decoded.ts";
import { decodeLogsProtobuf } from "../../src/decode/protobuf.ts";
import type { PreparedRequest } from "../../src/pipeline/prepared-request.ts";
import { RequestPreparer } from "../../src/pipeline/request-preparer.ts";
import { encodeNoisily } from "../decode/noisy-encoder.ts";

const byText = (a: unknown, b: unknown): number => JSON.stringify(a).localeCompare(JSON.stringify(b));

const key = new Uint8Array(32).fill(7);
const policies: Readonly<Record<string, { policy: Policy; key?: Uint8Array }>> = {
  "the default policy": { policy: defaultPolicy, key },
  "the default policy without a key": { policy: defaultPolicy },
  "a policy that drops, digests and tokenises keys": {
    policy: {
      keys: [
        { names: ["password", "audit.target"], action: "drop", rule: "gone" },
        { names: ["token", "enduser"], action: "token" },
        { names: ["secret", "audit.actor"], action: "digest" },
      ],
      values: [{ detect: ["email", "card", "url_credentials"], action: "drop" }],
      content: { names: ["gen_ai.*"], action: "mask" },
    },
    key,
  },
  "a policy that keeps everything": { policy: { keys: [], values: [], content: "keep" }, key },
};

function preparers(o: { policy: Policy; key?: Uint8Array }, accept: "all" | "audit" = "all", maxTailBytes = 65_000) {
  const make = (): RequestPreparer =>
    new RequestPreparer({
      redactor: compilePolicy(o.policy, { key: o.key }),
      seal: (bytes) => Buffer.concat([Buffer.from("sealed "), bytes]),
      nextId: () => "01JD0000000000000000000000",
      idKey: Uint32Array.from([1, 2]),
      limits: defaultDecodeLimits,
      accept,
      maxTailBytes,
    });
  return { direct: make(), reference: make() };
}

/** What can be compared of a request that was prepared. */
function shown({ records, tails, quarantines, hasRepeats, objects, claims, tally }: PreparedRequest): object {
  const lines = Array.from(tails.ends, (end, i) =>
    Buffer.from(tails.bytes.subarray(i === 0 ? 0 : tails.ends[i - 1]!, end)).toString(),
  );
  return {
    ...{ records, lines, hasRepeats, ids: [...tails.ids], claims, quarantines: [...quarantines] },
    objects: objects.map((bytes) => Buffer.from(bytes).toString("base64")),
    tally: { ...tally, missing: [...tally.missing].sort(byText), redactions: [...tally.redactions].sort(byText) },
  };
}

function orRefused(prepare: () => PreparedRequest): object {
  try {
    return shown(prepare());
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { code: error.code, message: error.message };
  }
}

function assertSame({ direct, reference }: ReturnType<typeof preparers>, body: Uint8Array, writer = ""): void {
  const expected = orRefused(() => reference.prepareDecoded(decodeLogsProtobuf(body), writer));
  assert.deepEqual(
    orRefused(() => direct.prepare(body, "protobuf", writer)),
    expected,
  );
}

const corpus = ["values-redacted", "values-kept"].flatMap((name) => {
  const url = new URL(`../../../redaction/test/corpus/${name}.json`, import.meta.url);
  return Object.values(JSON.parse(readFileSync(url, "utf8")) as Record<string, string[]>)
    .flat()
    .map((text) => text.replace(/[«»]/g, ""));
});

const text = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom("", "a", "success", "user-17", "APPROVE", "10.20.30.40", "Invoice 17 over 1,250.00 EUR"),
  },
  { weight: 2, arbitrary: fc.constantFrom(...corpus) },
  fc.constantFrom(
    "ann@example.com",
    "bob@example.com",
    "***",
    "tok_0123456789012345678901",
    "hmac-sha256:x",
    '{"password":"x","n":1}',
  ),
  fc.constantFrom('quote"d', "tab\there", "line\nbreak", "back\\slash", "ünïcödé", "🎉", "\u0000", "\ufffd", "\u2028", "\u007f"),
  fc.constantFrom(
    '[{"a":"ann@example.com"}]',
    '{"attributes.password":"x"}',
    "4111 1111 1111 1111",
    "x".repeat(1_000),
    "é".repeat(100),
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({ maxLength: 60 }),
);
const scalar: fc.Arbitrary<AnyValue> = fc.oneof(
  { weight: 6, arbitrary: text.map((stringValue) => ({ stringValue })) },
  fc.boolean().map((boolValue) => ({ boolValue })),
  fc
    .oneof(fc.integer(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(0, 1, 4111111111111111, 1e12))
    .map((n) => ({ intValue: String(n) })),
  fc.double().map((doubleValue) => ({ doubleValue })),
  fc.uint8Array({ maxLength: 12 }).map((bytesValue) => ({ bytesValue })),
  fc.constant({}),
);
const keys = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      ...["audit.record.id", "audit.actor.id", "audit.actor.type", "audit.action", "audit.outcome", "audit.target.id"],
      ...["audit.sequence.stream_id", "audit.sequence.number", "audit.sequence.end", "event.name", "otel.event.name"],
      ...[
        "proofline.redactions",
        "session.password",
        "enduser.email",
        "api_token",
        "secret",
        "gen_ai.prompt",
        "proofline.leaf_hash",
        "proofline.log",
        "proofline.seq",
        "url.path",
        "a",
        "a.b",
      ],
    ),
  },
  fc.constantFrom(
    "",
    "$x",
    "$",
    "ann@example.com",
    "ünï",
    "\ufffd",
    "k".repeat(101),
    "k".repeat(130),
    'q"',
    "audit.x",
    "password",
  ),
  fc.nat(6_000).map((n) => `key-${n}`),
  fc.string({ maxLength: 12 }),
);
const tree = fc.letrec<{ value: AnyValue; pair: KeyValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }).map((values) => ({ arrayValue: { values } })),
    fc.array(tie("pair"), { maxLength: 3 }).map((values) => ({ kvlistValue: { values } })),
  ),
  pair: fc.record({ key: keys, value: tie("value") }, { requiredKeys: [] }),
}));
const text_ = (stringValue: string): AnyValue => ({ stringValue });
const redactions: fc.Arbitrary<KeyValue> = fc.array(fc.tuple(text, text, fc.boolean()), { maxLength: 3 }).map((all) => ({
  key: "proofline.redactions",
  value: {
    arrayValue: {
      values: all.map(([path, rule, policy]) => ({
        kvlistValue: {
          values: [
            { key: "path", value: text_(path) },
            { key: "rule", value: text_(rule) },
            { key: "action", value: text_("mask") },
            ...(policy ? [{ key: "policy", value: text_("v1") }] : []),
          ],
        },
      })),
    },
  },
}));
const usual: fc.Arbitrary<KeyValue> = fc.oneof(
  fc.tuple(keys, text).map(([name, value]) => ({ key: name, value: text_(value) })),
  fc.nat().map((n) => ({ key: "audit.sequence.number", value: { intValue: String(n) } })),
  text.map((value) => ({ key: "audit.sequence.stream_id", value: text_(value) })),
  fc.boolean().map((boolValue) => ({ key: "audit.sequence.end", value: { boolValue } })),
  fc.nat(3).map((n) => ({ key: "audit.record.id", value: text_(`id-${n}`) })),
  redactions,
);
const time = fc.oneof(
  fc.constantFrom("0", "1", "1763680443120000000", "18446744073709551615"),
  fc.bigInt(0n, 2n ** 64n - 1n).map(String),
);
const record: fc.Arbitrary<OtlpLogRecord> = fc.record(
  {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber: fc.oneof(fc.nat(24), fc.integer()),
    severityText: text,
    body: tree.value,
    attributes: fc.array(fc.oneof({ weight: 3, arbitrary: usual }, tree.pair), { maxLength: 12 }),
    droppedAttributesCount: fc.oneof(fc.nat(3), fc.nat({ max: 2 ** 32 - 1 })),
    flags: fc.nat({ max: 2 ** 32 - 1 }),
    traceId: fc.oneof(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.uint8Array({ maxLength: 20 }),
      fc.constant(new Uint8Array(16)),
    ),
    spanId: fc.oneof(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.constant(new Uint8Array(8))),
    eventName: text,
  },
  { requiredKeys: [] },
);
const shared = fc.array(fc.oneof(usual, tree.pair), { maxLength: 3 });
const request: fc.Arbitrary<OtlpRequest> = fc
  .array(
    fc.record({
      resource: fc.record({ attributes: shared, droppedAttributesCount: fc.nat(2) }, { requiredKeys: [] }),
      scopeLogs: fc.array(
        fc.record({
          scope: fc.record(
            { name: text, version: text, attributes: shared, droppedAttributesCount: fc.nat(2) },
            { requiredKeys: [] },
          ),
          logRecords: fc.array(record, { maxLength: 4 }),
          schemaUrl: text,
        }),
        { maxLength: 2 },
      ),
      schemaUrl: text,
    }),
    { maxLength: 2 },
  )
  .map((resourceLogs) => ({ resourceLogs }));

for (const [name, policy] of Object.entries(policies)) {
  describe(`the direct path, under ${name}`, () => {
    test("writes what the reference writes, byte for byte, and counts the same", () => {
      // One pair for all: what is remembered from request to request must make no difference.
      const all = preparers(policy);
      fc.assert(
        fc.property(request, fc.constantFrom("", "billing", 'q"uote'), (sent, writer) =>
          assertSame(all, encodeRequest(sent), writer),
        ),
        { numRuns: 1_000 },
      );
    });

    test("likewise for whatever the schema allows, however it is encoded", () => {
      const all = preparers(policy);
      fc.assert(
        fc.property(fc.oneof(request, fc.nat().map(randomRequest)), fc.nat(), (sent, seed) =>
          assertSame(all, encodeNoisily(ExportLogsServiceRequest, sent, seededRandom(seed))),
        ),
        { numRuns: 300 },
      );
    });
  });
}

test("the direct path and the reference agree on any changed byte, and on any cut", () => {
  const all = preparers(policies["the default policy"]!);
  const body = encodeRequest(auditRequest({ seed: 5, records: 2 }));
  for (let at = 0; at < body.length; at++) {
    for (const flip of [0x01, 0x20, 0x80, 0xff]) assertSame(all, body.with(at, body[at]! ^ flip));
    if (at % 3 === 0) assertSame(all, body.subarray(0, at));
  }
});

test("they agree where tails are nearly too long, and on what is no audit record", () => {
  const tight = preparers(policies["the default policy"]!, "all", 4_000);
  const audit = preparers(policies["the default policy"]!, "audit");
  fc.assert(
    fc.property(request, (sent) => {
      assertSame(tight, encodeRequest(sent));
      assertSame(audit, encodeRequest(sent));
    }),
    { numRuns: 500 },
  );
});

test("keys that push each other out of the memory of keys are told apart all the same", () => {
  const all = preparers(policies["the default policy"]!);
  const attributes = Array.from({ length: 12_000 }, (_, n) => ({ key: `k${n}`, value: text_("x") }));
  for (let at = 0; at < attributes.length; at += 100) {
    const some = attributes.slice(at, at + 100);
    const logRecords = [{ attributes: some }, { attributes: [...some, some[at % 100]!] }, { attributes: some.toReversed() }];
    assertSame(all, encodeRequest({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));
  }
});

test("another policy is in force from the next request on", () => {
  const { direct, reference } = preparers(policies["the default policy"]!);
  const body = encodeRequest(auditRequest({ seed: 1, records: 3 }));
  direct.prepare(body, "protobuf", "");
  const other = compilePolicy(policies["a policy that drops, digests and tokenises keys"]!.policy, { key });
  for (const one of [direct, reference]) one.replaceRedactor(other);
  assertSame({ direct, reference }, body);
  assert.match(JSON.stringify(shown(direct.prepare(body, "protobuf", ""))), new RegExp(other.version));
});
