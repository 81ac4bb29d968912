// Bodies made to exhaust time, stack or memory. Each must end in quarantine or a DecodeError; the runner's own time limit is the clock.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodeLogsJson, decodeLogsProtobuf } from "@proofline/receiver";
import { decodeJson, decodeJsonRecord, decodeRecord, requestOf, understood } from "./build.ts";
import { varint } from "./noisy-encoder.ts";

const LEVELS = 100_000;

/** Messages in each other, each the only field of the one around it: the tags of `outer`, then those of `cycle` again and again. */
function nest(outer: readonly number[], cycle: readonly number[], levels: number): Uint8Array {
  const tags = [...outer, ...Array.from({ length: levels }, (_, level) => cycle[level % cycle.length]!)];
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (const tag of tags.reverse()) {
    const head = Uint8Array.from([tag, ...varint(length)]);
    pieces.push(head);
    length += head.length;
  }
  return Buffer.concat(pieces.reverse());
}

describe("a hundred thousand levels", () => {
  const body = [0x2a];
  const attribute = [0x32, 0x12];
  /** AnyValue.array_value, ArrayValue.values. */
  const arrays = [0x2a, 0x0a];
  /** AnyValue.kvlist_value, KeyValueList.values, KeyValue.value. */
  const maps = [0x32, 0x0a, 0x12];

  test("of protobuf arrays and maps in a body or an attribute are TOO_DEEP", () => {
    for (const outer of [body, attribute]) {
      for (const cycle of [arrays, maps]) {
        const bytes = nest(outer, cycle, LEVELS);
        const { record, raw } = decodeRecord(bytes);
        assert.equal(record.quarantine?.code, "TOO_DEEP");
        assert.deepEqual(raw, Uint8Array.from(bytes));
      }
    }
  });

  test("of protobuf groups are TOO_DEEP, in a record and in the envelope", () => {
    const groups = Buffer.alloc(LEVELS, 0x7b);
    assert.equal(decodeRecord(groups).record.quarantine?.code, "TOO_DEEP");
    assert.throws(() => decodeLogsProtobuf(groups), { code: "TOO_DEEP" });
  });

  test("of an unknown protobuf field are skipped", () => {
    const unknown = nest([], [0x7a], LEVELS);
    assert.equal(understood(decodeRecord(unknown)).body, undefined);
  });

  test("of JSON values are TOO_DEEP", () => {
    const open = '{"arrayValue":{"values":[';
    const { record, raw } = decodeJsonRecord(`{"body":${open.repeat(LEVELS)}${"]}}".repeat(LEVELS)}}`);
    assert.equal(record.quarantine?.code, "TOO_DEEP");
    assert.equal(raw?.length, 9 + 28 * LEVELS);
  });

  test("of JSON brackets are refused without an end, skipped in an unknown member, and no request by themselves", () => {
    for (const bracket of ["[", '{"a":', '{"resourceLogs":['])
      assert.throws(() => decodeJson(bracket.repeat(LEVELS)), { code: "BAD_JSON" });
    const whole = "[".repeat(LEVELS) + "]".repeat(LEVELS);
    assert.equal(understood(decodeJsonRecord(`{"unknown":${whole}}`)).body, undefined);
    assert.throws(() => decodeJson(whole), { code: "WRONG_SHAPE" });
    assert.throws(() => decodeJson(`{"resourceLogs":[{"schemaUrl":${whole}}]}`), { code: "WRONG_SHAPE" });
    assert.equal(decodeJsonRecord(`{"attributes":${whole}}`).record.quarantine?.code, "MALFORMED");
  });
});

describe("millions of nothing", () => {
  const MIB = 2 ** 20;

  test("in protobuf stop at a limit", () => {
    const pairs = (tag: number, mib: number): Buffer => Buffer.alloc(mib * MIB, Buffer.from([tag, 0]));
    assert.throws(() => decodeLogsProtobuf(pairs(0x0a, 4)), { code: "TOO_MANY_RECORDS" });
    assert.throws(() => decodeLogsProtobuf(requestOf({ records: [] }).with(0, 0)), { code: "BAD_TAG" });
    const records = pairs(0x12, 4);
    const scopeLogs = Buffer.concat([Uint8Array.from([0x12, ...varint(records.length)]), records]);
    const wrapped = Buffer.concat([Uint8Array.from([0x0a, ...varint(scopeLogs.length)]), scopeLogs]);
    assert.throws(() => decodeLogsProtobuf(wrapped), { code: "TOO_MANY_RECORDS" });
    assert.equal(decodeRecord(pairs(0x32, 1)).record.quarantine?.code, "TOO_LARGE");
    const items = pairs(0x0a, 1);
    const list = Buffer.concat([Uint8Array.from([0x2a, ...varint(items.length)]), items]);
    assert.equal(
      decodeRecord(Buffer.concat([Uint8Array.from([0x2a, ...varint(list.length)]), list])).record.quarantine?.code,
      "TOO_LARGE",
    );
  });

  test("in JSON stop at a limit", () => {
    const list = (item: string): string => `[${`${item},`.repeat(MIB)}${item}]`;
    assert.throws(() => decodeJson(`{"resourceLogs":${list("{}")}}`), { code: "TOO_MANY_RECORDS" });
    assert.throws(() => decodeJson(`{"resourceLogs":[{"scopeLogs":[{"logRecords":${list("{}")}}]}]}`), {
      code: "TOO_MANY_RECORDS",
    });
    assert.equal(decodeJsonRecord(`{"attributes":${list("{}")}}`).record.quarantine?.code, "TOO_LARGE");
    assert.equal(decodeJsonRecord(`{"body":{"arrayValue":{"values":${list("{}")}}}}`).record.quarantine?.code, "TOO_LARGE");
  });

  test("escapes in one JSON string are one string", () => {
    assert.equal(understood(decodeJsonRecord(`{"body":{"stringValue":"${"\\n".repeat(MIB)}"}}`)).body, "\n".repeat(MIB));
  });

  test("broken records under one large broken resource do not multiply its bytes", () => {
    const resource = Buffer.alloc(MIB, 0xff);
    const { records } = decodeLogsProtobuf(requestOf({ resource, records: Array.from({ length: 1_000 }, () => [0xff]) }));
    assert.equal(records.length, 1_000);
    assert.ok(records.reduce((sum, { raw }) => sum + (raw?.length ?? 0), 0) < MIB + 10_000);
    const json = `{"resourceLogs":[{"resource":"${"x".repeat(MIB)}","scopeLogs":[{"logRecords":[${Array(1_000).fill("1").join()}]}]}]}`;
    const raws = decodeLogsJson(Buffer.from(json)).records.map(({ raw }) => raw?.length ?? 0);
    assert.ok(raws.reduce((sum, length) => sum + length) < MIB + 10_000);
  });
});
