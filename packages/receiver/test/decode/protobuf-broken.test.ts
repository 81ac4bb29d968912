import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DecodeError, decodeLogsProtobuf, defaultDecodeLimits } from "@proofline/receiver";
import { decodeRecord, recordBytes, requestOf, understood } from "./build.ts";
import { lengthField, varint } from "./noisy-encoder.ts";

const utf8 = (string: string): number[] => [...Buffer.from(string)];
/** A KeyValue of bytes for the key and the AnyValue. */
const keyValue = (key: Iterable<number>, value: Iterable<number>): number[] => [...lengthField(1, key), ...lengthField(2, value)];
const attribute = (key: string, value: Iterable<number>): number[] => lengthField(6, keyValue(utf8(key), value));
const string = (value: string): number[] => lengthField(1, utf8(value));
const keyValueField = (key: string): number[] => lengthField(1, keyValue(utf8(key), []));

describe("a broken record in protobuf", () => {
  const good = recordBytes({ eventName: "good", attributes: [{ key: "k", value: { stringValue: "v" } }] });
  const cases: [string, number[], string, RegExp][] = [
    ["a length beyond its end", [0x32, 0x7f, 0x0a], "MALFORMED", /127 bytes where 1 are left \(at byte 1\)/],
    ["a number beyond its end", [0x09, 1, 2, 3], "MALFORMED", /8 bytes where 3 are left/],
    ["an unfinished varint", [0x10, 0x80], "MALFORMED", /runs past the end/],
    ["a varint of eleven bytes", [0x10, ...Array<number>(10).fill(0x80), 0], "MALFORMED", /more than 64 bits/],
    ["a varint of 65 bits", [0x10, ...Array<number>(9).fill(0xff), 2], "MALFORMED", /more than 64 bits/],
    ["field number 0", [0x00, 1], "MALFORMED", /tag 0/],
    ["a tag of more than 32 bits", [0x80, 0x80, 0x80, 0x80, 0x10], "MALFORMED", /tag 4294967296/],
    ["wire type 7", [0x67, 0], "MALFORMED", /wire type 7/],
    ["an unknown field of wire type 6", [0xa6, 0x06, 0], "MALFORMED", /does not exist/],
    ["a known field of another wire type", [0x08, 1], "MALFORMED", /field 1 has wire type 0/],
    ["a group that does not end", [0xa3, 0x06, 0xa0, 0x06, 1], "MALFORMED", /runs past the end/],
    ["the end of a group that did not begin", [0xa4, 0x06], "MALFORMED", /did not begin/],
    ["a group ended by another field", [0xa3, 0x06, 0xac, 0x06], "MALFORMED", /ended by field 101/],
    [
      "101 groups in each other",
      [...Array(101).fill([0xa3, 0x06]), ...Array(101).fill([0xa4, 0x06])].flat(),
      "TOO_DEEP",
      /groups/,
    ],
  ];
  for (const [what, bytes, code, reason] of cases) {
    test(`with ${what} is quarantined with its bytes, and its neighbours are as they were`, () => {
      const { records } = decodeLogsProtobuf(requestOf({ resource: keyValueField("r"), records: [good, bytes, good] }));
      assert.equal(records.length, 3);
      assert.equal(understood(records[0]!).event, "good");
      assert.deepEqual(records[2], records[0]);
      const { record, raw } = records[1]!;
      assert.equal(record.quarantine?.code, code);
      assert.match(record.quarantine?.reason ?? "", /^log record: /);
      assert.match(record.quarantine?.reason ?? "", reason);
      assert.deepEqual(raw, Uint8Array.from(bytes));
      assert.equal(record.resource, records[0]!.record.resource);
      assert.deepEqual([record.event, record.attributes.size, record.body], ["", 0, undefined]);
    });
  }

  test("gives the same reason wherever it stands in a request", () => {
    const reasons = [[[0x32, 0x7f]], [good, [0x32, 0x7f]]].map(
      (records) => decodeLogsProtobuf(requestOf({ records })).records.at(-1)?.record.quarantine,
    );
    assert.deepEqual(reasons[0], reasons[1]);
  });

  test("with values 65 levels deep is TOO_DEEP; 64 are not", () => {
    const nested = (levels: number): number[] =>
      levels === 1 ? string("leaf") : lengthField(5, lengthField(1, nested(levels - 1)));
    const nestedMaps = (levels: number): number[] =>
      levels === 1 ? [] : lengthField(6, lengthField(1, keyValue([], nestedMaps(levels - 1))));
    for (const make of [nested, nestedMaps]) {
      understood(decodeRecord(attribute("k", make(64))));
      assert.equal(decodeRecord(attribute("k", make(65))).record.quarantine?.code, "TOO_DEEP");
      understood(decodeRecord(lengthField(5, make(64))));
      assert.equal(decodeRecord(lengthField(5, make(65))).record.quarantine?.code, "TOO_DEEP");
    }
  });

  test("with more attributes or values than the limits is TOO_LARGE", () => {
    const limits = { ...defaultDecodeLimits, maxAttributes: 3, maxValues: 5 };
    const attributes = (count: number): number[] => Array.from({ length: count }, (_, i) => attribute(`${i}`, [])).flat();
    const list = (count: number): number[] => lengthField(5, Array.from({ length: count }, () => lengthField(1, [])).flat());
    understood(decodeRecord([...attributes(3), ...lengthField(5, list(2))], limits));
    for (const bytes of [attributes(4), [...attributes(3), ...lengthField(5, list(3))]]) {
      const { record, raw } = decodeRecord(bytes, limits);
      assert.equal(record.quarantine?.code, "TOO_LARGE");
      assert.deepEqual(raw, Uint8Array.from(bytes));
    }
  });
});

