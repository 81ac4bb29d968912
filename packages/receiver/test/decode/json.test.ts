import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Double, type Value } from "@proofline/event";
import { decodeLogsJson } from "@proofline/receiver";
import { decodeJson, decodeJsonRecord, text, understood } from "./build.ts";

const bodyOf = (any: string): Value | undefined => understood(decodeJsonRecord(`{"body":${any}}`)).body;
const reasonOf = (record: string): string => {
  const { record: decoded, raw } = decodeJsonRecord(record);
  assert.equal(decoded.quarantine?.code, "MALFORMED");
  assert.equal(text(raw), record);
  return decoded.quarantine.reason;
};

/** opentelemetry-proto v1.11.0, examples/logs.json. */
const SPEC_EXAMPLE = `{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my.service"}}]},"scopeLogs":[{
  "scope":{"name":"my.library","version":"1.0.0","attributes":[{"key":"my.scope.attribute","value":{"stringValue":"some scope attribute"}}]},
  "logRecords":[{"timeUnixNano":"1544712660300000000","observedTimeUnixNano":"1544712660300000000","severityNumber":10,"severityText":"Information",
  "traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","body":{"stringValue":"Example log record"},"attributes":[
  {"key":"string.attribute","value":{"stringValue":"some string"}},{"key":"boolean.attribute","value":{"boolValue":true}},
  {"key":"int.attribute","value":{"intValue":"10"}},{"key":"double.attribute","value":{"doubleValue":637.704}},
  {"key":"array.attribute","value":{"arrayValue":{"values":[{"stringValue":"many"},{"stringValue":"values"}]}}},
  {"key":"map.attribute","value":{"kvlistValue":{"values":[{"key":"some.map.key","value":{"stringValue":"some value"}}]}}}]}]}]}]}`;

describe("an export request in JSON", () => {
  test("from the OTLP specification becomes the record that it describes", () => {
    const record = understood(decodeJson(SPEC_EXAMPLE)[0]!);
    assert.deepEqual(record, {
      id: "",
      event: "",
      time: 1544712660300000000n,
      observed: 1544712660300000000n,
      traceId: "5b8efff798038103d269b633813fc60c",
      spanId: "eee19b7ec3c1b174",
      flags: 0,
      severity: 10,
      severityText: "Information",
      attributes: new Map<string, Value>([
        ["string.attribute", "some string"],
        ["boolean.attribute", true],
        ["int.attribute", 10],
        ["double.attribute", new Double(637.704)],
        ["array.attribute", ["many", "values"]],
        ["map.attribute", new Map([["some.map.key", "some value"]])],
      ]),
      droppedAttributes: 0,
      body: "Example log record",
      scope: {
        name: "my.library",
        version: "1.0.0",
        schemaUrl: "",
        attributes: new Map([["my.scope.attribute", "some scope attribute"]]),
        droppedAttributes: 0,
      },
      resource: { schemaUrl: "", attributes: new Map([["service.name", "my.service"]]), droppedAttributes: 0 },
      redactions: [],
      producer: undefined,
      writer: "",
      notes: [],
      quarantine: undefined,
    });
  });

  test("without records is empty", () => {
    for (const empty of [
      "{}",
      '{"resourceLogs":[]}',
      '{"resourceLogs":null}',
      '{"resourceLogs":[{}]}',
      '{"resourceLogs":[{"scopeLogs":[{"logRecords":[]}]}]}',
    ]) {
      assert.deepEqual(decodeJson(empty), []);
    }
  });

  test("may begin with a byte order mark and have white space anywhere", () => {
    const body = Buffer.from(
      '\ufeff \t\r\n{ "resourceLogs" : [ { "scopeLogs" : [ { "logRecords" : [ { } , { "flags" : 1 } ] } ] } ] } \n',
    );
    assert.deepEqual(
      decodeLogsJson(body).records.map(({ record }) => record.flags),
      [0, 1],
    );
  });

  test("reads resource and scope wherever they stand, and shares them", () => {
    const records = decodeJson(
      '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{},{}],"schemaUrl":"urn:s","scope":{"name":"n"}}],"schemaUrl":"urn:r","resource":{"droppedAttributesCount":2}}]}',
    );
    const [first, second] = records.map(understood);
    assert.deepEqual([first?.scope.name, first?.scope.schemaUrl], ["n", "urn:s"]);
    assert.deepEqual([first?.resource.droppedAttributes, first?.resource.schemaUrl], [2, "urn:r"]);
    assert.equal(first?.scope, second?.scope);
    assert.equal(first?.resource, second?.resource);
  });

  test("ignores unknown members, snake_case among them, however deep they are", () => {
    const deep = "[".repeat(2_000) + "]".repeat(2_000);
    const record = understood(
      decodeJsonRecord(
        `{"new":${deep},"time_unix_nano":"1","severity_number":9,"body":{"stringValue":"b","new":[{"a":${deep}}]}}`,
      ),
    );
    assert.deepEqual([record.time, record.severity, record.body], [0n, 0, "b"]);
  });
});

