import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ATTR_AUDIT_RECORD_ID, Double, MAX_NOTES, type Value } from "@proofline/event";
import { decodeLogsProtobuf } from "@proofline/receiver";
import { auditRequest, encodeRequest } from "../../../../test/support/otlp.ts";
import { decodeRecord, recordBytes, requestOf, understood } from "./build.ts";
import { lengthField, varint } from "./noisy-encoder.ts";

const utf8 = (string: string): number[] => [...Buffer.from(string)];
/** A KeyValue of bytes for the key and the AnyValue. */
const keyValue = (key: Iterable<number>, value: Iterable<number>): number[] => [...lengthField(1, key), ...lengthField(2, value)];
const attribute = (key: string, value: Iterable<number>): number[] => lengthField(6, keyValue(utf8(key), value));
const string = (value: string): number[] => lengthField(1, utf8(value));
const int = (value: bigint): number[] => [0x18, ...varint(value)];
const bodyOf = (any: Iterable<number>): Value | undefined => understood(decodeRecord(lengthField(5, any))).body;

describe("an export request in protobuf", () => {
  test("of zero bytes is valid and empty", () => {
    assert.deepEqual(decodeLogsProtobuf(new Uint8Array()), { records: [] });
  });

  test("with envelopes and no records is empty", () => {
    assert.deepEqual(
      decodeLogsProtobuf(Uint8Array.from([...lengthField(1, []), ...lengthField(1, lengthField(2, []))])).records,
      [],
    );
  });

  test("shares one resource and one scope between the records of an envelope", () => {
    const [first, last] = decodeLogsProtobuf(encodeRequest(auditRequest({ seed: 1, records: 2 }))).records;
    assert.equal(first?.record.resource, last?.record.resource);
    assert.equal(first?.record.scope, last?.record.scope);
    assert.notEqual(first?.record.attributes, last?.record.attributes);
  });

  test("reads resource, scope and schema URLs wherever they stand among the records", () => {
    const scopeLogs = [...lengthField(2, recordBytes({})), ...lengthField(3, utf8("urn:s")), ...lengthField(1, string("scope"))];
    const group = [
      ...lengthField(2, scopeLogs),
      ...lengthField(3, utf8("urn:r")),
      ...lengthField(1, lengthField(1, keyValue(utf8("k"), string("v")))),
    ];
    const [decoded] = decodeLogsProtobuf(Uint8Array.from(lengthField(1, group))).records;
    const { resource, scope } = understood(decoded!);
    assert.deepEqual([resource.schemaUrl, [...resource.attributes]], ["urn:r", [["k", "v"]]]);
    assert.deepEqual([scope.schemaUrl, scope.name], ["urn:s", "scope"]);
  });

  test("keeps nothing of the body: changing it afterwards changes no record", () => {
    const body = encodeRequest(auditRequest({ seed: 9, records: 3 }));
    const bytes = requestOf({ records: [recordBytes({ body: { bytesValue: Uint8Array.of(1, 2) } }), [0xff]] });
    const decoded = [...decodeLogsProtobuf(body).records, ...decodeLogsProtobuf(bytes).records];
    const before = structuredClone(decoded);
    body.fill(0x41);
    bytes.fill(0x41);
    assert.deepEqual(structuredClone(decoded), before);
  });
});

