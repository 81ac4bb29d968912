// Specifies deliver/otlp-answer.ts.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readAnswer } from "../../src/deliver/otlp-answer.ts";

const none = new Uint8Array();
const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

describe("an answer", () => {
  test("of zero bytes of protobuf, or an empty JSON object, acknowledges", () => {
    assert.equal(readAnswer("application/x-protobuf", none).at, "acknowledged");
    assert.equal(readAnswer("Application/JSON; charset=utf-8", json({})).at, "acknowledged");
    assert.equal(readAnswer("application/json", json({ partialSuccess: { errorMessage: "only a warning" } })).at, "acknowledged");
  });

  test("with rejected records does not, in either encoding", () => {
    const partial = Buffer.from([0x0a, 6, 0x08, 2, 0x12, 2, 0x68, 0x69]);
    assert.deepEqual(readAnswer("application/x-protobuf", partial), { at: "partial", rejected: 2, reason: "hi" });
    const body = json({ partialSuccess: { rejectedLogRecords: "2", errorMessage: "hi" } });
    assert.deepEqual(readAnswer("application/json", body), { at: "partial", rejected: 2, reason: "hi" });
  });

  test("that is a page, empty text, JSON of another kind or broken protobuf acknowledges nothing", () => {
    assert.equal(readAnswer("text/html", Buffer.from("<html>Welcome</html>")).at, "unreadable");
    assert.equal(readAnswer("", none).at, "unreadable");
    assert.equal(readAnswer("application/json", none).at, "unreadable");
    assert.equal(readAnswer("application/json", json([])).at, "unreadable");
    assert.equal(readAnswer("application/json", json({ partialSuccess: { rejectedLogRecords: "many" } })).at, "unreadable");
    assert.equal(readAnswer("application/x-protobuf", Buffer.from("<html>")).at, "unreadable");
    assert.equal(readAnswer("application/x-protobuf", Buffer.from([0x0a, 0x7f])).at, "unreadable");
  });

  test("of any bytes is read without an exception", () => {
    const media = fc.constantFrom("application/x-protobuf", "application/json", "text/plain");
    fc.assert(fc.property(media, fc.uint8Array(), (type, bytes) => void readAnswer(type, bytes)));
  });
});