describe("a number in OTLP/JSON", () => {
  test("of 64 bits is exact, as a string and as a number", () => {
    for (const quote of ["", '"']) {
      assert.equal(bodyOf(`{"intValue":${quote}9007199254740993${quote}}`), 9007199254740993n);
      assert.equal(bodyOf(`{"intValue":${quote}-9223372036854775808${quote}}`), -(2n ** 63n));
      assert.equal(bodyOf(`{"intValue":${quote}9007199254740991${quote}}`), Number.MAX_SAFE_INTEGER);
      assert.equal(bodyOf(`{"intValue":${quote}-0${quote}}`), 0);
      assert.equal(bodyOf(`{"intValue":${quote}1.50e1${quote}}`), 15);
      const { time, observed } = understood(
        decodeJsonRecord(
          `{"timeUnixNano":${quote}1795209243123456789${quote},"observedTimeUnixNano":${quote}18446744073709551615${quote}}`,
        ),
      );
      assert.deepEqual([time, observed], [1795209243123456789n, 2n ** 64n - 1n]);
    }
  });

  test("that its field cannot hold puts the record into quarantine, with the place and without the value", () => {
    assert.equal(
      reasonOf('{"body":{"intValue":"9223372036854775808"}}'),
      "log record: body.intValue: found a string where OTLP has a signed 64-bit integer",
    );
    assert.equal(
      reasonOf('{"attributes":[{"key":"a","value":{"arrayValue":{"values":[{},{"intValue":1.5}]}}}]}'),
      "log record: attributes[0].value.arrayValue.values[1].intValue: found a number where OTLP has a signed 64-bit integer",
    );
    for (const int of [
      "9223372036854775808",
      "-9223372036854775809",
      "1e400",
      "1e999999999",
      "0.1",
      '""',
      '"0x10"',
      '" 1"',
      '"1_0"',
      "true",
      "{}",
    ]) {
      assert.match(reasonOf(`{"body":{"intValue":${int}}}`), /^log record: body.intValue: found /);
    }
    for (const time of ["-1", "18446744073709551616", '"yesterday"', "1.5"])
      assert.match(reasonOf(`{"timeUnixNano":${time}}`), /timeUnixNano: .* unsigned 64-bit/);
    for (const flags of ["-1", "4294967296"]) assert.match(reasonOf(`{"flags":${flags}}`), /flags: .* unsigned 32-bit/);
  });

  test("of very many digits is refused quickly", () => {
    assert.match(reasonOf(`{"body":{"intValue":${"9".repeat(2_000_000)}}}`), /signed 64-bit/);
  });

  test("as double keeps its bits, and may be one of three names", () => {
    for (const value of [0.1, -0, 1e300, 5e-324, 3])
      assert.deepEqual(bodyOf(`{"doubleValue":${Object.is(value, -0) ? "-0.0" : value}}`), new Double(value));
    for (const name of ["NaN", "Infinity", "-Infinity"])
      assert.deepEqual(bodyOf(`{"doubleValue":"${name}"}`), new Double(Number(name)));
    assert.deepEqual(bodyOf('{"doubleValue":"1.5"}'), new Double(1.5));
    for (const bad of ['"nan"', '"+Infinity"', '""', "1e999", "true"])
      assert.match(reasonOf(`{"body":{"doubleValue":${bad}}}`), /doubleValue/);
  });

  test("as severity is an integer; a name is refused", () => {
    assert.equal(understood(decodeJsonRecord('{"severityNumber":9}')).severity, 9);
    assert.equal(
      reasonOf('{"severityNumber":"INFO"}'),
      "log record: severityNumber: found a string where OTLP has the number of an enum value",
    );
    assert.match(reasonOf('{"severityNumber":"SEVERITY_NUMBER_INFO"}'), /severityNumber/);
  });
});

