import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { identitiesOf } from "../../src/auth/identities.ts";

const subject = (CN?: string | string[]) => ({ C: "", ST: "", L: "", O: "", OU: "", CN }) as never;

describe("the identities of a client certificate", () => {
  test("are its alternative names with their kinds, then its common name", () => {
    const subjectaltname = "DNS:edge.example.com, URI:spiffe://example.com/edge, IP Address:10.0.0.1, email:ops@example.com";
    assert.deepEqual(identitiesOf({ subjectaltname, subject: subject("edge") }), [
      "DNS:edge.example.com",
      "URI:spiffe://example.com/edge",
      "email:ops@example.com",
      "CN=edge",
    ]);
  });

  test("a name that holds a comma stays one name: it cannot smuggle in another", () => {
    const subjectaltname = 'DNS:"a.example.com, DNS:billing.example.com", URI:spiffe://x';
    assert.deepEqual(identitiesOf({ subjectaltname, subject: subject() }), [
      "DNS:a.example.com, DNS:billing.example.com",
      "URI:spiffe://x",
    ]);
  });

  test("what cannot be taken apart counts for nothing, and so does what stands after it", () => {
    assert.deepEqual(identitiesOf({ subjectaltname: 'DNS:"a, DNS:billing.example.com', subject: subject() }), []);
  });

  test("of several common names none counts", () => {
    assert.deepEqual(identitiesOf({ subject: subject(["a", "b"]) }), []);
  });

  test("there may be none", () => {
    assert.deepEqual(identitiesOf({ subject: subject() }), []);
  });
});
