import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DecodeError, defaultDecodeLimits } from "@proofline/receiver";
import { decodeJson, decodeJsonRecord, text, understood } from "./build.ts";

const request = (resource: string, scope: string, records: string[]): string =>
  `{"resourceLogs":[{"resource":${resource},"scopeLogs":[{"scope":${scope},"logRecords":[${records.join()}]}]}]}`;

describe("a broken record in JSON", () => {
  test("is quarantined with its text, and its neighbours are as they were", () => {
    const good = '{"eventName":"good","attributes":[{"key":"k","value":{"stringValue":"v"}}]}';
    const bad = '{ "eventName" : 5 }';
    const records = decodeJson(request('{"attributes":[{"key":"r"}]}', "{}", [good, bad, good]));
    assert.equal(understood(records[0]!).event, "good");
    assert.deepEqual(records[2], records[0]);
    assert.equal(text(records[1]?.raw), bad);
    assert.deepEqual(records[1]?.record.quarantine, {
      code: "MALFORMED",
      reason: "log record: eventName: found a number where OTLP has a string",
    });
    assert.deepEqual([...records[1]!.record.resource.attributes], [["r", null]]);
  });

  test("with values 65 levels deep is TOO_DEEP; 64 are not", () => {
    const list = (levels: number): string =>
      levels === 1 ? '{"intValue":1}' : `{"arrayValue":{"values":[${list(levels - 1)}]}}`;
    const map = (levels: number): string =>
      levels === 1 ? "{}" : `{"kvlistValue":{"values":[{"key":"k","value":${map(levels - 1)}}]}}`;
    for (const make of [list, map]) {
      for (const wrap of [(any: string) => `{"body":${any}}`, (any: string) => `{"attributes":[{"value":${any}}]}`]) {
        understood(decodeJsonRecord(wrap(make(64))));
        assert.equal(decodeJsonRecord(wrap(make(65))).record.quarantine?.code, "TOO_DEEP");
      }
    }
  });

  test("with more attributes or values than the limits is TOO_LARGE", () => {
    const limits = { ...defaultDecodeLimits, maxAttributes: 3, maxValues: 5 };
    const record = (attributes: number, values: number): string =>
      `{"attributes":[${Array.from({ length: attributes }, (_, i) => `{"key":"${i}"}`).join()}],"body":{"arrayValue":{"values":[${Array(values).fill("{}").join()}]}}}`;
    understood(decodeJsonRecord(record(3, 2), limits));
    for (const bad of [record(4, 0), record(3, 3), record(0, 2_000)]) {
      const { record: decoded, raw } = decodeJsonRecord(bad, limits);
      assert.equal(decoded.quarantine?.code, "TOO_LARGE");
      assert.equal(text(raw), bad);
    }
  });
});

describe("records under a broken resource or scope in JSON", () => {
  test("are quarantined with their fields; the text is kept once, in a ResourceLogs of its own", () => {
    const records = ['{"eventName":"first"}', '{"eventName":"second"}'];
    const cases: [string, string, string, string][] = [
      ["[1]", "{}", "resource: found an array where OTLP has an object", '{"resource":[1]}'],
      ["{}", '{"name":1}', "scope: name: found a number where OTLP has a string", '{"scopeLogs":[{"scope":{"name":1}}]}'],
      [
        '{"attributes":[5]}',
        "1",
        "scope: found a number where OTLP has an object; resource: attributes[0]: found a number where OTLP has an object",
        '{"resource":{"attributes":[5]},"scopeLogs":[{"scope":1}]}',
      ],
    ];
    for (const [resource, scope, reason, kept] of cases) {
      const decoded = decodeJson(request(resource, scope, records));
      assert.deepEqual(
        decoded.map(({ record }) => record.event),
        ["first", "second"],
      );
      assert.equal(decoded[0]?.record.quarantine?.reason, reason);
      assert.equal(text(decoded[0]?.raw), kept);
      assert.equal(decoded[1]?.raw, undefined);
      assert.equal(decoded[1]?.record.quarantine?.reason, `${reason}; its bytes are kept with the first record under it`);
    }
  });

  test("that are broken themselves lose nothing either", () => {
    const decoded = decodeJson(request("1", "2", ["3", "4"]));
    assert.equal(text(decoded[0]?.raw), '{"resource":1,"scopeLogs":[{"scope":2,"logRecords":[3]}]}');
    assert.equal(text(decoded[1]?.raw), "4");
  });
});

