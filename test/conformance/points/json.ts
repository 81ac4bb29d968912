// json.ts: points 22 to 30: OTLP/JSON, and what JSON can say that protobuf cannot.

import assert from "node:assert/strict";
import { Double, type Line } from "@proofline/event";
import { auditRecord, request, toJson, toProtobuf } from "../../../packages/receiver/test/support/otlp.ts";
import type { TestReceiver } from "../../../packages/receiver/test/support/receiver.ts";
import type { Case } from "../case.ts";
import { emit } from "../emit.ts";
import { linesOf, textsOf } from "../lines.ts";
import type { Point } from "../suite.ts";

/** Sends LogRecords given as JSON text in one request. @returns their lines */
async function recordLines(c: Case, r: TestReceiver, ...records: (string | Buffer)[]): Promise<Line[]> {
  const before = (await linesOf(r)).length;
  const pieces = records.flatMap((record, i) => (i === 0 ? [Buffer.from(record)] : [Buffer.from(","), Buffer.from(record)]));
  const body = Buffer.concat([Buffer.from('{"resourceLogs":[{"scopeLogs":[{"logRecords":['), ...pieces, Buffer.from("]}]}]}")]);
  const said = await c.json(r, body);
  assert.ok(said.ok, said.message);
  const lines = (await linesOf(r)).slice(before);
  assert.equal(lines.length, records.length);
  return lines;
}

const withValue = (value: string): string => `{"attributes":[{"key":"k","value":${value}}]}`;

