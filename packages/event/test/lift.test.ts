import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assignId, emptyRecord, formatTail, type LogRecord, liftAudit, type Note, type Value } from "@proofline/event";

const audit: [string, Value][] = [
  ["audit.actor.id", "ann"],
  ["audit.action", "APPROVE"],
  ["audit.outcome", "success"],
];

function lifted(attributes: [string, Value][], some: Partial<LogRecord> = {}): LogRecord {
  const record = { ...emptyRecord(), event: "e", ...some, attributes: new Map([...audit, ...attributes]) };
  liftAudit(record);
  return record;
}

describe("liftAudit moves what has a field of its own", () => {
  test("the record id", () => {
    const record = lifted([["audit.record.id", "r-1"]]);
    assert.equal(record.id, "r-1");
    assert.deepEqual([...record.attributes], audit);
    assert.deepEqual(record.notes, []);
  });

  test("the producer's sequence", () => {
    const record = lifted([
      ["audit.sequence.stream_id", "s"],
      ["audit.sequence.number", 17],
    ]);
    assert.deepEqual(record.producer, { stream: "s", number: 17 });
    assert.deepEqual([...record.attributes], audit);
  });

  test("the end of a sequence, only when it is one", () => {
    for (const end of [true, false]) {
      const record = lifted([
        ["audit.sequence.stream_id", "s"],
        ["audit.sequence.number", 17],
        ["audit.sequence.end", end],
      ]);
      assert.deepEqual(record.producer, end ? { stream: "s", number: 17, end } : { stream: "s", number: 17 });
      assert.deepEqual([...record.attributes], audit);
    }
  });

  test("the producer's redactions, before those of the receiver", () => {
    const own = new Map<string, Value>([
      ["path", "attributes.x"],
      ["rule", "email"],
      ["action", "token"],
    ]);
    const theirs = { path: "body", rule: "jwt", action: "mask", policy: "p" };
    const record = lifted([["proofline.redactions", [own]]], { redactions: [theirs] });
    assert.deepEqual(record.redactions, [{ path: "attributes.x", rule: "email", action: "token", policy: "" }, theirs]);
    assert.deepEqual([...record.attributes], audit);
  });

  test("notes about a moved attribute follow it", () => {
    const notes: Note[] = [{ path: "attributes.audit.record.id", note: "duplicate_key" }];
    assert.deepEqual(lifted([["audit.record.id", "r"]], { notes }).notes, [{ path: "id", note: "duplicate_key" }]);
  });

  test("the id is well-formed before anybody compares it", () => {
    const record = lifted([["audit.record.id", "r\ud800"]]);
    assert.equal(record.id, "r\ufffd");
    assert.deepEqual(record.notes, [{ path: "id", note: "replaced_characters" }]);
  });
});

describe("liftAudit finds the event name", () => {
  test("in its field first, then in otel.event.name, then in event.name; the attribute stays", () => {
    const both: [string, Value][] = [
      ["event.name", "old"],
      ["otel.event.name", "new"],
    ];
    assert.equal(lifted(both).event, "e");
    const record = lifted(both, { event: "" });
    assert.equal(record.event, "new");
    assert.equal(record.attributes.get("otel.event.name"), "new");
    assert.equal(lifted([["event.name", "old"]], { event: "" }).event, "old");
  });
});

describe("liftAudit says what is missing or odd", () => {
  test("event, actor, action and outcome of an ordinary log", () => {
    const record = emptyRecord();
    liftAudit(record);
    assert.deepEqual(
      record.notes,
      ["event", "attributes.audit.actor.id", "attributes.audit.action", "attributes.audit.outcome"].map((path) => ({
        path,
        note: "missing",
      })),
    );
    assert.equal(record.id, "");
  });

  const odd: [string, Value][] = [
    ["audit.record.id", 7],
    ["audit.record.id", ""],
    ["audit.sequence.stream_id", 7],
    ["audit.sequence.number", 0],
    ["audit.sequence.number", "17"],
    ["audit.sequence.number", 2n ** 60n],
    ["audit.sequence.end", "yes"],
    ["audit.actor.id", 7],
    ["audit.actor.type", ["user"]],
    ["audit.target.id", 4711],
    ["proofline.redactions", "many"],
    ["proofline.redactions", ["x"]],
    ["proofline.redactions", [new Map([["path", "p"]])]],
    ["proofline.redactions", [new Map([["path", "p"], ["rule", "r"], ["action", "a"], ["value", "v"]])]], // biome-ignore format: a table
  ];
  for (const [name, value] of odd)
    test(`${name} of a wrong type stays where it is: ${JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : v))}`, () => {
      const record = lifted([[name, value]]);
      assert.deepEqual(record.attributes.get(name), value);
      assert.deepEqual(record.notes, [{ path: `attributes.${name}`, note: "wrong_type" }]);
    });

  test("half a sequence stays where it is", () => {
    const record = lifted([["audit.sequence.number", 3]]);
    assert.equal(record.producer, undefined);
    assert.equal(record.attributes.get("audit.sequence.number"), 3);
  });

  test("an empty actor is a missing one", () => {
    for (const value of ["", null])
      assert.deepEqual(lifted([["audit.actor.id", value]]).notes, [{ path: "attributes.audit.actor.id", note: "missing" }]);
  });

  test("once, however often it is asked", () => {
    const record = lifted([
      ["audit.record.id", "r"],
      ["audit.actor.id", 7],
      ["audit.sequence.stream_id", "s"],
      ["audit.sequence.number", 1],
    ]);
    const once = formatTail(record);
    liftAudit(record);
    assert.equal(formatTail(record), once);
  });

  test("of a quarantined record nothing", () => {
    const record = { ...emptyRecord(), quarantine: { code: "MALFORMED", reason: "" } as const };
    liftAudit(record);
    assert.deepEqual(record.notes, []);
  });
});

test("assignId gives an id and says so", () => {
  const record = emptyRecord();
  assignId(record, "01JD");
  assert.equal(record.id, "01JD");
  assert.deepEqual(record.notes, [{ path: "id", note: "assigned" }]);
});
