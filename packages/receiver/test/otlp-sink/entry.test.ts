import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  Double,
  emptyRecord,
  type Fields,
  formatLine,
  type Line,
  type LogRecord,
  liftAudit,
  parseLine,
  Ref,
  type Value,
} from "@proofline/event";
import { hashToBase64, leafHash } from "@proofline/tlog";
import fc from "fast-check";
import { line as anyLine } from "../../../event/test/arbitrary.ts";
import { decodeLogsProtobuf } from "../../src/decode/protobuf.ts";
import { EntryMaker, formatRequest, type OtlpEntry } from "../../src/sinks/otlp/entry.ts";
import { nameOnward } from "../../src/sinks/otlp/marks.ts";
import { ReverseWriter } from "../../src/sinks/otlp/reverse-writer.ts";
import { writeFields } from "../../src/sinks/otlp/value.ts";

function entry(line: Line, maker = new EntryMaker({ line: true })): OtlpEntry {
  const made = maker.entryFor(line.seq, Buffer.from(formatLine(line)));
  assert.ok("record" in made);
  return made;
}

function sent(...lines: Line[]): LogRecord[] {
  const maker = new EntryMaker({ line: true });
  return decodeLogsProtobuf(formatRequest(lines.map((line) => entry(line, maker)))).records.map(({ record }) => record);
}

/** What a value looks like after the journey: a reference is a map. */
function onward(value: Value): Value {
  if (value instanceof Ref)
    return new Map<string, Value>([
      ["$ref", `sha256:${value.sha256}`],
      ["bytes", value.bytes],
    ]);
  if (Array.isArray(value)) return value.map(onward);
  return value instanceof Map ? onwardFields(value) : value;
}

function onwardFields(fields: Fields): Fields {
  return new Map([...fields].map(([key, value]) => [key, onward(value)]));
}

const HASH = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
function lineWith(some: Partial<Line>): Line {
  return { ...emptyRecord(), id: "r1", log: "audit.example.com/one", seq: 41, prev: HASH, received: 7n, ...some };
}

function small(seq: number): Fields {
  return new Map<string, Value>([["text", "x".repeat(20_000 * seq)]]);
}