describe("a value in OTLP/JSON", () => {
  test("is one JavaScript type for each case", () => {
    assert.equal(bodyOf("{}"), null);
    assert.equal(bodyOf('{"stringValue":""}'), "");
    assert.equal(bodyOf('{"boolValue":false}'), false);
    assert.deepEqual(bodyOf('{"arrayValue":{}}'), []);
    assert.deepEqual(bodyOf('{"arrayValue":{"values":[null,{"boolValue":true}]}}'), [null, true]);
    assert.deepEqual(
      bodyOf('{"kvlistValue":{"values":[{"key":"__proto__","value":{"stringValue":"v"}},{}]}}'),
      new Map([
        ["__proto__", "v"],
        ["", null],
      ]),
    );
  });

  test("that is null is absent: a body unset, a value empty", () => {
    const record = understood(
      decodeJsonRecord(
        '{"body":null,"attributes":[{"key":"a","value":null},{"key":"b"}],"traceId":null,"timeUnixNano":null,"flags":null}',
      ),
    );
    assert.deepEqual(
      [record.body, [...record.attributes], record.time],
      [
        undefined,
        [
          ["a", null],
          ["b", null],
        ],
        0n,
      ],
    );
    assert.equal(bodyOf('{"stringValue":null,"intValue":"1"}'), 1);
    assert.equal(bodyOf('{"doubleValue":null}'), null);
  });

  test("of bytes is base64 in either alphabet, padded or not", () => {
    const bytes = Uint8Array.of(0xfb, 0xff, 0xfe, 0x01);
    for (const base64 of ["+//+AQ==", "-__-AQ==", "+//+AQ", "-__-AQ"])
      assert.deepEqual(bodyOf(`{"bytesValue":"${base64}"}`), bytes);
    assert.deepEqual(bodyOf('{"bytesValue":""}'), new Uint8Array());
    for (const bad of ['"+//+A"', '"+//+AQ="', '"a b="', '"=="', "[1]"])
      assert.match(reasonOf(`{"body":{"bytesValue":${bad}}}`), /where OTLP has base64/);
  });

  test("has one case; with two it is refused", () => {
    assert.match(reasonOf('{"body":{"stringValue":"a","intValue":1}}'), /one value in an AnyValue/);
  });

  test("that is a bare scalar, or of another type than its name says, is refused", () => {
    for (const bad of [
      '"text"',
      "1",
      "[]",
      '{"stringValue":1}',
      '{"boolValue":"true"}',
      '{"arrayValue":[]}',
      '{"arrayValue":{"values":{}}}',
      '{"kvlistValue":{"values":[1]}}',
    ]) {
      assert.match(reasonOf(`{"body":${bad}}`), /^log record: body/);
    }
  });
});

