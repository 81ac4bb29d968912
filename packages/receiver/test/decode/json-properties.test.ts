// The JSON decoder beside the protobuf decoder and JSON.parse, and on text that nobody would send on purpose.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Decoded, DecodeError, decodeLogsJson, decodeLogsProtobuf } from "@proofline/receiver";
import fc from "fast-check";
import { auditRequest, encodeRequest, randomRequest, requestToJson } from "../../../../test/support/otlp.ts";
import { decodeJson, decodeJsonRecord, understood } from "./build.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function decodeOrRefuse(body: Uint8Array): Decoded | undefined {
  try {
    return decodeLogsJson(body);
  } catch (error) {
    assert.ok(error instanceof DecodeError, String(error));
    assert.ok(error.offset >= 0 && error.offset <= body.length, error.message);
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("JSON, beside protobuf", () => {
  test("any request gives the same records in both encodings", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const request = randomRequest(seed);
        assert.deepEqual(decodeLogsJson(bytesOf(requestToJson(request))), decodeLogsProtobuf(encodeRequest(request)));
      }),
      { numRuns: 500 },
    );
  });

  test("any string and any key are the same in both encodings", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (key, value) => {
        const request = {
          resourceLogs: [{ scopeLogs: [{ logRecords: [{ attributes: [{ key, value: { stringValue: value } }] }] }] }],
        };
        const escaped = requestToJson(request).replaceAll(
          /[^\x20-\x7e]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
        );
        const expected = decodeLogsProtobuf(encodeRequest(request));
        assert.deepEqual(expected.records[0]?.record.attributes, new Map([[key, value]]));
        assert.deepEqual(decodeJson(requestToJson(request)), expected.records);
        assert.deepEqual(decodeJson(escaped), expected.records);
      }),
    );
  });
});

describe("JSON, beside JSON.parse", () => {
  test("the syntax is accepted and refused alike", () => {
    const text = fc.oneof(
      fc.json(),
      fc.tuple(fc.json(), fc.nat(), fc.constantFrom(...'{}[],:"\\0-1.eE+tfn \n\u0001ü'.split(""))).map(([json, at, char]) => {
        const place = at % (json.length + 1);
        return json.slice(0, place) + char + json.slice(place + (at % 2));
      }),
      fc.string({ unit: fc.constantFrom(...'{}[],:"\\0-1.eE+u '.split("")), maxLength: 12 }),
    );
    fc.assert(
      fc.property(text, (json) => {
        const request = `{"unknown":${json}}`;
        assert.equal(decodeOrRefuse(bytesOf(request)) !== undefined, isJson(request), json);
      }),
      { numRuns: 10_000 },
    );
  });

  test("a string is what JSON.parse makes of it, made well-formed", () => {
    const units = fc.constantFrom(
      "a",
      "é",
      "🙂",
      "\\n",
      '\\"',
      "\\\\",
      "\\/",
      "\\u0041",
      "\\ud83d",
      "\\ude42",
      "\\uD800\\uDC00",
      "\\u20aC",
    );
    fc.assert(
      fc.property(fc.array(units), (parts) => {
        const literal = `"${parts.join("")}"`;
        const parsed = JSON.parse(literal) as string;
        const record = understood(decodeJsonRecord(`{"body":{"stringValue":${literal}}}`));
        assert.equal(record.body, parsed.toWellFormed());
        assert.equal(record.notes.length, parsed.isWellFormed() ? 0 : 1);
      }),
      { numRuns: 1_000 },
    );
  });

  test("a double is what JSON.parse makes of it", () => {
    fc.assert(
      fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (value) => {
        const spelling = Object.is(value, -0) ? "-0.0" : String(value);
        const { body } = understood(decodeJsonRecord(`{"body":{"doubleValue":${spelling}}}`));
        assert.ok(Object.is((body as { value: number }).value, JSON.parse(spelling)));
      }),
    );
  });

  test("an int64 is exact in every spelling", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.nat(5), (value, zeros) => {
        const shifted = String(value)
          .replace(/(\d{1,5})$/, (_, digits: string) => `.${digits}`)
          .replace(/^(-?)\./, "$10.");
        const places = shifted.length - shifted.indexOf(".") - 1;
        for (const spelling of [
          `${value}`,
          `"${value}"`,
          `${value}.${"0".repeat(zeros + 1)}`,
          `${shifted}e${places}`,
          `"${shifted}E+${places}"`,
        ]) {
          assert.equal(
            BigInt(understood(decodeJsonRecord(`{"body":{"intValue":${spelling}}}`)).body as number | bigint),
            value,
            spelling,
          );
        }
      }),
    );
  });
});

describe("JSON, hostile", () => {
  test("any bytes give records or a DecodeError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.json().map(bytesOf)), (body) => void decodeOrRefuse(body)),
      { numRuns: 3_000 },
    );
  });

  test("a request cut anywhere is refused", () => {
    const body = bytesOf(requestToJson(auditRequest({ seed: 4, records: 2 })));
    for (let length = 0; length < body.length; length++)
      assert.equal(decodeOrRefuse(body.slice(0, length)), undefined, `cut at ${length}`);
  });

  test("a byte changed anywhere gives records or a DecodeError", () => {
    const body = bytesOf(requestToJson(randomRequest(11)));
    for (let at = 0; at < body.length; at++)
      for (const byte of [0x22, 0x2c, 0x5d, 0x30, 0xff, 0x6e]) decodeOrRefuse(body.with(at, byte));
  });

  test("any JSON in place of a record, a field or a value leaves the neighbours as they are", () => {
    const good = '{"eventName":"good","attributes":[{"key":"k","value":{"stringValue":"v"}}]}';
    const names = fc.constantFrom("body", "attributes", "traceId", "timeUnixNano", "flags", "severityNumber", "eventName");
    const anyRecord = fc.oneof(
      fc.json(),
      fc.tuple(names, fc.json()).map(([name, json]) => `{"${name}":${json}}`),
      fc
        .tuple(
          fc.constantFrom("stringValue", "intValue", "doubleValue", "boolValue", "bytesValue", "arrayValue", "kvlistValue"),
          fc.json(),
        )
        .map(([name, json]) => `{"body":{"${name}":${json}}}`),
    );
    const [alone] = decodeJson(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[${good}]}]}]}`);
    fc.assert(
      fc.property(anyRecord, (middle) => {
        const records = decodeJson(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[${good},${middle},${good}]}]}]}`);
        assert.equal(records.length, 3);
        assert.deepEqual([records[0], records[2]], [alone, alone]);
        const { record, raw } = records[1]!;
        assert.deepEqual(raw, record.quarantine === undefined ? undefined : bytesOf(middle));
      }),
      { numRuns: 2_000 },
    );
  });
});
