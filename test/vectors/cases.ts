// cases.ts: what the line vectors feed in. Only the OTLP side: the lines that must come out are in line/*.json and are not made from this.
import { bool, type Both, bytes, double, empty, int, kv, list, logRecord, map, nested, type RecordSpec, request, resourceLogs, scopeLogs, str } from "./otlp.ts";

export interface Case {
  readonly name: string;
  readonly why: string;
  readonly request: Both;
  /** Rewrites an encoding into what the description cannot say; null when that encoding cannot carry the case. */
  readonly protobuf?: ((hex: string) => string) | null;
  readonly json?: ((text: string) => string) | null;
  /** Who the receiver found the sender to be; nobody when absent. */
  readonly writer?: string;
}

/** A complete audit record with an id, so that a case shows only what it is about. */
const audit = [kv("audit.record.id", str("r1")), kv("audit.actor.id", str("ann")), kv("audit.action", str("READ")), kv("audit.outcome", str("success"))];
const one = (r: RecordSpec): Both => request(resourceLogs({ scopes: [scopeLogs({ records: [logRecord({ event: "e", ...r })] })] }));
const withAttributes = (...more: Both[]): Both => one({ attributes: [...audit, ...more] });
const withBody = (body: Both): Both => one({ attributes: audit, body });

/** Replaces one thing that must be there exactly once. */
const swap =
  (from: string, to: string) =>
  (text: string): string => {
    if (text.split(from).length !== 2) throw new Error(`expected ${from} once`);
    return text.replace(from, () => to);
  };
const hexOf = (text: string): string => Buffer.from(text).toString("hex");

