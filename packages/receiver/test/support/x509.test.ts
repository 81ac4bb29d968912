import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { createAuthority } from "./x509.ts";

test("what the tests' authority issues is a certificate for everybody else, too", () => {
  const authority = createAuthority("test authority");
  const names = ["DNS:billing.example.com", "URI:spiffe://example.com/billing", "email:a@example.com", "IP:127.0.0.1"];
  const issued = new X509Certificate(authority.issue({ common: "billing", names }).cert);
  const own = new X509Certificate(authority.cert);
  assert.ok(issued.verify(own.publicKey));
  assert.ok(own.ca && !issued.ca);
  assert.equal(issued.subject, "CN=billing");
  assert.equal(issued.subjectAltName, `${names.slice(0, 3).join(", ")}, IP Address:127.0.0.1`);
  assert.ok(Date.parse(issued.validTo) > Date.now());
});
