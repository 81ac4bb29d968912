// Every algorithm against signatures that node:crypto makes over a payload written by hand.
import assert from "node:assert/strict";
import { sign } from "node:crypto";
import { describe, test } from "node:test";
import { Double, type Value } from "@proofline/event";
import fc from "fast-check";
import { SignatureChecker } from "../../src/signatures/checker.ts";
import { SignatureKeyError, signatureKey } from "../../src/signatures/keys.ts";
import { createAuthority } from "../support/x509.ts";
import { ATTRIBUTES, PAYLOAD, signed, signers, unsigned } from "./signing.ts";

const ID = `sha256:${"a".repeat(64)}`;
const ALL = signers();
const [RS256, , ES256, , , HMAC] = ALL;

describe("a record's signature", () => {
  for (const [i, { algorithm, file, sign }] of ALL.entries()) {
    const checker = new SignatureChecker([signatureKey(ID, file)]);
    const reference = algorithm === "HMAC-SHA256" ? undefined : ID;
    test(`of ${algorithm} is valid by its key (${i + 1})`, () => {
      assert.equal(checker.check(signed(sign(PAYLOAD), algorithm, reference)), "signature_valid");
      assert.equal(checker.check(signed(sign(PAYLOAD), algorithm)), "signature_valid", "without a reference");
    });

    test(`of ${algorithm} is invalid once a field, or the signature, is another (${i + 1})`, () => {
      const value = sign(PAYLOAD);
      const changed = { ...signed(value, algorithm, reference), body: "paid twice" };
      assert.equal(checker.check(changed), "signature_invalid");
      const added = signed(value, algorithm, reference);
      added.attributes.set("more", "x");
      assert.equal(checker.check(added), "signature_invalid");
      const bytes = Buffer.from(value, "base64");
      bytes[bytes.length - 1]! ^= 1;
      assert.equal(checker.check(signed(bytes.toString("base64"), algorithm, reference)), "signature_invalid");
    });
  }

  test("over another canonicalization is invalid", () => {
    const unsorted = `{"event_name":"invoice.paid",${PAYLOAD.slice(1, -1).replace('"event_name":"invoice.paid",', "")}}`;
    const checker = new SignatureChecker([signatureKey(ID, RS256!.file)]);
    for (const payload of [unsorted, ` ${PAYLOAD}`, PAYLOAD.replaceAll('{"intValue":"7"}', "7")])
      assert.equal(checker.check(signed(RS256!.sign(payload), "RS256", ID)), "signature_invalid");
  });

  test("by a key that nobody named is of an unknown key, and so is one that is named as another kind", () => {
    const checker = new SignatureChecker([signatureKey(ID, RS256!.file)]);
    assert.equal(checker.check(signed(RS256!.sign(PAYLOAD), "RS256", `sha256:${"b".repeat(64)}`)), "signature_unknown_key");
    assert.equal(checker.check(signed(HMAC!.sign(PAYLOAD), "HMAC-SHA256")), "signature_unknown_key");
    assert.equal(checker.check(signed(ES256!.sign(PAYLOAD), "ES256", ID)), "signature_unknown_key");
    const other = new SignatureChecker([signatureKey(ID, signers()[0]!.file)]);
    assert.equal(other.check(signed(RS256!.sign(PAYLOAD), "RS256", ID)), "signature_invalid");
  });

  test("names its certificate by fingerprint, or holds it: only one that is configured counts", () => {
    const authority = createAuthority("signing");
    const { key, cert } = authority.issue({ common: "collector" });
    const configured = signatureKey("collector", cert);
    const checker = new SignatureChecker([configured]);
    const value = ES256With(key)(PAYLOAD);
    assert.match(configured.fingerprint ?? "", /^sha256:[0-9a-f]{64}$/);
    assert.equal(checker.check(signed(value, "ES256", configured.fingerprint!)), "signature_valid");
    const der = (pem: string): string => pem.replaceAll(/-----[A-Z ]+-----|\s/g, "");
    assert.equal(checker.check(signed(value, "ES256", der(cert))), "signature_valid");
    const another = authority.issue({ common: "collector" });
    assert.equal(checker.check(signed(ES256With(another.key)(PAYLOAD), "ES256", der(another.cert))), "signature_unknown_key");
  });

  test("of a record without times is valid whether they were written as 0 or left out", () => {
    const checker = new SignatureChecker([signatureKey("k", HMAC!.file)]);
    const record = () => ({ ...unsigned(), observed: 0n });
    const zero = PAYLOAD.replace("1763719200000000002", "0");
    const none = PAYLOAD.replace('"observed_timestamp":"1763719200000000002",', "");
    for (const payload of [zero, none])
      assert.equal(checker.check(signed(HMAC!.sign(payload), "HMAC-SHA256", undefined, record())), "signature_valid");
    assert.equal(checker.check(signed(HMAC!.sign(none), "HMAC-SHA256")), "signature_invalid", "a time that is there counts");
  });

  test("cannot be checked by an algorithm that is not known, or over what cannot be signed", () => {
    const checker = new SignatureChecker([signatureKey(ID, RS256!.file), signatureKey("k", HMAC!.file)]);
    for (const algorithm of ["none", "rs256", "HS256", 256, null])
      assert.equal(checker.check(signed(RS256!.sign(PAYLOAD), algorithm, ID)), "signature_unsupported");
    const infinite = signed(HMAC!.sign(PAYLOAD), "HMAC-SHA256");
    infinite.attributes.set("x", new Double(Number.POSITIVE_INFINITY));
    assert.equal(checker.check(infinite), "signature_unsupported");
    let deep: Value = "x";
    for (let i = 0; i < 100_000; i++) deep = [deep];
    const hostile = signed(HMAC!.sign(PAYLOAD), "HMAC-SHA256");
    hostile.attributes.set("x", deep);
    assert.equal(checker.check(hostile), "signature_unsupported");
  });

  test("that is not there is nothing to note; any value of it at all is checked without an error", () => {
    const checker = new SignatureChecker(ALL.map(({ file }, i) => signatureKey(`${ID}${i}`, file)));
    assert.equal(checker.check(unsigned()), undefined);
    const value = fc.oneof(fc.string(), fc.base64String(), fc.integer(), fc.uint8Array(), fc.constant(null));
    const algorithm = fc.constantFrom<Value>(...ALL.map((signer) => signer.algorithm));
    fc.assert(
      fc.property(value, algorithm, fc.option(value, { nil: undefined }), (found, name, reference) => {
        const note = checker.check(signed(found, name, reference));
        assert.ok(note === "signature_invalid" || note === "signature_unknown_key", note);
      }),
    );
  });

  test("depends on every attribute", () => {
    const checker = new SignatureChecker([signatureKey("k", HMAC!.file)]);
    for (const [name] of ATTRIBUTES) {
      const record = signed(HMAC!.sign(PAYLOAD), "HMAC-SHA256");
      record.attributes.delete(name);
      assert.equal(checker.check(record), "signature_invalid", name);
    }
  });
});

describe("a key's file", () => {
  test("is a certificate, a public key or the base64 of a secret; what else it is, is said without what it holds", () => {
    const { key } = createAuthority("x").issue({ common: "y" });
    const cases: [string, SignatureKeyError["code"]][] = [
      [key, "PRIVATE_KEY"],
      ["", "UNREADABLE"],
      ["c2hvcnQ=", "UNREADABLE"],
      ["not base64 at all, not at all", "UNREADABLE"],
      ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "UNREADABLE"],
    ];
    for (const [text, code] of cases) {
      const check = (error: unknown): boolean =>
        error instanceof SignatureKeyError && error.code === code && (text === "" || !error.message.includes(text));
      assert.throws(() => signatureKey("k", text), check);
    }
  });
});

function ES256With(key: string): (payload: string) => string {
  return (payload) => sign("sha256", Buffer.from(payload), key).toString("base64");
}