export const jsonPoints: readonly Point[] = [
  {
    number: 22,
    requirement: "lowerCamelCase names only; unknown fields are ignored",
    answer: "ignores unknown members at every level, and names in snake_case are unknown",
    async check(c) {
      const r = await c.start();
      const body = `{"x":[1,{"y":null}],"resource_logs":[{}],"resourceLogs":[{"x":1,"resource":{"attributes":[{"key":"a","x":1,"value":
        {"stringValue":"b","x":{}}}],"x":1},"scopeLogs":[{"x":1,"scope":{"name":"n","x":1},"logRecords":[{"x":1,"eventName":"e",
        "event_name":"not this","time_unix_nano":"1","severity_number":9}]}]}]}`;
      assert.ok((await c.json(r, body)).ok);
      const [line] = await linesOf(r);
      assert.deepEqual([line!.event, line!.time, line!.severity, line!.scope.name], ["e", 0n, 0, "n"]);
      assert.equal(line!.resource.attributes.get("a"), "b");
      assert.equal(line!.quarantine, undefined);
    },
  },
  {
    number: 23,
    requirement: "traceId and spanId are hex, not base64",
    answer: "reads hex of any case; an id that is empty, all zero or of another length is none, and no error",
    async check(c) {
      const r = await c.start();
      const ids = (trace: string, span: string): string => `{"traceId":"${trace}","spanId":"${span}"}`;
      const none = ["", "0".repeat(32), "5b8a", "5".repeat(34)].map((trace) => ids(trace, "0".repeat(16)));
      const upper = ids("5B8AA5A2D2C872E8321CF37308D69DF2", "051581BF3CB55C13");
      const lines = await recordLines(c, r, upper, upper.toLowerCase().replaceAll("id", "Id"), ...none);
      for (const line of lines.slice(0, 2))
        assert.deepEqual([line.traceId, line.spanId], ["5b8aa5a2d2c872e8321cf37308d69df2", "051581bf3cb55c13"]);
      for (const line of lines.slice(2)) assert.deepEqual([line.traceId, line.spanId, line.quarantine], ["", "", undefined]);
    },
  },
  {
    number: 24,
    requirement: "other bytes are base64",
    answer: "reads the standard and the URL alphabet, with padding and without",
    async check(c) {
      const r = await c.start();
      const spellings = ["+/8=", "-_8=", "+/8", "-_8"].map((text) => withValue(`{"bytesValue":"${text}"}`));
      const lines = await recordLines(c, r, ...spellings, withValue('{"bytesValue":""}'), withValue('{"bytesValue":"*"}'));
      for (const line of lines.slice(0, 4)) assert.deepEqual(line.attributes.get("k"), Uint8Array.of(0xfb, 0xff));
      assert.deepEqual(lines[4]!.attributes.get("k"), new Uint8Array());
      assert.equal(lines[5]!.quarantine?.code, "MALFORMED");
    },
  },
  {
    number: 25,
    requirement: "enums are integers, their names are not allowed",
    answer: "puts a record with an enum's name into quarantine; a number that the enum does not have is kept",
    async check(c) {
      const r = await c.start();
      const lines = await recordLines(c, r, '{"severityNumber":"INFO"}', '{"severityNumber":9}', '{"severityNumber":77}');
      assert.equal(lines[0]!.quarantine?.code, "MALFORMED");
      assert.match(lines[0]!.quarantine!.reason, /severity/);
      assert.deepEqual([lines[1]!.severity, lines[2]!.severity], [9, 77]);
    },
  },
  {
    number: 26,
    requirement: "64-bit integers come as strings or numbers",
    answer: "reads both without loss, also numbers above 2^53; what does not fit goes into quarantine",
    async check(c) {
      const r = await c.start();
      const exact = ["1795209243123456789", '"1795209243123456789"', "9223372036854775807", "-9223372036854775808"];
      const numbers = await recordLines(c, r, ...exact.map((n) => withValue(`{"intValue":${n}}`)));
      assert.deepEqual(
        numbers.map((line) => line.attributes.get("k")),
        exact.map((n) => BigInt(n.replaceAll('"', ""))),
      );
      const times = ['"1795209243123456789"', "1795209243123456789", '"18446744073709551615"', "18446744073709551615"];
      const timed = await recordLines(c, r, ...times.map((n) => `{"timeUnixNano":${n}}`));
      assert.deepEqual(
        timed.map(({ time }) => time),
        times.map((n) => BigInt(n.replaceAll('"', ""))),
      );
      const wrong = ["9223372036854775808", '"1e3x"', "1.5", '""', "true"].map((n) => withValue(`{"intValue":${n}}`));
      for (const line of await recordLines(c, r, ...wrong, '{"timeUnixNano":-1}', '{"timeUnixNano":"18446744073709551616"}'))
        assert.equal(line.quarantine?.code, "MALFORMED");
      // The JavaScript exporter writes numbers.
      assert.ok((await emit(c.exporter(r, "JS http/json"), 3, "json")).ok);
      const line = (await linesOf(r)).at(-1)!;
      assert.equal(line.attributes.get("big"), Number.MAX_SAFE_INTEGER);
      assert.equal(Number(line.attributes.get("huge")), 2 ** 60);
    },
  },
  {
    number: 27,
    requirement: 'doubles are numbers, or "NaN", "Infinity" and "-Infinity"',
    answer:
      "reads them, and spells them so in the line; the null that the JavaScript exporter sends for all three is an empty value: nothing is guessed",
    async check(c) {
      const r = await c.start();
      const texts = ['"NaN"', '"Infinity"', '"-Infinity"', "1", "-0.0", "1e300", '"1.5"'];
      const lines = await recordLines(c, r, ...texts.map((n) => withValue(`{"doubleValue":${n}}`)));
      const expected = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, -0, 1e300, 1.5];
      for (const [i, line] of lines.entries())
        assert.ok(Object.is((line.attributes.get("k") as Double).value, expected[i]), texts[i]);
      const [none] = await recordLines(c, r, withValue('{"doubleValue":null}'));
      assert.equal(none!.attributes.get("k"), null);
      assert.match((await textsOf(r))[0]!, /"k":\{"\$double":"NaN"\}/);
      const protobuf = await emit(c.exporter(r, "JS http/protobuf"), 1, "p");
      const json = await emit(c.exporter(r, "JS http/json"), 1, "j");
      assert.ok(protobuf.ok && json.ok);
      const [fromProtobuf, fromJson] = (await linesOf(r))
        .slice(-2)
        .map((line) => (line.body as Map<string, unknown>).get("notANumber"));
      assert.deepEqual([fromProtobuf, fromJson], [new Double(Number.NaN), null]);
    },
  },
  {
    number: 28,
    requirement: "null is absent, defaults may be left out, `{}` is an empty value",
    answer: "takes null as absent in every field, and an empty or missing value as null",
    async check(c) {
      const r = await c.start();
      const names = [
        "timeUnixNano",
        "severityNumber",
        "severityText",
        "body",
        "attributes",
        "flags",
        "traceId",
        "spanId",
        "eventName",
      ];
      const nulls = `{${names.map((name) => `"${name}":null`).join()}}`;
      const lines = await recordLines(c, r, "{}", nulls, withValue("{}"), '{"attributes":[{"key":"k"}]}', withValue("null"));
      const bare = ({ time, severity, body, attributes, traceId }: Line): unknown[] => [
        time,
        severity,
        body,
        attributes.size,
        traceId,
      ];
      assert.deepEqual(bare(lines[1]!), bare(lines[0]!));
      for (const line of lines.slice(2)) assert.deepEqual([line.attributes.get("k"), line.quarantine], [null, undefined]);
      assert.ok((await c.json(r, '{"resourceLogs":[{"resource":null,"scopeLogs":null,"schemaUrl":null}]}')).ok);
      // A quoted body is one value, an absent one none.
      const [empty, absent] = await recordLines(c, r, '{"body":{}}', "{}");
      assert.deepEqual([empty!.body, absent!.body], [null, undefined]);
    },
  },
  {
    number: 29,
    requirement: "repeated keys are unpredictable",
    answer: "lets the last one win, at the place of the first, and says so in the line; `__proto__` is a key like any other",
    async check(c) {
      const r = await c.start();
      const twice =
        '{"attributes":[{"key":"k","value":{"stringValue":"1"}},{"key":"l"},{"key":"k","value":{"stringValue":"2"}}]}';
      const members = '{"eventName":"first","eventName":"second"}';
      const proto =
        '{"__proto__":{"eventName":"no"},"attributes":[{"key":"__proto__","value":{"stringValue":"p"}},{"key":"constructor"}]}';
      const [attributes, repeated, keys] = await recordLines(c, r, twice, members, proto);
      assert.deepEqual(
        [...attributes!.attributes],
        [
          ["k", "2"],
          ["l", null],
        ],
      );
      assert.ok(attributes!.notes.some(({ path, note }) => path === "attributes.k" && note === "duplicate_key"));
      assert.equal(repeated!.event, "second");
      assert.ok(repeated!.notes.some(({ path, note }) => path === "event" && note === "duplicate_key"));
      assert.deepEqual(
        [...keys!.attributes],
        [
          ["__proto__", "p"],
          ["constructor", null],
        ],
      );
      assert.equal(keys!.event, "");
      const same = request({
        eventName: "x",
        attributes: [
          { key: "k", value: { stringValue: "1" } },
          { key: "k", value: { stringValue: "2" } },
        ],
      });
      for (const said of await c.protobuf(r, toProtobuf(same))) assert.ok(said.ok);
      assert.deepEqual([...(await linesOf(r)).at(-1)!.attributes], [["k", "2"]]);
    },
  },
  {
    number: 30,
    requirement: "ill-formed Unicode, depth and counts are bounded by one rule",
    answer:
      "replaces invalid UTF-8 and lone surrogates by U+FFFD with a note, keeps NUL, and puts what is deeper than 64 levels into quarantine",
    async check(c) {
      const r = await c.start();
      const bad = Buffer.concat([Buffer.from('{"body":{"stringValue":"a'), Uint8Array.of(0xff, 0xc0), Buffer.from('z"}}')]);
      const [utf8, lone, nul] = await recordLines(
        c,
        r,
        bad,
        '{"body":{"stringValue":"a\\ud800z"}}',
        '{"body":{"stringValue":"a\\u0000z"}}',
      );
      assert.deepEqual([utf8!.body, lone!.body, nul!.body], ["a\ufffd\ufffdz", "a\ufffdz", "a\u0000z"]);
      for (const line of [utf8, lone]) assert.ok(line!.notes.some(({ path }) => path === "body"));
      const nested = (levels: number): string => (levels === 1 ? "{}" : `{"arrayValue":{"values":[${nested(levels - 1)}]}}`);
      const [fits, tooDeep] = await recordLines(c, r, withValue(nested(64)), withValue(nested(65)));
      assert.deepEqual([fits!.quarantine, tooDeep!.quarantine?.code], [undefined, "TOO_DEEP"]);
      // The same over protobuf: a string whose bytes are no UTF-8.
      const wire = toProtobuf(request(auditRecord("p", { note: "a??z" })));
      for (const said of await c.protobuf(r, Buffer.from(wire.toString("latin1").replace("a??z", "a\xff\xc0z"), "latin1")))
        assert.ok(said.ok);
      assert.equal((await linesOf(r)).at(-1)!.attributes.get("note"), "a\ufffd\ufffdz");
      const few = await c.start({ settings: { "otlp.max_records": "1" } });
      assert.equal((await c.json(few, toJson(request({}, {})))).code, 413);
    },
  },
];
