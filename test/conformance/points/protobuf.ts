// protobuf.ts: points 31 to 35: OTLP in protobuf, over HTTP and gRPC, down to the bytes.

import assert from "node:assert/strict";
import type { Line } from "@proofline/event";
import { Double } from "@proofline/event";
import { lengthField, varint } from "../../../packages/receiver/test/decode/noisy-encoder.ts";
import { request, toJson } from "../../../packages/receiver/test/support/otlp.ts";
import type { TestReceiver } from "../../../packages/receiver/test/support/receiver.ts";
import type { Case } from "../case.ts";
import { emit } from "../emit.ts";
import { linesOf } from "../lines.ts";
import type { Point } from "../suite.ts";

const text = (value: string): number[] => [...Buffer.from(value)];
/** AnyValue.string_value. */
const string = (value: string): number[] => lengthField(1, text(value));
const keyValue = (key: string, value: number[]): number[] => [...lengthField(1, text(key)), ...lengthField(2, value)];
const attribute = (key: string, value: number[]): number[] => lengthField(6, keyValue(key, value));
const eventName = (name: string): number[] => lengthField(12, text(name));
const fixed64 = (field: number, value: bigint): number[] => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return [...varint(field * 8 + 1), ...bytes];
};
const fixed32 = (field: number, value: number): number[] => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return [...varint(field * 8 + 5), ...bytes];
};

/** One record under nothing, over HTTP and gRPC. @returns its two lines, alike but for what the receiver gives them */
async function lineOf(c: Case, r: TestReceiver, record: number[]): Promise<Line> {
  const body = Uint8Array.from(lengthField(1, lengthField(2, lengthField(2, record))));
  for (const said of await c.protobuf(r, body)) assert.ok(said.ok, said.message);
  const [http, grpc] = (await linesOf(r)).slice(-2);
  assert.deepEqual({ ...grpc, id: "", seq: 0, prev: "", received: 0n }, { ...http, id: "", seq: 0, prev: "", received: 0n });
  return grpc!;
}

