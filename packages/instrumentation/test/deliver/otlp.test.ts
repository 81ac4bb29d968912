// Specifies deliver/otlp.ts and protobuf.ts: judged by protobufjs with the official .proto files, and by the stock serializer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import fc from "fast-check";
import { RecordEncoder } from "../../src/deliver/otlp.ts";
import type { AuditLogRecord } from "../../src/deliver/sink.ts";
import { decodeRequest } from "../kit/otlp-receiver.ts";

const resource = resourceFromAttributes({ "service.name": "test", list: ["a", "b"] });
const instrumentationScope = { name: "scope", version: "1" };

function recordWith(attributes: Record<string, unknown>, body: unknown): AuditLogRecord {
  return {
    hrTime: [1_795_000_000, 123_456_789],
    hrTimeObserved: [1_795_000_001, 0],
    severityNumber: 9,
    severityText: "INFO",
    eventName: "invoice.read",
    body,
    attributes: new Map(Object.entries(attributes)),
    droppedAttributesCount: 0,
    resource,
    instrumentationScope,
    spanContext: { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 },
  };
}

// Left out: what the stock serializer changes. -0 becomes 0 there, and integers from 2^53 on are written as int64.
const double = fc.double({ noNaN: true }).filter((x) => !Object.is(x, -0) && (Math.abs(x) < 2 ** 53 || Math.abs(x) > 2 ** 64));
const scalar = fc.oneof(fc.string({ unit: "binary" }), fc.boolean(), fc.integer(), double, fc.constant(null));
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.uint8Array(),
    fc.array(tie("value")),
    fc.dictionary(fc.string(), tie("value")),
  ),
})).value;

test("a record decodes to the same as the stock serializer's, whatever its values", () => {
  const encoder = new RecordEncoder();
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), value, (attributes, body) => {
      const record = recordWith(attributes, body);
      const stock = ProtobufLogsSerializer.serializeRequest([{ ...record, attributes } as unknown as ReadableLogRecord])!;
      assert.deepEqual(decodeRequest(encoder.encode(record).slice()), decodeRequest(stock));
    }),
    { numRuns: 300 },
  );
});

test("requests one behind the other are one request with all records", () => {
  const encoder = new RecordEncoder();
  const parts = [1, 2, 3].map((n) => encoder.encode(recordWith({ "audit.record.id": `id-${n}` }, "x".repeat(n * 100))).slice());
  assert.deepEqual(
    decodeRequest(Buffer.concat(parts)).map(({ id }) => id),
    ["id-1", "id-2", "id-3"],
  );
});

test("an int64 beyond 2^53, a key __proto__ and a large text arrive as they are", () => {
  const attributes = Object.create(null) as Record<string, unknown>;
  const name = "__proto__";
  attributes[name] = "own";
  attributes.big = -(2n ** 63n);
  attributes.max = 2n ** 63n - 1n;
  attributes.text = "ä".repeat(100_000);
  attributes.map = new Map([["k", 1n]]);
  const [record] = decodeRequest(new RecordEncoder().encode(recordWith(attributes, undefined)));
  assert.equal(record!.attributes[name], "own");
  assert.equal(record!.attributes.big, "int:-9223372036854775808");
  assert.equal(record!.attributes.max, "int:9223372036854775807");
  assert.equal(record!.attributes.text, attributes.text);
  assert.equal((record!.attributes.map as Record<string, unknown>).k, 1);
  assert.equal(record!.timeNs, "1795000000123456789");
  assert.equal(record!.traceId, "0af7651916cd43dd8448eb211c80319c");
});
