import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createUlid, ulidFactory } from "@proofline/event";
import fc from "fast-check";

const fill =
  (byte: number) =>
  (bytes: Uint8Array): void => {
    bytes.fill(byte);
  };

describe("createUlid", () => {
  test("spells time and chance in Crockford's base 32", () => {
    assert.equal(createUlid(0, fill(0)), "00000000000000000000000000");
    assert.equal(createUlid(2 ** 48 - 1, fill(0xff)), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    assert.equal(createUlid(1469918176385, fill(0)).slice(0, 10), "01ARYZ6S41"); // the specification's own example
  });

  test("spells all 80 bits of chance, in order", () => {
    const chance = Uint8Array.of(0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x02, 0x46);
    const spelled = createUlid(0, (bytes) => bytes.set(chance)).slice(10);
    const value = Array.from(spelled).reduce((sum, c) => sum * 32n + BigInt("0123456789ABCDEFGHJKMNPQRSTVWXYZ".indexOf(c)), 0n);
    assert.equal(value, 0x0123456789abcdef0246n);
  });

  test("orders as time does", () => {
    const ms = fc.nat(2 ** 48 - 1);
    fc.assert(fc.property(ms, ms, (a, b) => a === b || a < b === createUlid(a, fill(7)) < createUlid(b, fill(7))));
  });

  test("a clock outside of 48 bits is refused with INVALID_TIME", () => {
    for (const ms of [-1, 2 ** 48, Number.NaN, Number.POSITIVE_INFINITY])
      assert.throws(() => createUlid(ms, fill(0)), { code: "INVALID_TIME" });
  });
});

describe("ulidFactory", () => {
  test("only grows, whatever the clock does", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 2 }), fc.constantFrom(0, 0x55, 0xff), (clock, byte) => {
        const times = clock[Symbol.iterator]();
        const next = ulidFactory({ now: () => times.next().value ?? 0, random: fill(byte) });
        const ids = clock.map(() => next());
        for (let i = 1; i < ids.length; i++) assert.ok(ids[i - 1]! < ids[i]!, `${ids[i - 1]} < ${ids[i]}`);
      }),
    );
  });

  test("counts up by one within a millisecond, and carries", () => {
    const low = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0x03, 0xff);
    const next = ulidFactory({ now: () => 5.7, random: (bytes) => bytes.set(low) });
    assert.deepEqual([next(), next()], ["000000000500000000000000ZZ", "00000000050000000000000100"]);
  });

  test("goes one millisecond ahead when the chance part runs over", () => {
    const next = ulidFactory({ now: () => 5, random: fill(0xff) });
    assert.deepEqual([next(), next()], ["0000000005ZZZZZZZZZZZZZZZZ", "0000000006ZZZZZZZZZZZZZZZZ"]);
  });
});