export const protobufPoints: readonly Point[] = [
  {
    number: 31,
    requirement: "unknown fields are ignored, repeated singular messages merged, the last of a oneof wins",
    answer:
      "does so, reserved and newer fields included (a value by `string_value_strindex` or a key by `key_strindex` is as absent); a known field of another wire type is no newer protocol but quarantine",
    async check(c) {
      const r = await c.start();
      const unknown = [
        ...lengthField(4, text("reserved")),
        ...lengthField(1000, [1, 2]),
        ...varint(200 * 8),
        1,
        ...fixed64(99, 1n),
        ...fixed32(98, 1),
      ];
      const group = [...varint(77 * 8 + 3), ...lengthField(1, [1]), ...varint(77 * 8 + 4)];
      const body = [
        ...lengthField(5, lengthField(6, lengthField(1, keyValue("a", string("1"))))),
        ...lengthField(5, lengthField(6, lengthField(1, keyValue("b", string("2"))))),
      ];
      const oneof = [...string("first"), ...varint(2 * 8), 1, ...string("last")];
      const strindex = [...varint(8 * 8), 5];
      const keyed = lengthField(6, [...varint(3 * 8), 7, ...lengthField(2, string("v"))]);
      const line = await lineOf(c, r, [
        ...unknown,
        ...eventName("earlier"),
        ...body,
        ...attribute("oneof", oneof),
        ...group,
        ...attribute("strindex", strindex),
        ...keyed,
        ...eventName("e"),
        ...unknown,
      ]);
      assert.equal(line.quarantine, undefined);
      assert.equal(line.event, "e");
      assert.deepEqual(
        [...(line.body as Map<string, unknown>)],
        [
          ["a", "1"],
          ["b", "2"],
        ],
      );
      assert.deepEqual(
        [...line.attributes],
        [
          ["oneof", "last"],
          ["strindex", null],
          ["", "v"],
        ],
      );
      // Packed numbers where a newer message may have them, and fields of the request itself.
      const whole = [
        ...lengthField(1000, [1]),
        ...lengthField(1, [...lengthField(1000, varint(1)), ...lengthField(2, lengthField(2, eventName("x")))]),
      ];
      for (const said of await c.protobuf(r, Uint8Array.from(whole))) assert.ok(said.ok);
      assert.equal((await linesOf(r)).at(-1)!.event, "x");
      const wrongType = await lineOf(c, r, [...varint(12 * 8), 1]);
      assert.match(wrongType.quarantine!.reason, /wire type/);
    },
  },
  {
    number: 32,
    requirement:
      "times are unsigned 64-bit numbers; only eight bits of flags are the flags; dropped attributes mean something is missing",
    answer: "keeps times to the nanosecond up to 2^64-1, masks flags with 0xff, writes and counts dropped attributes",
    async check(c) {
      const r = await c.start();
      const time = 2n ** 64n - 1n;
      const line = await lineOf(c, r, [
        ...fixed64(1, time),
        ...fixed64(11, 1_795_209_243_123_456_789n),
        ...fixed32(8, 0xffff_ff03),
        ...varint(7 * 8),
        5,
      ]);
      assert.deepEqual([line.time, line.observed, line.flags, line.droppedAttributes], [time, 1_795_209_243_123_456_789n, 3, 5]);
      assert.match(await r.metrics(), /proofline_record_attributes_dropped_total 10/);
      assert.equal((await lineOf(c, r, fixed32(8, 0x100))).flags, 0);
    },
  },
  {
    number: 33,
    requirement: "a time of 0 is unknown",
    answer:
      "leaves unknown times out of the line and invents none: `received` is the receiver's own clock, `observed` stays what the sender said",
    async check(c) {
      const r = await c.start();
      const none = await lineOf(c, r, [...fixed64(1, 0n), ...fixed64(11, 0n), ...eventName("e")]);
      const observed = await lineOf(c, r, [...fixed64(11, 7n), ...eventName("e")]);
      assert.deepEqual([none.time, none.observed, observed.time, observed.observed], [0n, 0n, 0n, 7n]);
      assert.ok(none.received > 1_700_000_000_000_000_000n && observed.received > none.received);
      for (const text of await r.lines()) if (text.includes('"event":"e"')) assert.doesNotMatch(text, /"time":/);
      assert.ok((await c.json(r, toJson(request({ timeUnixNano: "0" })))).ok);
      assert.equal((await linesOf(r)).at(-1)!.time, 0n);
    },
  },
  {
    number: 34,
    requirement: "severity 0 is allowed; an event name is at most 256 characters long by recommendation",
    answer: "takes records without a severity, with one that the enum does not have, and with longer event names",
    async check(c) {
      const r = await c.start();
      const long = "n".repeat(3000);
      const line = await lineOf(c, r, [...varint(2 * 8), 0, ...eventName(long)]);
      assert.deepEqual([line.severity, line.event, line.quarantine], [0, long, undefined]);
      assert.equal((await lineOf(c, r, [...varint(2 * 8), ...varint(-1)])).severity, -1);
      assert.equal((await lineOf(c, r, [])).severity, 0);
    },
  },
  {
    number: 35,
    requirement: "schema URL, scope and resource belong to the record",
    answer: "writes them into each record's line, before it is hashed",
    async check(c) {
      const r = await c.start();
      const scope = lengthField(1, [
        ...lengthField(1, text("s")),
        ...lengthField(2, text("1")),
        ...lengthField(3, keyValue("sa", string("sv"))),
      ]);
      const scopeLogs = (name: string): number[] =>
        lengthField(2, [
          ...scope,
          ...lengthField(2, eventName(name)),
          ...lengthField(2, eventName(`${name}2`)),
          ...lengthField(3, text("scope-url")),
        ]);
      const resource = (name: string): number[] =>
        lengthField(1, [
          ...lengthField(1, lengthField(1, keyValue("service.name", string(name)))),
          ...scopeLogs(name),
          ...lengthField(3, text("resource-url")),
        ]);
      for (const said of await c.protobuf(r, Uint8Array.from([...resource("a"), ...resource("b")]))) assert.ok(said.ok);
      const lines = await linesOf(r);
      assert.deepEqual(
        lines.map((line) => [line.event, line.resource.attributes.get("service.name")]),
        ["a", "a2", "b", "b2", "a", "a2", "b", "b2"].map((event) => [event, event.charAt(0)]),
      );
      for (const line of lines) {
        assert.deepEqual(
          [line.resource.schemaUrl, line.scope.schemaUrl, line.scope.name, line.scope.version],
          ["resource-url", "scope-url", "s", "1"],
        );
        assert.equal(line.scope.attributes.get("sa"), "sv");
      }
      assert.ok((await emit(c.exporter(r, "JS grpc"), 1, "g")).ok);
      const line = (await linesOf(r)).at(-1)!;
      assert.deepEqual(
        [line.scope.name, line.scope.version, line.scope.schemaUrl],
        ["invoices.audit", "1.2.3", "https://example.com/schema"],
      );
      assert.deepEqual((line.body as Map<string, unknown>).get("amount"), new Double(12.5));
    },
  },
];
