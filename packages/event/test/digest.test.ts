// What makes two records the same one, sent twice: SPEC.md, "The same record again".
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { contentDigest, formatTail, type LogRecord } from "@proofline/event";
import { recordWith } from "./arbitrary.ts";

const record = recordWith({ event: "e", body: "b", writer: "billing" });
const digest = (some: Partial<LogRecord>): string => contentDigest({ ...record, ...some });

describe("contentDigest", () => {
  test("is the same for the same record from the same writer", () => {
    assert.equal(digest({}), contentDigest(record));
    assert.equal(contentDigest(record, formatTail(record)), contentDigest(record));
  });

  test("differs when another writer sends the same record, or nobody known does", () => {
    assert.equal(new Set([digest({}), digest({ writer: "payroll" }), digest({ writer: "" })]).size, 3);
  });

  test("leaves out what the receiver found: a quarantine, that it assigned the id, and what it makes of a signature", () => {
    assert.equal(digest({ quarantine: { code: "ID_CONFLICT", reason: "" } }), digest({}));
    assert.equal(digest({ notes: [{ path: "id", note: "assigned" }] }), digest({}));
    const path = "attributes.audit\\.integrity\\.value";
    assert.equal(
      digest({ notes: [{ path, note: "signature_unknown_key" }] }),
      digest({ notes: [{ path, note: "signature_valid" }] }),
    );
    assert.notEqual(digest({ notes: [{ path: "event", note: "missing" }] }), digest({}));
  });
});