describe("a value in protobuf", () => {
  test("is one JavaScript type for each case", () => {
    assert.equal(bodyOf([]), null);
    assert.equal(bodyOf(string("é")), "é");
    assert.equal(bodyOf([0x10, 1]), true);
    assert.equal(bodyOf(int(-1n)), -1);
    assert.deepEqual(bodyOf([0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]), new Double(1));
    assert.deepEqual(bodyOf([0x21, 0, 0, 0, 0, 0, 0, 0, 0x80]), new Double(-0));
    assert.deepEqual(bodyOf(lengthField(5, [])), []);
    assert.deepEqual(bodyOf(lengthField(6, [])), new Map());
    assert.deepEqual(bodyOf(lengthField(7, [1, 2])), Uint8Array.of(1, 2));
  });

  test("of int64 is a number where that is exact, else a bigint", () => {
    const exact = 2n ** 53n - 1n;
    for (const value of [0n, 1n, -1n, 2n ** 32n, -(2n ** 32n), exact, -exact]) assert.equal(bodyOf(int(value)), Number(value));
    for (const value of [exact + 1n, -exact - 1n, 2n ** 63n - 1n, -(2n ** 63n)]) assert.equal(bodyOf(int(value)), value);
  });

  test("of bool is true for any varint but zero", () => {
    assert.equal(bodyOf([0x10, ...varint(2n ** 40n)]), true);
    assert.equal(bodyOf([0x10, 0x80, 0x80, 0]), false);
  });

  test("has the last member of the oneof, and members of the same message joined", () => {
    assert.equal(bodyOf([...string("a"), ...int(7n)]), 7);
    const items = (...values: string[]): number[] =>
      lengthField(
        5,
        values.flatMap((value) => lengthField(1, string(value))),
      );
    assert.deepEqual(bodyOf([...items("a"), ...items("b")]), ["a", "b"]);
    assert.deepEqual(bodyOf([...items("a"), ...int(7n), ...items("b")]), ["b"]);
    assert.deepEqual(understood(decodeRecord([...lengthField(5, items("a")), ...lengthField(5, items("b"))])).body, ["a", "b"]);
  });

  test("missing from its KeyValue is empty, as is one that only has a string table index", () => {
    const record = understood(
      decodeRecord([...lengthField(6, lengthField(1, utf8("k"))), ...attribute("i", [0x40, 3]), ...lengthField(6, [0x18, 9])]),
    );
    assert.deepEqual(
      [...record.attributes],
      [
        ["k", null],
        ["i", null],
        ["", null],
      ],
    );
  });

  test("keeps a key like __proto__ or toString as any other", () => {
    const kvlist = lengthField(
      6,
      ["__proto__", "toString", ""].flatMap((key) => lengthField(1, keyValue(utf8(key), string("v")))),
    );
    assert.deepEqual(
      bodyOf(kvlist),
      new Map([
        ["__proto__", "v"],
        ["toString", "v"],
        ["", "v"],
      ]),
    );
  });
});