describe("records under a broken resource or scope", () => {
  const broken = [0x0a, 0x7f];
  const records = [recordBytes({ eventName: "first" }), recordBytes({ eventName: "second" })];

  test("are quarantined with their fields; the bytes are kept once, in a ResourceLogs of their own", () => {
    for (const part of ["resource", "scope"] as const) {
      const decoded = decodeLogsProtobuf(requestOf({ [part]: broken, records })).records;
      assert.deepEqual(
        decoded.map(({ record }) => record.event),
        ["first", "second"],
      );
      for (const { record } of decoded)
        assert.match(record.quarantine?.reason ?? "", new RegExp(`^${part}: .*127 bytes where 0 are left`));
      const kept = part === "resource" ? lengthField(1, broken) : lengthField(2, lengthField(1, broken));
      assert.deepEqual(decoded[0]?.raw, Uint8Array.from(kept));
      assert.equal(decoded[1]?.raw, undefined);
      assert.match(decoded[1]?.record.quarantine?.reason ?? "", /kept with the first record under it/);
    }
  });

  test("that are broken themselves lose nothing either", () => {
    const decoded = decodeLogsProtobuf(requestOf({ resource: broken, scope: broken, records: [[0xff], [0xfe]] })).records;
    assert.deepEqual(
      decoded[0]?.raw,
      Uint8Array.from([...lengthField(1, broken), ...lengthField(2, [...lengthField(1, broken), ...lengthField(2, [0xff])])]),
    );
    assert.deepEqual(decoded[1]?.raw, Uint8Array.of(0xfe));
    for (const { record } of decoded) assert.match(record.quarantine?.reason ?? "", /^log record: .*; scope: .*; resource: /);
  });

  test("keep the part that was understood", () => {
    const [decoded] = decodeLogsProtobuf(requestOf({ resource: keyValueField("r"), scope: broken, records })).records;
    assert.deepEqual([...decoded!.record.resource.attributes], [["r", null]]);
    assert.equal(decoded!.record.scope.name, "");
  });
});

describe("a broken envelope in protobuf", () => {
  const cases: [string, number[], string, number][] = [
    ["a resource_logs beyond the end", [0x0a, 5, 1], "TRUNCATED", 1],
    ["a scope_logs beyond its resource_logs", [0x0a, 2, 0x12, 9], "TRUNCATED", 3],
    ["a record beyond its scope_logs", [0x0a, 4, 0x12, 2, 0x12, 9], "TRUNCATED", 5],
    ["a declared length of 2^63", [0x0a, ...varint(2n ** 63n)], "TRUNCATED", 1],
    ["a length of eleven bytes", [0x0a, ...Array<number>(11).fill(0x80)], "BAD_VARINT", 1],
    ["field 0", [0], "BAD_TAG", 0],
    ["resource_logs as a number", [0x08, 1], "BAD_WIRE_TYPE", 1],
    ["the end of a group", [0x9c, 0x06], "BAD_GROUP", 2],
    ["101 groups in each other", Array(101).fill([0xa3, 0x06]).flat(), "TOO_DEEP", 202],
  ];
  for (const [what, bytes, code, offset] of cases) {
    test(`with ${what} is refused with ${code} and the place`, () => {
      assert.throws(
        () => decodeLogsProtobuf(Uint8Array.from(bytes)),
        (error) => {
          assert.ok(error instanceof DecodeError);
          assert.deepEqual([error.code, error.offset], [code, offset]);
          return true;
        },
      );
    });
  }

  test("with more records or groups than the limit is TOO_MANY_RECORDS", () => {
    const limits = { ...defaultDecodeLimits, maxRecords: 3 };
    const code = "TOO_MANY_RECORDS";
    assert.equal(decodeLogsProtobuf(requestOf({ records: [[], [], []] }), limits).records.length, 3);
    assert.throws(() => decodeLogsProtobuf(requestOf({ records: [[], [], [], []] }), limits), { code });
    assert.throws(() => decodeLogsProtobuf(Uint8Array.from([0x0a, 0, 0x0a, 0, 0x0a, 0, 0x0a, 0]), limits), { code });
  });

  test("with a resource in thousands of pieces is TOO_LARGE", () => {
    const pieces = Array.from({ length: 1_001 }, () => lengthField(1, [])).flat();
    assert.throws(() => decodeLogsProtobuf(Uint8Array.from(lengthField(1, pieces))), { code: "TOO_LARGE" });
  });
});