describe("a line sent on as a log record", () => {
  test("is read by our own decoder as the values that the line says, whatever they are", () => {
    fc.assert(
      fc.property(anyLine, (line) => {
        fc.pre(line.seq < Number.MAX_SAFE_INTEGER);
        const [record] = sent(line);
        const same = ["event", "time", "observed", "traceId", "spanId", "flags", "severity", "severityText"] as const;
        for (const field of same) assert.deepEqual(record![field], line[field], field);
        assert.equal(record!.droppedAttributes, line.droppedAttributes);
        assert.deepEqual(record!.body, line.body === undefined ? undefined : onward(line.body));
        assert.deepEqual(record!.scope, { ...line.scope, attributes: onwardFields(line.scope.attributes) });
        assert.deepEqual(record!.resource, { ...line.resource, attributes: onwardFields(line.resource.attributes) });
        for (const [name, value] of line.attributes)
          assert.deepEqual(record!.attributes.get(nameOnward(name)), onward(value), name);
        assert.deepEqual(record!.notes, []);
      }),
      { numRuns: 400 },
    );
  });

  test("carries its place, its hash and itself, and is lifted into the same record again", () => {
    const line = lineWith({
      received: 1_763_719_200_000_000_123n,
      producer: { stream: "run-1", number: 17, end: true },
      redactions: [{ path: "body", rule: "email", action: "mask", policy: "abc" }],
      writer: "billing",
      notes: [{ path: "id", note: "assigned" }],
      quarantine: { code: "MALFORMED", reason: "broken", bytes: new Ref("a".repeat(64), 9) },
    });
    const text = formatLine(line);
    const [record] = sent(line);
    assert.deepEqual(Object.fromEntries(record!.attributes), {
      "audit.record.id": "r1",
      "audit.sequence.stream_id": "audit.example.com/one",
      "audit.sequence.number": 42,
      "proofline.log": "audit.example.com/one",
      "proofline.seq": 41,
      "proofline.leaf_hash": hashToBase64(leafHash(Buffer.from(text))),
      "proofline.received": "2025-11-21T10:00:00.000000123Z",
      "proofline.producer.stream": "run-1",
      "proofline.producer.number": 17,
      "proofline.producer.end": true,
      "proofline.redactions": [
        new Map([
          ["path", "body"],
          ["rule", "email"],
          ["action", "mask"],
          ["policy", "abc"],
        ]),
      ],
      "proofline.writer": "billing",
      "proofline.notes": [
        new Map([
          ["path", "id"],
          ["note", "assigned"],
        ]),
      ],
      "proofline.quarantine.code": "MALFORMED",
      "proofline.quarantine.reason": "broken",
      "proofline.quarantine.ref": `sha256:${"a".repeat(64)}`,
      "proofline.quarantine.bytes": 9,
      "proofline.line": text,
    });
    liftAudit(record!);
    assert.equal(record!.id, "r1");
    assert.deepEqual(record!.producer, { stream: "audit.example.com/one", number: 42 });
    assert.deepEqual(record!.redactions, line.redactions);
  });

  test("the line goes along byte for byte, or not at all when that is not wanted", () => {
    const line = lineWith({ body: 'é😀\u2028 "x" \\ \u0001' });
    assert.equal(sent(line)[0]!.attributes.get("proofline.line"), formatLine(line));
    const bare = new EntryMaker({ line: false }).entryFor(41, Buffer.from(formatLine(line))) as OtlpEntry;
    const [record] = decodeLogsProtobuf(formatRequest([bare])).records;
    assert.equal(record!.record.attributes.has("proofline.line"), false);
  });

  test("int64, doubles, bytes and empty values keep their types", () => {
    const attributes = new Map<string, Value>([
      ["max", 2n ** 63n - 1n],
      ["min", -(2n ** 63n)],
      ["minus", -1],
      ["one", 1],
      ["double", new Double(1)],
      ["nan", new Double(Number.NaN)],
      ["-0", new Double(-0)],
      ["bytes", new Uint8Array([0, 255])],
      ["null", null],
      ["list", [null, [], new Map()]],
    ]);
    const [record] = sent(lineWith({ attributes, body: null }));
    for (const [name, value] of attributes) assert.deepEqual(record!.attributes.get(name), value, name);
    assert.equal(record!.body, null);
  });

  test("an attribute that we need the name of is moved aside, over any number of logs, and no two names become one", () => {
    const hop = "proofline.upstream.";
    assert.equal(nameOnward("proofline.log"), `${hop}log`);
    assert.equal(nameOnward(`${hop}log`), `${hop}upstream.log`);
    assert.equal(nameOnward("audit.record.id"), `${hop}audit.record.id`);
    assert.equal(nameOnward("proofline.workflow.id"), "proofline.workflow.id");
    const names = fc.constantFrom("proofline.", "audit.", "upstream.", "log", "record.id", "sequence.number", "line", "x");
    const name = fc.array(names, { maxLength: 5 }).map((parts) => parts.join(""));
    fc.assert(fc.property(name, name, (a, b) => a === b || nameOnward(a) !== nameOnward(b)));
  });

  test("neighbours of one resource and scope share an envelope, and every record keeps its place", () => {
    const resource = (name: string) => ({ schemaUrl: "", attributes: new Map([["service.name", name]]), droppedAttributes: 0 });
    const lines = ["a", "a", "b", "a", "a"].map((name, seq) => lineWith({ seq, id: `r${seq}`, resource: resource(name) }));
    const records = sent(...lines);
    assert.deepEqual(
      records.map((r) => [r.attributes.get("proofline.seq"), r.resource.attributes.get("service.name")]),
      lines.map(({ seq, resource: r }) => [seq, r.attributes.get("service.name")]),
    );
    const alone = lines.reduce((sum, line) => sum + formatRequest([entry(line)]).length, 0);
    const maker = new EntryMaker({ line: true });
    assert.ok(formatRequest(lines.map((line) => entry(line, maker))).length < alone);
    assert.equal(new Set(records.map((r) => r.resource)).size, 3);
  });

  test("values of every type survive wherever the writer has to make room", () => {
    const attributes = new Map<string, Value>();
    for (let i = 0; i < 400; i += 1) {
      const values: Value[] = [new Double(i), -i - 1, new Uint8Array(i), "x".repeat(i * 7), i % 2 === 0];
      attributes.set(`a${i}`, values);
    }
    const [record] = decodeLogsProtobuf(
      formatRequest([0, 1, 2].map((seq) => entry(lineWith({ seq, attributes: small(seq) })))),
    ).records;
    assert.equal(record!.record.attributes.get("proofline.seq"), 0);
    const w = new ReverseWriter();
    writeFields(w, attributes, 0x32);
    const body = new ReverseWriter();
    body.raw(w.take());
    for (const tag of [0x12, 0x12, 0x0a]) body.field(tag, 0);
    assert.deepEqual(decodeLogsProtobuf(body.take()).records[0]!.record.attributes, attributes);
  });

  test("any bytes are an entry, or a reason why not", () => {
    const maker = new EntryMaker({ line: true });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const made = maker.entryFor(3, bytes);
        assert.ok("unsendable" in made && made.unsendable.startsWith("this is not a line"));
      }),
    );
    assert.equal(parseLine(Buffer.from(formatLine(lineWith({})))).seq, 41);
  });
});