describe("a log record in protobuf", () => {
  test("has its times as unsigned 64 bits and its flags as 8", () => {
    const record = understood(
      decodeRecord(
        recordBytes({ timeUnixNano: String(2n ** 64n - 1n), flags: 0xffff_fe03, droppedAttributesCount: 2 ** 32 - 1 }),
      ),
    );
    assert.deepEqual([record.time, record.flags, record.droppedAttributes], [2n ** 64n - 1n, 3, 2 ** 32 - 1]);
  });

  test("has no trace when its ids are zeros or of another length", () => {
    const ids = (trace: Uint8Array, span: Uint8Array): string[] => {
      const { traceId, spanId } = understood(decodeRecord(recordBytes({ traceId: trace, spanId: span })));
      return [traceId, spanId];
    };
    assert.deepEqual(ids(new Uint8Array(16).fill(0xab), new Uint8Array(8).fill(1)), ["ab".repeat(16), "01".repeat(8)]);
    assert.deepEqual(ids(new Uint8Array(16), new Uint8Array(8)), ["", ""]);
    assert.deepEqual(ids(new Uint8Array(15).fill(1), new Uint8Array(9).fill(1)), ["", ""]);
  });

  test("whose body is absent differs from one whose body is empty", () => {
    assert.equal(understood(decodeRecord([])).body, undefined);
    assert.equal(understood(decodeRecord(lengthField(5, []))).body, null);
  });

  test("with a repeated key has the last value at the first place, and says so with the path", () => {
    const nested = lengthField(
      6,
      lengthField(
        1,
        keyValue(
          utf8("a"),
          lengthField(
            6,
            [1, 2].flatMap(() => lengthField(1, keyValue(utf8("b"), []))),
          ),
        ),
      ),
    );
    const record = understood(
      decodeRecord([
        ...attribute("k", string("1")),
        ...attribute("z", []),
        ...attribute("k", string("2")),
        ...lengthField(5, nested),
      ]),
    );
    assert.deepEqual(
      [...record.attributes],
      [
        ["k", "2"],
        ["z", null],
      ],
    );
    assert.deepEqual(record.notes, [
      { path: "attributes.k", note: "duplicate_key" },
      { path: "body.a.b", note: "duplicate_key" },
    ]);
  });

  test("notes repeated keys of its resource and scope", () => {
    const twice = (field: number): number[] => [1, 2].flatMap(() => lengthField(field, keyValue(utf8("k"), [])));
    const [decoded] = decodeLogsProtobuf(requestOf({ resource: twice(1), scope: twice(3), records: [[]] })).records;
    assert.deepEqual(understood(decoded!).notes, [
      { path: "resource.k", note: "duplicate_key" },
      { path: "scope.attributes.k", note: "duplicate_key" },
    ]);
  });

  test("with ill-formed UTF-8 has U+FFFD there, and says where; U+FFFD that was sent needs no note", () => {
    const bad = [0x61, 0xc3, 0x28];
    const list = lengthField(5, [...lengthField(1, string("\ufffd")), ...lengthField(1, lengthField(1, bad))]);
    const record = understood(
      decodeRecord([
        ...lengthField(12, bad),
        ...lengthField(3, bad),
        ...lengthField(6, keyValue([0xff], lengthField(1, bad))),
        ...attribute("l", list),
      ]),
    );
    assert.deepEqual(
      [record.event, record.severityText, ...record.attributes],
      ["a\ufffd(", "a\ufffd(", ["\ufffd", "a\ufffd("], ["l", ["\ufffd", "a\ufffd("]]],
    );
    const paths = ["attributes.l[1]", "attributes.\ufffd", "event", "severity_text"];
    assert.deepEqual(
      record.notes,
      paths.map((path) => ({ path, note: "replaced_characters" })),
    );
  });

  test("with very many notes lists some and says that there were more", () => {
    const record = understood(
      decodeRecord(Array.from({ length: 300 }, (_, i) => lengthField(6, keyValue([...utf8(`${i}`), 0xff], []))).flat()),
    );
    assert.equal(record.notes.filter(({ note }) => note === "replaced_characters").length, MAX_NOTES);
    assert.deepEqual(record.notes.at(-1), { path: "notes", note: "truncated" });
  });

  test("with very long keys has short paths in its notes", () => {
    const record = understood(decodeRecord([...attribute("k".repeat(10_000), []), ...attribute("k".repeat(10_000), [])]));
    assert.deepEqual(record.notes, [{ path: `${"attributes.".padEnd(256, "k")}…`, note: "duplicate_key" }]);
  });

  test("has an id that is right, though it is copied", () => {
    for (const id of ["01JDZQ8Z6T0V8W9X1Y2Z3A4B5C", "id", "ïd"]) {
      assert.equal(
        understood(decodeRecord(attribute(ATTR_AUDIT_RECORD_ID, string(id)))).attributes.get(ATTR_AUDIT_RECORD_ID),
        id,
      );
    }
  });
});

describe("keys read again and again", () => {
  test("are right at every length and for keys that differ in one place only", () => {
    const keys: string[] = [];
    for (let length = 0; length <= 80; length++) {
      const base = Array.from({ length }, (_, i) => String.fromCharCode(97 + (i % 26))).join("");
      keys.push(base);
      for (let at = 0; at < length; at++) keys.push(`${base.slice(0, at)}~${base.slice(at + 1)}`);
    }
    for (const round of [1, 2]) {
      for (const key of keys)
        assert.deepEqual([...understood(decodeRecord(attribute(key, []))).attributes.keys()], [key], `round ${round}`);
    }
  });

  test("stay apart when they are not ASCII", () => {
    for (const key of ["schlüssel", "schlussel", "schl\u00fcssel\u0000", "キーキー"]) {
      for (let round = 0; round < 2; round++) assert.ok(understood(decodeRecord(attribute(key, []))).attributes.has(key));
    }
  });
});
