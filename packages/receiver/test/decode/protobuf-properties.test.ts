// The protobuf decoder against another implementation, and against bytes that nobody would send on purpose.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Decoded, DecodeError, decodeLogsProtobuf } from "@proofline/receiver";
import fc from "fast-check";
import {
  auditRequest,
  decodeRequest,
  ExportLogsServiceRequest,
  encodeMessage,
  encodeRequest,
  messageType,
  type OtlpRequest,
  randomRequest,
  seededRandom,
} from "../../../../test/support/otlp.ts";
import { expectedRecords } from "./expected.ts";
import { encodeNoisily, lengthField } from "./noisy-encoder.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

function records(decoded: Decoded): unknown[] {
  return decoded.records.map(({ record }) => record);
}

/** The decoder's whole promise for any bytes: records or a DecodeError. */
function decodeOrRefuse(bytes: Uint8Array): Decoded | undefined {
  try {
    return decodeLogsProtobuf(bytes);
  } catch (error) {
    assert.ok(error instanceof DecodeError, String(error));
    assert.ok(error.offset >= 0 && error.offset <= bytes.length, error.message);
    return undefined;
  }
}

describe("protobuf, beside protobufjs with the official .proto files", () => {
  test("any request that the schema allows is read the same", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const bytes = encodeRequest(randomRequest(seed));
        assert.deepEqual(records(decodeLogsProtobuf(bytes)), expectedRecords(decodeRequest(bytes)));
      }),
      { numRuns: 500 },
    );
  });

  test("field order, unknown fields and groups, long varints and overwritten fields make no difference", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const request = randomRequest(seed);
        const noisy = encodeNoisily(ExportLogsServiceRequest, request, seededRandom(seed));
        assert.deepEqual(records(decodeLogsProtobuf(noisy)), expectedRecords(request));
      }),
      { numRuns: 500 },
    );
  });

  test("a Buffer in the middle of a larger one is read like bytes of their own", () => {
    const bytes = encodeRequest(auditRequest({ seed: 3, records: 40 }));
    const larger = Buffer.concat([Buffer.from([1, 2, 3]), bytes, Buffer.from([4])]);
    assert.deepEqual(decodeLogsProtobuf(larger.subarray(3, -1)), decodeLogsProtobuf(bytes));
  });

  test("a resource, scope, body or value in pieces is the pieces joined", () => {
    fc.assert(
      fc.property(seeds, seeds, (first, second) => {
        const [a, b] = [piece(first), piece(second)];
        const bytes = lengthField(1, [
          ...lengthField(1, a.resource),
          ...lengthField(2, [
            ...lengthField(1, a.scope),
            ...lengthField(2, [...a.record, ...b.record]),
            ...lengthField(1, b.scope),
          ]),
          ...lengthField(1, b.resource),
        ]);
        const joined = lengthField(1, [
          ...lengthField(1, [...a.resource, ...b.resource]),
          ...lengthField(2, [...lengthField(1, [...a.scope, ...b.scope]), ...lengthField(2, [...a.record, ...b.record])]),
        ]);
        assert.deepEqual(
          records(decodeLogsProtobuf(Uint8Array.from(bytes))),
          records(decodeLogsProtobuf(Uint8Array.from(joined))),
        );
      }),
    );
  });
});

/** Parts of a random request, each as bytes; empty where there is none. */
function piece(seed: number): { resource: Uint8Array; scope: Uint8Array; record: Uint8Array } {
  const group = randomRequest(seed).resourceLogs?.[0];
  const scopeLogs = group?.scopeLogs?.[0];
  return {
    resource: encodeMessage(messageType("resource.v1.Resource"), group?.resource ?? {}),
    scope: encodeMessage(messageType("common.v1.InstrumentationScope"), scopeLogs?.scope ?? {}),
    record: encodeMessage(messageType("logs.v1.LogRecord"), scopeLogs?.logRecords?.[0] ?? {}),
  };
}

describe("protobuf, hostile", () => {
  test("any bytes give records or a DecodeError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeOrRefuse(bytes);
        decodeOrRefuse(Uint8Array.from(lengthField(1, lengthField(2, lengthField(2, bytes)))));
      }),
      { numRuns: 3_000 },
    );
  });

  test("a request cut anywhere gives records or a DecodeError, and only the records before the cut", () => {
    const request: OtlpRequest = randomRequest(7_003);
    const bytes = encodeRequest({
      resourceLogs: [...(request.resourceLogs ?? []), ...auditRequest({ seed: 1, records: 3 }).resourceLogs!],
    });
    const whole = records(decodeLogsProtobuf(bytes));
    for (let length = 0; length < bytes.length; length++) {
      const decoded = decodeOrRefuse(bytes.slice(0, length));
      if (decoded) assert.deepEqual(records(decoded), whole.slice(0, decoded.records.length), `cut at ${length}`);
    }
  });

  test("any bytes in place of a record leave its neighbours as they are", () => {
    const [before, after] = auditRequest({ seed: 2, records: 2 }).resourceLogs![0]!.scopeLogs![0]!.logRecords!;
    const type = messageType("logs.v1.LogRecord");
    const [head, tail] = [encodeMessage(type, before!), encodeMessage(type, after!)];
    const alone = records(
      decodeLogsProtobuf(Uint8Array.from(lengthField(1, lengthField(2, [...lengthField(2, head), ...lengthField(2, tail)])))),
    );
    const mutated = fc.tuple(fc.nat(head.length - 1), fc.nat(255)).map(([at, byte]) => head.with(at, byte));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), mutated), (middle) => {
        const group = [...lengthField(2, head), ...lengthField(2, middle), ...lengthField(2, tail)];
        const { records: decoded } = decodeLogsProtobuf(Uint8Array.from(lengthField(1, lengthField(2, group))));
        assert.equal(decoded.length, 3);
        assert.deepEqual([decoded[0]!.record, decoded[2]!.record], alone);
        const { record, raw } = decoded[1]!;
        if (record.quarantine === undefined) assert.equal(raw, undefined);
        else assert.deepEqual(raw, middle);
      }),
      { numRuns: 2_000 },
    );
  });

  test("a byte changed anywhere in a request gives records or a DecodeError", () => {
    const bytes = encodeRequest(auditRequest({ seed: 5, records: 1 }));
    for (let at = 0; at < bytes.length; at++)
      for (const flip of [0x01, 0x80, 0xff]) decodeOrRefuse(bytes.with(at, bytes[at]! ^ flip));
  });
});
