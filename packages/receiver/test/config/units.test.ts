import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatAddress, formatBytes, parseAddress, parseBytes, parseDuration } from "../../src/config/units.ts";

describe("parseAddress", () => {
  const accepted = {
    "127.0.0.1:4318": ["127.0.0.1", 4318],
    "localhost:0": ["localhost", 0],
    "[::1]:65535": ["::1", 65535],
    "[fe80::1%eth0]:1": ["fe80::1%eth0", 1],
  };
  for (const [text, [host, port]] of Object.entries(accepted)) {
    test(`${text} is host ${host}, port ${port}`, () => assert.deepEqual(parseAddress(text), { host, port }));
  }
  for (const text of [
    "",
    "4318",
    ":4318",
    "::1:4318",
    "[::1]",
    "host:",
    "host:65536",
    "host:-1",
    "ho st:1",
    "http://host:1",
    "host:1/",
    "[host]:1",
  ]) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseAddress(text), undefined));
  }
  test("is the inverse of formatAddress", () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()), fc.integer({ min: 0, max: 65_535 }), (host, port) => {
        assert.deepEqual(parseAddress(formatAddress({ host, port })), { host, port });
      }),
    );
  });
  test("for any text: an address or undefined", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const address = parseAddress(text);
        if (address !== undefined) assert.deepEqual(parseAddress(formatAddress(address)), address);
      }),
    );
  });
});

describe("durations", () => {
  const accepted = { "250ms": 250, "1s": 1_000, "1.5m": 90_000, "2h": 7_200_000, "7d": 604_800_000, "0ms": 0 };
  for (const [text, ms] of Object.entries(accepted)) test(`${text} is ${ms} ms`, () => assert.equal(parseDuration(text), ms));
  for (const text of ["", "1", "s", "-1s", "1 s", "1S", "1.5ms", "1e3s", "99999999999999s", "1s1s"]) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseDuration(text), undefined));
  }
});

describe("sizes", () => {
  const accepted = {
    "67108864": 67_108_864,
    "64MiB": 67_108_864,
    "64 MiB": 67_108_864,
    "1.5GB": 1_500_000_000,
    "10kB": 10_000,
    "1KiB": 1_024,
    "7B": 7,
    "1TiB": 2 ** 40,
  };
  for (const [text, bytes] of Object.entries(accepted))
    test(`${text} is ${bytes} bytes`, () => assert.equal(parseBytes(text), bytes));
  for (const text of ["", "64M", "64mib", "KiB", "-1", "0.3B", "1.0000001KiB", "9999999TiB"]) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseBytes(text), undefined));
  }
  test("formatBytes is read back as the same", () => {
    fc.assert(fc.property(fc.nat({ max: 2 ** 31 - 1 }), (bytes) => assert.equal(parseBytes(formatBytes(bytes)), bytes)));
    assert.equal(formatBytes(64 * 2 ** 20), "64MiB");
  });
});
