// The payload, byte for byte, against one that was written by hand.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Double, emptyRecord, type Value } from "@proofline/event";
import fc from "fast-check";
import { MAX_DEPTH, MAX_PAYLOAD_UNITS, NotSignable, signedPayload } from "../../src/signatures/payload.ts";
import { PAYLOAD, signed, unsigned } from "./signing.ts";

const withValue = (value: Value) => ({ ...emptyRecord(), attributes: new Map([["k", value]]) });
const textOf = (value: Value): string => signedPayload(withValue(value), { zeroTimes: false }).toString();

/** Lists in lists: the innermost one is `depth` levels below the attribute. */
function nested(depth: number): Value {
  let value: Value = [];
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

describe("the payload of a signature", () => {
  test("is the record's documented fields in canonical JSON", () => {
    assert.equal(signedPayload(unsigned(), { zeroTimes: true }).toString(), PAYLOAD);
  });

  test("has none of the integrity attributes, nor severity, flags, scope or resource", () => {
    const record = { ...signed("AAAA", "RS256"), severity: 17, severityText: "ERROR", flags: 0 };
    record.attributes.set("audit.integrity.signer", "collector");
    assert.equal(signedPayload(record, { zeroTimes: true }).toString(), PAYLOAD);
  });

  test("leaves a body out that is no string, and ids that are not there", () => {
    const record = { ...emptyRecord(), body: new Map<string, Value>([["a", 1]]) };
    assert.equal(signedPayload(record, { zeroTimes: true }).toString(), '{"observed_timestamp":"0","timestamp":"0"}');
    assert.equal(signedPayload(record, { zeroTimes: false }).toString(), "{}");
  });

  test("spells doubles as ECMAScript does", () => {
    for (const [value, spelled] of [
      [-0, "0"],
      [1e21, "1e+21"],
      [1e-7, "1e-7"],
      [0.1, "0.1"],
      [100, "100"],
    ] as const)
      assert.equal(textOf(new Double(value)), `{"attributes":{"k":{"doubleValue":${spelled}}}}`);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) assert.throws(() => textOf(new Double(value)), NotSignable);
  });

  test("ends at 128 levels, and far deeper values neither pass nor exhaust the stack", () => {
    assert.ok(textOf(nested(MAX_DEPTH)).includes("[[[["));
    assert.throws(() => textOf(nested(MAX_DEPTH + 1)), NotSignable);
    assert.throws(() => textOf(nested(200_000)), NotSignable);
  });

  test("ends at 2 MiB, in one value and in many", () => {
    assert.throws(() => textOf("x".repeat(MAX_PAYLOAD_UNITS)), NotSignable);
    assert.throws(() => textOf(Array.from({ length: 200_000 }, () => "0123456789")), NotSignable);
    assert.ok(textOf("x".repeat(MAX_PAYLOAD_UNITS - 100)).length <= MAX_PAYLOAD_UNITS);
  });

  test("is JSON with sorted names, whatever the attributes are called", () => {
    const names = fc.dictionary(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), { noNullPrototype: true });
    fc.assert(
      fc.property(names, (entries) => {
        const record = { ...emptyRecord(), attributes: new Map(Object.entries(entries)) };
        const text = signedPayload(record, { zeroTimes: true }).toString();
        const found = [...text.matchAll(/("(?:[^"\\]|\\.)*"):\{"stringValue"/g)].map(([, name]) => JSON.parse(name!) as string);
        const expected = Object.keys(entries)
          .filter((name) => !name.startsWith("audit.integrity."))
          .sort();
        assert.deepEqual(found, expected);
        assert.doesNotThrow(() => JSON.parse(text));
      }),
    );
  });
});