describe("a broken envelope in JSON", () => {
  const cases: [string, string, string, number][] = [
    ["nothing", "", "BAD_JSON", 0],
    ["white space only", " \n", "BAD_JSON", 2],
    ["no JSON", "hello", "BAD_JSON", 0],
    ["UTF-16", "{\u0000}\u0000", "BAD_JSON", 1],
    ["something after its end", "{} {}", "BAD_JSON", 3],
    ["a comma too many", '{"a":1,}', "BAD_JSON", 7],
    ["a comma too many in a list", "[1,]", "BAD_JSON", 3],
    ["a missing colon", '{"a" 1}', "BAD_JSON", 5],
    ["a name without quotes", "{a:1}", "BAD_JSON", 1],
    ["single quotes", "{'a':1}", "BAD_JSON", 1],
    ["a string without end", '{"a":"b', "BAD_JSON", 5],
    ["a raw line feed in a string", '{"a":"\n"}', "BAD_JSON", 6],
    ["an unknown escape", '"\\x41"', "BAD_JSON", 2],
    ["half an escape", '"\\u00"', "BAD_JSON", 2],
    ["a leading zero", "[01]", "BAD_JSON", 2],
    ["a leading plus", "[+1]", "BAD_JSON", 1],
    ["a number without digits", "[-]", "BAD_JSON", 2],
    ["a fraction without digits", "[1.]", "BAD_JSON", 3],
    ["an exponent without digits", "[1e]", "BAD_JSON", 3],
    ["NaN", "[NaN]", "BAD_JSON", 1],
    ["a word cut short", "[tru", "BAD_JSON", 1],
    ["mismatched brackets", "[}", "BAD_JSON", 1],
    ["a comment", "{/**/}", "BAD_JSON", 1],
    ["a broken record", '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":}]}]}]}', "BAD_JSON", 54],
    ["an array for a request", "[]", "WRONG_SHAPE", 0],
    ["null for a request", "null", "WRONG_SHAPE", 0],
    ["an object for resourceLogs", '{"resourceLogs":{}}', "WRONG_SHAPE", 16],
    ["a number for a ResourceLogs", '{"resourceLogs":[1]}', "WRONG_SHAPE", 17],
    ["a string for scopeLogs", '{"resourceLogs":[{"scopeLogs":"x"}]}', "WRONG_SHAPE", 30],
    ["an object for logRecords", '{"resourceLogs":[{"scopeLogs":[{"logRecords":{}}]}]}', "WRONG_SHAPE", 45],
    ["a number for a schemaUrl", '{"resourceLogs":[{"schemaUrl":1,"scopeLogs":[{"logRecords":[{}]}]}]}', "WRONG_SHAPE", 30],
  ];
  for (const [what, body, code, offset] of cases) {
    test(`with ${what} is refused with ${code} and the place`, () => {
      assert.throws(
        () => decodeJson(body),
        (error) => {
          assert.ok(error instanceof DecodeError, String(error));
          assert.deepEqual([error.code, error.offset], [code, offset]);
          return true;
        },
      );
    });
  }

  test("with more records or groups than the limit is TOO_MANY_RECORDS", () => {
    const limits = { ...defaultDecodeLimits, maxRecords: 3 };
    const code = "TOO_MANY_RECORDS";
    assert.equal(decodeJson(request("{}", "{}", ["{}", "{}", "{}"]), limits).length, 3);
    assert.throws(() => decodeJson(request("{}", "{}", ["{}", "{}", "{}", "{}"]), limits), { code });
    assert.throws(() => decodeJson('{"resourceLogs":[{},{},{},{}]}', limits), { code });
  });
});
