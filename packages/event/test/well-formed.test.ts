import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatLine, formatTail, type LogRecord, parseLine, type Value } from "@proofline/event";
import fc from "fast-check";
import { line, recordWith } from "./arbitrary.ts";

const header = { log: "l", seq: 0, prev: `${"A".repeat(43)}=`, received: 1n };
const roundTrip = (r: LogRecord): LogRecord => parseLine(Buffer.from(formatLine({ ...header, ...r })));

describe("a lone surrogate becomes U+FFFD, and the same line says where", () => {
  const bad = "a\udc00b";
  const good = "a\ufffdb";
  const rows: [string, Partial<LogRecord>, string][] = [
    ["id", { id: bad }, "id"],
    ["event", { event: bad }, "event"],
    ["severity text", { severityText: bad }, "severity_text"],
    ["an attribute", { attributes: new Map([["k", bad]]) }, "attributes.k"],
    ["a key", { attributes: new Map([[bad, 1]]) }, `attributes.${good}`],
    ["a list in a map in the body", { body: new Map<string, Value>([["m", [1, bad]]]) }, "body.m[1]"],
    ["the body", { body: bad }, "body"],
    [
      "the scope's name",
      { scope: { name: bad, version: "", schemaUrl: "", attributes: new Map(), droppedAttributes: 0 } },
      "scope.name",
    ],
    ["the resource", { resource: { schemaUrl: "", attributes: new Map([["r", bad]]), droppedAttributes: 0 } }, "resource.r"],
    ["the schema url", { resource: { schemaUrl: bad, attributes: new Map(), droppedAttributes: 0 } }, "resource_schema_url"],
    ["the producer", { producer: { stream: bad, number: 1 } }, "producer.stream"],
  ];
  for (const [what, some, path] of rows)
    test(what, () => {
      const read = roundTrip(recordWith(some));
      assert.deepEqual(read.notes, [{ path, note: "replaced_characters" }]);
      assert.ok(formatTail(read).includes(good));
    });

  test("two keys that become the same are a repeated key", () => {
    const attributes = new Map<string, Value>([
      ["\ud800", 1],
      ["x", 2],
      ["\udfff", 3],
    ]);
    const read = roundTrip(recordWith({ attributes }));
    assert.deepEqual([...read.attributes], [["\ufffd", 3], ["x", 2]]); // biome-ignore format: a table
    assert.deepEqual(
      read.notes.map(({ note }) => note),
      ["duplicate_key", "replaced_characters"],
    );
  });

  test("the record itself is not changed", () => {
    const record = recordWith({ body: bad });
    formatTail(record);
    assert.equal(record.body, bad);
    assert.deepEqual(record.notes, []);
  });

  test("wherever it stands, the line is well-formed and can be read", () => {
    const illFormed = line.map((l) => ({
      ...l,
      event: `${l.event}\ud800`,
      attributes: new Map([...l.attributes, ["\udfff", "\ud800\ud800"] as const]),
    }));
    fc.assert(
      fc.property(illFormed, (l) => {
        const spelled = formatLine(l);
        assert.ok(spelled.isWellFormed());
        assert.equal(formatLine(parseLine(Buffer.from(spelled))), spelled);
      }),
    );
  });
});
