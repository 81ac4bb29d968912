import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import {
  contentDigest,
  EventError,
  fitRecord,
  formatLine,
  formatTail,
  type LogRecord,
  parseLine,
  Ref,
  type Value,
} from "@proofline/event";
import fc from "fast-check";
import { record as anyRecord, recordWith } from "./arbitrary.ts";

const refOf = (bytes: Uint8Array): Ref => new Ref(createHash("sha256").update(bytes).digest("hex"), bytes.length);
const fields = (...entries: [string, Value][]): Map<string, Value> => new Map(entries);

describe("fitRecord", () => {
  test("leaves a record that fits as it is", () => {
    const record = recordWith({ attributes: fields(["a", "x".repeat(300)]) });
    const tail = formatTail(record);
    assert.deepEqual(fitRecord(record, tail.length), { tail, moved: [] });
    assert.equal(record.attributes.get("a"), "x".repeat(300));
  });

  test("counts bytes, not characters", () => {
    const record = recordWith({ body: "é".repeat(300) });
    const bytes = Buffer.byteLength(formatTail(record));
    assert.equal(fitRecord(record, bytes).moved.length, 0);
    assert.equal(fitRecord(record, bytes - 1).moved.length, 1);
  });

  test("moves the largest value first, and no more than needed", () => {
    const record = recordWith({
      attributes: fields(["small", "s".repeat(200)], ["large", "l".repeat(500)]),
      body: "b".repeat(400),
    });
    const { tail, moved } = fitRecord(record, 900);
    assert.deepEqual(moved.map(String), ["l".repeat(500)]);
    assert.deepEqual(record.attributes.get("large"), refOf(Buffer.from("l".repeat(500))));
    assert.equal(record.body, "b".repeat(400));
    assert.equal(tail, formatTail(record));
  });

  test("stores the UTF-8 of a string, bytes as they are, and anything else as it is spelled", () => {
    const bytes = new Uint8Array(300).fill(7);
    const list: Value = Array.from({ length: 100 }, (_, i) => i);
    const record = recordWith({ attributes: fields(["s", "é".repeat(400)], ["b", bytes]), body: list });
    const { moved } = fitRecord(record, 400);
    assert.deepEqual(
      moved.map((m) => Buffer.from(m)),
      [Buffer.from("é".repeat(400)), Buffer.from(bytes), Buffer.from(JSON.stringify(list))],
    );
    assert.deepEqual(record.body, refOf(Buffer.from(JSON.stringify(list))));
  });

  test("moves values of scope and resource without changing what other records share", () => {
    const attributes = fields(["argv", "x".repeat(1000)]);
    const scope = { name: "", version: "", schemaUrl: "", attributes, droppedAttributes: 0 };
    const resource = { schemaUrl: "", attributes, droppedAttributes: 0 };
    const record = recordWith({ scope, resource });
    const { moved } = fitRecord(record, 400);
    assert.equal(moved.length, 2);
    assert.ok(record.resource.attributes.get("argv") instanceof Ref);
    assert.equal(attributes.get("argv"), "x".repeat(1000));
  });

  test("of two equals the earlier one moves", () => {
    const record = recordWith({ attributes: fields(["a", "x".repeat(300)], ["b", "x".repeat(300)]) });
    fitRecord(record, 600);
    assert.ok(record.attributes.get("a") instanceof Ref);
    assert.equal(record.attributes.get("b"), "x".repeat(300));
  });

  test("what cannot fit keeps its values: nobody stores what has moved", () => {
    const record = recordWith({ event: "e".repeat(500), body: "b".repeat(500) });
    assert.throws(() => fitRecord(record, 400), { code: "TOO_LARGE" });
    assert.equal(record.body, "b".repeat(500));
  });

  test("what cannot fit is TOO_LARGE", () => {
    assert.throws(() => fitRecord(recordWith({ event: "e".repeat(500) }), 400), { code: "TOO_LARGE" });
    const many = fields(...Array.from({ length: 100 }, (_, i): [string, Value] => [`key ${i}`, i]));
    assert.throws(() => fitRecord(recordWith({ attributes: many }), 400), { code: "TOO_LARGE" });
  });

  test("lists 256 redactions and 256 notes at most, and says when there were more", () => {
    const redactions = Array.from({ length: 300 }, (_, i) => ({ path: `p${i}`, rule: "r", action: "mask", policy: "" }));
    const notes = Array.from({ length: 300 }, (_, i) => ({ path: `attributes.${i}`, note: "duplicate_key" as const }));
    const record = recordWith({ redactions, notes });
    fitRecord(record, 65_000);
    assert.equal(record.redactions.length, 256);
    assert.equal(record.notes.length, 256);
    assert.ok(record.notes.some(({ path, note }) => path === "notes" && note === "truncated"));
    const fewNotes = recordWith({ redactions });
    fitRecord(fewNotes, 65_000);
    assert.deepEqual(fewNotes.notes, [{ path: "redactions", note: "truncated" }]);
  });

  test("always yields a tail within the limit that reads back, or TOO_LARGE", () => {
    fc.assert(
      fc.property(anyRecord, fc.integer({ min: 10, max: 1500 }), (record, max) => {
        let fitted: { tail: string; moved: Uint8Array[] };
        try {
          fitted = fitRecord(record, max);
        } catch (error) {
          assert.ok(error instanceof EventError && error.code === "TOO_LARGE");
          return;
        }
        assert.ok(Buffer.byteLength(fitted.tail) <= max);
        assert.equal(fitted.tail, formatTail(record));
        for (const bytes of fitted.moved)
          assert.ok(fitted.tail.includes(`"$ref":"sha256:${refOf(bytes).sha256}","bytes":${bytes.length}}`));
      }),
    );
  });
});

describe("contentDigest", () => {
  const header = { log: "l", seq: 3, prev: `${"A".repeat(43)}=`, received: 5n };
  const readBack = (record: LogRecord): LogRecord => parseLine(Buffer.from(formatLine({ ...header, ...record })));

  test("is the same for a record and for its line read back, moved values included", () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const { tail } = fitRecord(record, 1_000_000);
        assert.equal(contentDigest(readBack(record)), contentDigest(record));
        assert.equal(contentDigest(record, tail), contentDigest(record));
      }),
    );
    const large = recordWith({ body: "x".repeat(1000) });
    const { tail } = fitRecord(large, 500);
    assert.equal(contentDigest(readBack(large)), contentDigest(large, tail));
  });

  test("does not see quarantine and assigned, and sees everything else", () => {
    const plain = recordWith({ notes: [{ path: "event", note: "missing" }] });
    const marked = recordWith({
      notes: [
        { path: "event", note: "missing" },
        { path: "id", note: "assigned" },
      ],
      quarantine: { code: "ID_CONFLICT", reason: "another record has this id" },
    });
    assert.equal(contentDigest(marked, formatTail(marked)), contentDigest(plain));
    assert.notEqual(contentDigest(recordWith({})), contentDigest(plain));
    assert.notEqual(contentDigest(recordWith({ body: 1 })), contentDigest(recordWith({ body: 2 })));
    assert.match(contentDigest(plain), /^[A-Za-z0-9+/]{22}$/);
  });
});