export const cases: readonly Case[] = [
  {
    name: "design-example",
    why: "the record of the design, with every field that it shows",
    request: request(
      resourceLogs({
        attributes: [kv("service.name", str("billing"))],
        scopes: [
          scopeLogs({
            name: "@proofline/instrumentation",
            records: [
              logRecord({
                event: "invoice.approved",
                time: "1795209243120000000",
                traceId: "5b8efff798038103d269b633813fc60c",
                spanId: "eee19b7ec3c1b174",
                severity: 9,
                attributes: [
                  kv("audit.record.id", str("01JD5ZX8Q4T0V9K3M7N2P6R8SW")),
                  kv("audit.actor.id", str("ann")),
                  kv("audit.actor.type", str("user")),
                  kv("audit.action", str("APPROVE")),
                  kv("audit.outcome", str("success")),
                  kv("audit.sequence.stream_id", str("b7c1")),
                  kv("audit.sequence.number", int("17")),
                  kv("proofline.redactions", list(map(kv("path", str("attributes.enduser.email")), kv("rule", str("email")), kv("action", str("token"))))),
                ],
                body: map(kv("invoice", str("4711"))),
              }),
            ],
          }),
        ],
      }),
    ),
  },
  {
    name: "every-anyvalue-type",
    why: "string, bool, int64, double, bytes, array, kvlist and the empty value, as attributes and inside one another",
    request: withAttributes(
      kv("string", str("s")),
      kv("true", bool(true)),
      kv("false", bool(false)),
      kv("int", int("-41")),
      kv("zero", int("0")),
      kv("double", double(0.1)),
      kv("bytes", bytes("fbff")),
      kv("list", list(str("a"), int("1"), list(bool(false)))),
      kv("map", map(kv("b", int("2")), kv("a", map(kv("c", bytes("00")))))),
      kv("empty", empty),
    ),
  },
  {
    name: "int64-limits",
    why: "integers up to 2^53-1 either way are plain, beyond that tagged",
    request: withBody(
      list(...["9007199254740990", "9007199254740991", "9007199254740992", "9007199254740993", "-9007199254740991", "-9007199254740992", "9223372036854775807", "-9223372036854775808"].map(int)),
    ),
  },
  {
    name: "int64-as-json-number",
    why: "some senders write intValue and times as JSON numbers, beyond 2^53 too: no digit is lost",
    request: one({ time: "1795209243123456789", attributes: [...audit, kv("n", int("9223372036854775807"))] }),
    json: (text) => swap('"intValue":"9223372036854775807"', '"intValue":9223372036854775807')(swap('"1795209243123456789"', "1795209243123456789")(text)),
  },
  {
    name: "doubles",
    why: "a double always shows a point or an exponent, in the shortest digits that read back",
    request: withBody(
      list(
        double(0, "0.0"),
        double(-0, "-0.0"),
        double(1, "1.0"),
        double(-1.5, "-1.5"),
        double(0.1),
        double(123456.789),
        double(1e20, "1e20"),
        double(1e21, "1e21"),
        double(1.5e300),
        double(1e-6, "0.000001"),
        double(1e-7, "1e-7"),
        double(5e-324),
        double(Number.MAX_VALUE),
        double(9007199254740992, "9007199254740992.0"),
        double(0.30000000000000004),
      ),
    ),
  },
  { name: "doubles-not-finite", why: "NaN and both infinities are tagged", request: withBody(list(double(Number.NaN), double(Number.POSITIVE_INFINITY), double(Number.NEGATIVE_INFINITY))) },
  { name: "bytes", why: "base64 with the standard alphabet and padding, of every length modulo 3", request: withBody(list(bytes(""), bytes("00"), bytes("0001"), bytes("fbefff"), bytes("deadbeef"))) },
  {
    name: "bytes-json-url-alphabet",
    why: "base64 in the URL-safe alphabet without padding is read too",
    request: withBody(bytes("fbff")),
    json: swap('"+/8="', '"-_8"'),
  },
  {
    name: "duplicate-key",
    why: "a repeated attribute key: the last value wins, at the place of the first, and the line says so once",
    request: withAttributes(kv("k", int("1")), kv("other", bool(true)), kv("k", str("two")), kv("k", str("three"))),
  },
  {
    name: "duplicate-key-nested",
    why: "the same inside maps in attributes, body, scope and resource",
    request: request(
      resourceLogs({
        attributes: [kv("r", int("1")), kv("r", int("2"))],
        scopes: [
          scopeLogs({
            attributes: [kv("s", int("1")), kv("s", int("2"))],
            records: [
              logRecord({
                event: "e",
                attributes: [...audit, kv("m", map(kv("k", int("1")), kv("k", int("2"))))],
                body: list(map(kv("k", int("1")), kv("x", empty), kv("k", int("2")))),
              }),
            ],
          }),
        ],
      }),
    ),
  },
  {
    name: "keys-of-object-prototype",
    why: "no key is special",
    request: withAttributes(kv("__proto__", str("p")), kv("constructor", map(kv("prototype", int("1")), kv("__proto__", map(kv("polluted", bool(true)))))), kv("toString", int("0"))),
  },
  {
    name: "dollar-keys",
    why: "a key that begins with $ gains a second one, at every depth, so that it is not taken for a tag",
    request: withAttributes(kv("$int", str("5")), kv("$", int("1")), kv("$$double", int("2")), kv("a$b", int("3")), kv("m", map(kv("$ref", str("sha256:x")), kv("$bytes", empty)))),
  },
  {
    name: "strings",
    why: "what is escaped and what is not",
    request: withBody(list(str('"\\/'), str("\b\t\n\f\r"), str("\u0001\u000b\u001f\u007f"), str("<>&'"), str("é \u{1f600} \ufffd \ue000"), str("\u2028\u2029"), str("e\u0301"))),
  },
  { name: "nul", why: "NUL is kept, in values and in keys", request: withAttributes(kv("a\u0000b", str("\u0000"))) },
  { name: "empty-key", why: "the empty key is a key", request: withAttributes(kv("", str("no name"))) },
  {
    name: "lone-surrogate-json",
    why: "JSON can escape a lone surrogate: U+FFFD, noted, in values and keys; a pair is one character; protobuf cannot carry it",
    request: withAttributes(kv("value", str("a\ud800b")), kv("key\udc00", int("1")), kv("pair", str("\u{1f600}"))),
    protobuf: null,
    json: swap("\u{1f600}", "\\ud83d\\ude00"),
  },
  {
    name: "invalid-utf8-protobuf",
    why: "protobuf can carry bytes that are not UTF-8: U+FFFD for each maximal ill-formed part, noted; JSON cannot carry it",
    request: withAttributes(kv("value", str("a??????b")), kv("key!", int("1"))),
    // ff; c3 cut short; e2 82 cut short; ed, a0 (a surrogate in UTF-8)
    protobuf: (hex) => swap(hexOf("key!"), `${hexOf("key")}80`)(swap(hexOf("a??????b"), `${hexOf("a")}ffc3e282eda0${hexOf("b")}`)(hex)),
    json: null,
  },
  {
    name: "ill-formed-keys-become-equal",
    why: "two keys that are equal once repaired are a repeated key",
    request: withAttributes(kv("\ud800", int("1")), kv("x", int("2")), kv("\udc00", int("3"))),
    protobuf: null,
  },
  {
    name: "empty-values",
    why: "empty is a value where it stands as one: string, list, map, AnyValue, and a KeyValue without any",
    request: withAttributes(kv("string", str("")), kv("list", list()), kv("map", map()), kv("anyvalue", empty), kv("unset"), kv("listed", list(empty, str(""), list(), map()))),
  },
  { name: "empty-body", why: "a body that is set to the empty AnyValue is null", request: withBody(empty) },
  { name: "empty-string-body", why: "a body that is the empty string is kept", request: withBody(str("")) },
  { name: "no-body-no-attributes", why: "a record that says nothing still gets a line: an id, and what is missing", request: request(resourceLogs({ scopes: [scopeLogs({ records: [logRecord({})] })] })) },
  { name: "json-null-fields", why: "null members are absent ones", request: withAttributes(kv("n")), protobuf: (hex) => hex, json: swap('{"key":"n"}', '{"key":"n","value":null}') },
  { name: "depth-64", why: "a scalar on level 64 is the deepest", request: one({ attributes: [...audit, kv("a", nested(64))], body: nested(64) }) },
  { name: "depth-65-protobuf", why: "a value on level 65: quarantined, with the bytes of the record", request: withBody(nested(65)), json: null },
  { name: "depth-65-json", why: "a value on level 65: quarantined, with the text of the record", request: withBody(nested(65)), protobuf: null },
  { name: "missing-time", why: "no time and no observed time: both left out", request: one({ attributes: audit }) },
  { name: "zero-time", why: "a time of zero is unknown", request: one({ time: "0", observed: "0", attributes: audit }) },
  { name: "observed-only", why: "the observed time does not become the time", request: one({ observed: "1795209243000000001", attributes: audit }) },
  { name: "time-limits", why: "the first and the last nanosecond of a uint64", request: one({ time: "1", observed: "18446744073709551615", attributes: audit }) },
  { name: "all-zero-ids", why: "all-zero trace and span ids are no ids", request: one({ traceId: "0".repeat(32), spanId: "0".repeat(16), attributes: audit }) },
  { name: "wrong-length-ids", why: "ids of a wrong length are no ids", request: one({ traceId: "ab".repeat(15), spanId: "cd".repeat(9), attributes: audit }) },
  {
    name: "upper-case-ids",
    why: "JSON may spell ids in upper case; the line does not",
    request: one({ traceId: "5b8efff798038103d269b633813fc60c", spanId: "eee19b7ec3c1b174", attributes: audit }),
    json: (text) => swap("5b8efff798038103d269b633813fc60c", "5B8EFFF798038103D269B633813FC60C")(swap("eee19b7ec3c1b174", "EEE19B7EC3C1B174")(text)),
  },
  { name: "flags-masked", why: "only the low eight bits are trace flags", request: one({ flags: 0xabcd0003, attributes: audit }) },
  { name: "flags-masked-to-zero", why: "flags without trace flags are left out", request: one({ flags: 0x100, attributes: audit }) },
  { name: "severity-out-of-range", why: "a severity that OTel does not define is kept", request: one({ severity: 99, severityText: "LOUD", attributes: audit }) },
  { name: "severity-negative", why: "so is a negative one", request: one({ severity: -1, attributes: audit }) },
  { name: "oversize-value", why: "a value that makes the line too long is moved out: the largest one, and only as many as needed", request: one({ attributes: [...audit, kv("prompt", str("é".repeat(32_800)))], body: str("b".repeat(500)) }) },
  { name: "oversize-bytes", why: "of bytes the bytes themselves are stored", request: withAttributes(kv("small", bytes("00")), kv("large", bytes("07".repeat(49_200)))) },
  { name: "oversize-list", why: "of a list its spelling in the line is stored", request: one({ attributes: audit, body: list(str("é"), bytes("07".repeat(49_200))) }) },
  {
    name: "two-resources-two-scopes",
    why: "scope and resource stand in every line; the lines of a request are chained in order",
    request: request(
      resourceLogs({
        attributes: [kv("service.name", str("a"))],
        scopes: [
          scopeLogs({ name: "s1", records: ["r1", "r2"].map((id) => logRecord({ event: "e", attributes: [kv("audit.record.id", str(id)), ...audit.slice(1)] })) }),
          scopeLogs({ name: "s2", records: [logRecord({ event: "e", attributes: [kv("audit.record.id", str("r3")), ...audit.slice(1)] })] }),
        ],
      }),
      resourceLogs({
        attributes: [kv("service.name", str("b"))],
        scopes: [scopeLogs({ name: "s1", records: [logRecord({ event: "e", attributes: [kv("audit.record.id", str("r4")), ...audit.slice(1)] })] })],
      }),
    ),
  },
  {
    name: "scope-and-resource-in-full",
    why: "schema urls, dropped counts and attributes of scope, resource and record",
    request: request(
      resourceLogs({
        attributes: [kv("service.name", str("a")), kv("process.pid", int("7"))],
        dropped: 2,
        schemaUrl: "https://opentelemetry.io/schemas/1.44.0",
        scopes: [
          scopeLogs({
            name: "lib",
            version: "1.2.3",
            attributes: [kv("short", bool(true))],
            dropped: 4294967295,
            schemaUrl: "https://example.com/schema",
            records: [logRecord({ event: "e", attributes: audit, dropped: 3 })],
          }),
        ],
      }),
    ),
  },
  { name: "schema-urls-alone", why: "schema urls without a scope and a resource", request: request(resourceLogs({ schemaUrl: "r", scopes: [scopeLogs({ schemaUrl: "s", records: [logRecord({ event: "e", attributes: audit })] })] })) },
  {
    name: "sequence-with-end",
    why: "the producer's own count, closed in order",
    request: withAttributes(kv("audit.sequence.stream_id", str("s")), kv("audit.sequence.number", int("9007199254740991")), kv("audit.sequence.end", bool(true))),
  },
  {
    name: "sequence-not-ended",
    why: "an end that is false is lifted and not shown",
    request: withAttributes(kv("audit.sequence.stream_id", str("s")), kv("audit.sequence.number", int("1")), kv("audit.sequence.end", bool(false))),
  },
  {
    name: "sequence-of-wrong-types",
    why: "what is no sequence stays where it is and is noted",
    request: withAttributes(kv("audit.sequence.stream_id", str("s")), kv("audit.sequence.number", str("1")), kv("audit.sequence.end", int("1"))),
  },
  {
    name: "wrong-types",
    why: "audit attributes of a wrong type stay where they are and are noted; the record gets an id",
    request: one({ attributes: [kv("audit.record.id", int("7")), kv("audit.actor.id", int("42")), kv("audit.actor.type", list()), kv("audit.action", str("")), kv("audit.outcome", empty), kv("audit.target.id", empty), kv("audit.source.id", bool(true))] }),
  },
  { name: "event-name-attribute", why: "the event name of senders that cannot set the field; the attribute stays", request: one({ event: "", attributes: [...audit, kv("event.name", str("old")), kv("otel.event.name", str("new"))] }) },
  {
    name: "unknown-fields-protobuf",
    why: "unknown protobuf fields of every wire type are ignored",
    request: one({ attributes: audit, body: str("known") }),
    // field 100 as varint, 101 as fixed64, 102 as bytes, 103 as fixed32
    protobuf: (hex) => insertIntoRecord(hex, "a00601a9060102030405060708b20603616263bd0601020304"),
    json: null,
  },
  {
    name: "unknown-fields-json",
    why: "unknown JSON members of every kind are ignored, and so are snake_case names",
    request: one({ attributes: audit, body: str("known") }),
    protobuf: null,
    json: swap('"body":', '"future":{"a":[1,null,"x"]},"time_unix_nano":"5","body":'),
  },
  {
    name: "malformed-beside-good-protobuf",
    why: "one record that cannot be understood is quarantined with its bytes, its neighbours are not touched",
    request: request(resourceLogs({ attributes: [kv("service.name", str("a"))], scopes: [scopeLogs({ name: "s", records: [logRecord({ event: "bad", body: str("xxxx") }), logRecord({ event: "e", attributes: audit })] })] })),
    // the body's string claims 127 bytes of the 4 that are there
    protobuf: swap(`2a060a04${hexOf("xxxx")}`, `2a060a7f${hexOf("xxxx")}`),
    json: null,
  },
  {
    name: "malformed-beside-good-json",
    why: "the same in JSON: a severity by name is no OTLP",
    request: request(resourceLogs({ attributes: [kv("service.name", str("a"))], scopes: [scopeLogs({ name: "s", records: [logRecord({ event: "bad", severity: 9 }), logRecord({ event: "e", attributes: audit })] })] })),
    protobuf: null,
    json: swap('"severityNumber":9', '"severityNumber":"INFO"'),
  },
  {
    name: "writer",
    why: "the authenticated writer stands in every line of the request, quarantined ones too, and is none of what was sent",
    writer: "billing \"eu\" é",
    request: request(
      resourceLogs({
        attributes: [kv("writer", str("resource"))],
        scopes: [
          scopeLogs({
            name: "s",
            records: [
              logRecord({ event: "e", attributes: [...audit, kv("writer", str("mallory")), kv("proofline.writer", str("mallory"))] }),
              logRecord({ event: "deep", body: nested(65) }),
            ],
          }),
        ],
      }),
    ),
    protobuf: null,
  },
  {
    name: "writer-not-authenticated",
    why: "an attribute of any name stays an attribute: nothing that was sent becomes the writer",
    request: withAttributes(
      kv("writer", str("mallory")),
      kv("audit.writer", str("mallory")),
      kv("proofline.writer", str("mallory")),
      kv("audit.sequence.stream_id", str("s")),
      kv("audit.sequence.number", int("1")),
    ),
    json: (text) => text.replace('"eventName":', '"writer":"mallory","eventName":'),
  },
];

/** Adds bytes at the end of the only record of a request: inside its ResourceLogs, inside their ScopeLogs, inside their LogRecord. */
function insertIntoRecord(hex: string, more: string): string {
  const insert = (message: Buffer, levels: number): Buffer => {
    if (levels === 0) return Buffer.concat([message, Buffer.from(more, "hex")]);
    // One field and nothing behind it: a tag, a length, the message.
    const start = message.findIndex((byte, at) => at > 0 && byte < 0x80) + 1;
    const inner = insert(message.subarray(start), levels - 1);
    const length = inner.length < 0x80 ? [inner.length] : [(inner.length & 0x7f) | 0x80, inner.length >> 7];
    return Buffer.concat([message.subarray(0, 1), Uint8Array.from(length), inner]);
  };
  return insert(Buffer.from(hex, "hex"), 3).toString("hex");
}