describe("a log record in JSON", () => {
  test("has its ids in hex of any case, and none when they are zeros or of another length", () => {
    const ids = (trace: string, span: string): string[] => {
      const { traceId, spanId } = understood(decodeJsonRecord(`{"traceId":"${trace}","spanId":"${span}"}`));
      return [traceId, spanId];
    };
    assert.deepEqual(ids("ABCDEF".padEnd(32, "0"), "aBcDeF0123456789"), ["abcdef".padEnd(32, "0"), "abcdef0123456789"]);
    assert.deepEqual(ids("0".repeat(32), ""), ["", ""]);
    assert.deepEqual(ids("W47/95gDgQPSabYzgT/GDA==", "abc"), ["", ""]);
    assert.match(reasonOf(`{"traceId":"${"g".repeat(32)}"}`), /traceId: found a string where OTLP has 32 hex digits/);
    assert.match(reasonOf('{"spanId":5}'), /spanId: found a number/);
  });

  test("with a repeated attribute has the last value at the first place, and says so", () => {
    const record = understood(
      decodeJsonRecord('{"attributes":[{"key":"k","value":{"intValue":1}},{"key":"z"},{"key":"k","value":{"intValue":2}}]}'),
    );
    assert.deepEqual(
      [...record.attributes],
      [
        ["k", 2],
        ["z", null],
      ],
    );
    assert.deepEqual(record.notes, [{ path: "attributes.k", note: "duplicate_key" }]);
  });

  test("with a repeated member has the last one, and says so", () => {
    const record = understood(
      decodeJsonRecord(
        '{"eventName":"a","eventName":"b","body":{"stringValue":"a","stringValue":"b"},"attributes":[{"key":"k","value":{},"value":{}}],"x":1,"x":2}',
      ),
    );
    assert.deepEqual([record.event, record.body], ["b", "b"]);
    assert.deepEqual(
      record.notes.map(({ path }) => path),
      ["attributes.k", "body", "event"],
    );
  });

  test("is not lost when the list that it is in is repeated", () => {
    const list = (flags: number): string => `"logRecords":[{"flags":${flags}}]`;
    const scopes = (flags: number): string => `"scopeLogs":[{${list(flags)},${list(flags + 1)}}]`;
    const records = decodeJson(
      `{"resourceLogs":[{${scopes(1)},${scopes(3)},"resource":{},"resource":{},"schemaUrl":"a","schemaUrl":"b"}],"resourceLogs":[{${scopes(5)}}]}`,
    );
    assert.deepEqual(
      records.map(({ record }) => record.flags),
      [1, 2, 3, 4, 5, 6],
    );
    const paths = ["resource", "resource_schema_url"];
    assert.deepEqual(
      records[0]?.record.notes,
      paths.map((path) => ({ path, note: "duplicate_key" })),
    );
  });

  test("with lone surrogates or ill-formed UTF-8 has U+FFFD there, and says where", () => {
    const record = understood(
      decodeJsonRecord(
        '{"eventName":"a\\ud800","attributes":[{"key":"\\udc00","value":{"stringValue":"\\ud83d\\ude42 \\uD83D\\u0041"}}],"severityText":"\\ufffd"}',
      ),
    );
    assert.deepEqual([record.event, ...record.attributes, record.severityText], ["a\ufffd", ["\ufffd", "🙂 \ufffdA"], "\ufffd"]);
    assert.deepEqual(
      record.notes,
      ["attributes.\ufffd", "event"].map((path) => ({ path, note: "replaced_characters" })),
    );
    const pieces = ['{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"eventName":"', '"}]}]}]}'].map((piece) =>
      Buffer.from(piece),
    );
    for (const bad of [[0xff], [0xed, 0xa0, 0x80], [0x5c, 0x6e, 0xff], [0xc3, 0x5c, 0x6e]]) {
      const [decoded] = decodeLogsJson(Buffer.concat([pieces[0]!, Buffer.from(bad), pieces[1]!])).records;
      assert.deepEqual(understood(decoded!).notes, [{ path: "event", note: "replaced_characters" }]);
      assert.match(decoded!.record.event, /\ufffd/);
    }
  });

  test("with NUL and every escape has the characters meant", () => {
    assert.equal(
      bodyOf('{"stringValue":"\\u0000\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\uD83D\\uDE42é€🙂"}'),
      '\u0000"\\/\b\f\n\r\té€🙂é€🙂',
    );
  });

  test("that is no object is quarantined", () => {
    for (const bad of ["null", "1", '"record"', "[]"])
      assert.match(reasonOf(bad), /^log record: found (null|a number|a string|an array) where OTLP has an object$/);
  });
});
