import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EMPTY_SCOPE, formatHead, formatLine, formatTail, type LogRecord, maxHeadBytes, Ref, type Value } from "@proofline/event";
import { recordWith } from "./arbitrary.ts";

const prev = `${"A".repeat(43)}=`;
const header = { log: "audit.example.com/prod-0", seq: 41, prev, received: 1795209243123456789n };

describe("the head", () => {
  test("has a fixed layout and ends in a comma", () => {
    assert.equal(
      formatHead(header),
      `{"v":1,"log":"audit.example.com/prod-0","seq":41,"prev":"${prev}","received":"2026-11-20T21:14:03.123456789Z",`,
    );
  });

  test("is never longer than maxHeadBytes, which the longest one reaches", () => {
    for (const log of ["a", 'é"\n', "\u{1f600}/x"]) {
      const longest = formatHead({ log, seq: Number.MAX_SAFE_INTEGER, prev, received: 2n ** 64n - 1n });
      assert.equal(Buffer.byteLength(longest), maxHeadBytes(log));
    }
  });

  test("refuses what a reader would refuse", () => {
    const wrong = [
      { log: "" },
      { log: "\ud800" },
      { seq: -1 },
      { seq: 2 ** 53 },
      { seq: 0.5 },
      { prev: "" },
      { prev: `${"A".repeat(42)}B=` },
    ];
    for (const part of wrong) assert.throws(() => formatHead({ ...header, ...part }), { code: "INVALID_RECORD" });
    assert.throws(() => formatHead({ ...header, received: -1n }), { code: "INVALID_TIME" });
  });
});

describe("the tail", () => {
  test("of a record with nothing but an id is the id", () => {
    assert.equal(formatTail(recordWith({})), '"id":"r1"}');
    assert.equal(formatLine({ ...header, ...recordWith({}) }), `${formatHead(header)}"id":"r1"}`);
  });

  test("has all fields in their order", () => {
    const attributes = new Map<string, Value>([["k", 1]]);
    const full = recordWith({
      event: "e",
      time: 1n,
      observed: 2n,
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
      flags: 1,
      severity: 9,
      severityText: "INFO",
      attributes,
      droppedAttributes: 3,
      body: "b",
      scope: { name: "n", version: "v", schemaUrl: "s", attributes, droppedAttributes: 4 },
      resource: { schemaUrl: "rs", attributes, droppedAttributes: 5 },
      redactions: [
        { path: "p", rule: "r", action: "mask", policy: "v1" },
        { path: "p", rule: "r", action: "drop", policy: "" },
      ],
      producer: { stream: "s", number: 17, end: true },
      writer: "billing",
      notes: [{ path: "id", note: "assigned" }],
      quarantine: { code: "MALFORMED", reason: "why", bytes: new Ref("0".repeat(64), 0) },
    });
    assert.equal(
      formatTail(full),
      '"id":"r1","event":"e","time":"1970-01-01T00:00:00.000000001Z","observed":"1970-01-01T00:00:00.000000002Z",' +
        '"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","flags":1,"severity":9,"severity_text":"INFO",' +
        '"attributes":{"k":1},"dropped_attributes":3,"body":"b",' +
        '"scope":{"name":"n","version":"v","schema_url":"s","attributes":{"k":1},"dropped_attributes":4},' +
        '"resource":{"k":1},"resource_schema_url":"rs","resource_dropped_attributes":5,' +
        '"redactions":[{"path":"p","rule":"r","action":"mask","policy":"v1"},{"path":"p","rule":"r","action":"drop"}],' +
        '"producer":{"stream":"s","number":17,"end":true},"writer":"billing","notes":[{"path":"id","note":"assigned"}],' +
        `"quarantine":{"code":"MALFORMED","reason":"why","bytes":{"$ref":"sha256:${"0".repeat(64)}","bytes":0}}}`,
    );
  });

  test("a body that is set to the empty AnyValue is null, an unset one is absent", () => {
    assert.equal(formatTail(recordWith({ body: null })), '"id":"r1","body":null}');
  });

  test("a scope or resource seen before is spelled the same again, and another one is not mistaken for it", () => {
    const scopes = ["a", "b", "a"].map((name) => ({ ...EMPTY_SCOPE, name }));
    const tails = [...scopes, scopes[0]!].map((scope) => formatTail(recordWith({ scope })));
    assert.deepEqual(
      tails,
      ["a", "b", "a", "a"].map((name) => `"id":"r1","scope":{"name":"${name}"}}`),
    );
  });

  const outside: [string, Partial<LogRecord>][] = [
    ["an empty id", { id: "" }],
    ["a short trace id", { traceId: "ab" }],
    ["an upper-case trace id", { traceId: "A".repeat(32) }],
    ["an all-zero trace id", { traceId: "0".repeat(32) }],
    ["an all-zero span id", { spanId: "0".repeat(16) }],
    ["flags above 255", { flags: 256 }],
    ["a severity beyond int32", { severity: 2 ** 31 }],
    ["a negative count", { droppedAttributes: -1 }],
    ["a producer number of 0", { producer: { stream: "s", number: 0 } }],
    ["a producer without a stream", { producer: { stream: "", number: 1 } }],
    ["quarantined bytes in the line", { quarantine: { code: "MALFORMED", reason: "", bytes: "x" } }],
  ];
  for (const [what, some] of outside)
    test(`${what} is refused with INVALID_RECORD`, () =>
      assert.throws(() => formatTail(recordWith(some)), { code: "INVALID_RECORD" }));
});
