import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { Keyed } from "../src/keyed.ts";

const key = Uint8Array.from({ length: 32 }, (_, index) => index * 7 + 1);
const keyed = new Keyed(key);

test("a token is the first 16 bytes of HMAC-SHA256 over kind and value, as node:crypto computes it", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ minLength: 300, maxLength: 2000 })),
      (kind, value) => {
        const hmac = createHmac("sha256", key).update(`proofline.token.v1\0${kind}\0${value}`).digest();
        assert.equal(keyed.token(kind, value), `tok_${hmac.subarray(0, 16).toString("base64url")}`);
      },
    ),
  );
});

test("a digest is the whole HMAC and the length in bytes; text and its bytes have the same one", () => {
  const hmac = createHmac("sha256", key).update("proofline.digest.v1\0größe").digest("base64url");
  assert.equal(keyed.digest("größe"), `hmac-sha256:${hmac}:7`);
  assert.equal(keyed.digest(new TextEncoder().encode("größe")), keyed.digest("größe"));
});

test("another key gives other tokens, and a later change of the caller's array changes nothing", () => {
  const mine = Uint8Array.from(key);
  const other = new Keyed(mine);
  mine.fill(0);
  assert.equal(other.token("email", "a@b.co"), keyed.token("email", "a@b.co"));
  assert.equal(other.digest("x"), keyed.digest("x"));
  assert.notEqual(new Keyed(mine).token("email", "a@b.co"), keyed.token("email", "a@b.co"));
});
