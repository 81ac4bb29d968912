import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LedgerError } from "@proofline/ledger";
import { DecodeError } from "@proofline/receiver";
import { FAILURES, type FailureCode, RequestError, toFailure } from "../../src/otlp/failure.ts";
import { parseMediaType } from "../../src/otlp/media-type.ts";
import { encodeStatus, formatStatus, SUCCESS_PROTOBUF } from "../../src/otlp/status.ts";
import { toRequestError } from "../../src/pipeline/intake.ts";
import { decodeStatus } from "../support/grpc.ts";

/** OTLP 1.11: what a client tries again. */
const RETRYABLE_HTTP = new Set([429, 502, 503, 504]);
const RETRYABLE_GRPC = new Set([1, 4, 10, 11, 14, 15]);

describe("the table of failures", () => {
  for (const [code, { http, grpc, retryable }] of Object.entries(FAILURES)) {
    test(`${code}: both transports tell the client to ${retryable ? "try again" : "drop it"}`, () => {
      assert.equal(RETRYABLE_HTTP.has(http), retryable);
      assert.equal(RETRYABLE_GRPC.has(grpc), retryable);
    });
  }

  test("nothing is 500, 408, UNKNOWN or INTERNAL: those lose records that would have passed", () => {
    for (const { http, grpc } of Object.values(FAILURES)) {
      assert.ok(![500, 408].includes(http));
      assert.ok(![2, 13].includes(grpc));
    }
  });

  test("the wait is a whole number of seconds from 1 to 3, and only where it is of use", () => {
    for (const random of [0, 0.34, 0.67, 0.999999]) {
      const wait = toFailure(new RequestError("busy", "x"), () => random).retryAfterSeconds!;
      assert.ok(Number.isInteger(wait) && wait >= 1 && wait <= 3);
    }
    assert.equal(toFailure(new RequestError("malformed", "x"), () => 0).retryAfterSeconds, undefined);
  });
});

describe("what an error becomes", () => {
  const cases: [unknown, FailureCode][] = [
    [new DecodeError("BAD_JSON", "x", 0), "malformed"],
    [new DecodeError("TOO_MANY_RECORDS", "x", 0), "too_many_records"],
    [new DecodeError("TOO_LARGE", "x", 0), "too_large"],
    [new LedgerError("DISK_FULL", "x"), "no_room"],
    [new LedgerError("DISK_FULL", "x", { fatal: true }), "not_durable"],
    [new LedgerError("CLOSED", "x"), "stopping"],
    [new LedgerError("IO", "x", { fatal: true }), "not_durable"],
    [new TypeError("a bug"), "unexpected"],
    ["thrown by someone careless", "unexpected"],
    [new RequestError("busy", "x"), "busy"],
  ];
  for (const [error, code] of cases) {
    const name = error instanceof Error ? `${error.name} ${"code" in error ? String(error.code) : ""}` : "anything else";
    test(`${name} is ${code}`, () => assert.equal(toRequestError(error).code, code));
  }

  test("nothing of an unexpected error is told to the client", () => {
    assert.doesNotMatch(toRequestError(new Error("/etc/secret/path")).message, /secret/);
  });
});

describe("google.rpc.Status", () => {
  const failure = toFailure(new RequestError("busy", "too much ☃"), () => 0.5);

  test("in protobuf, with RetryInfo", () => {
    assert.deepEqual(decodeStatus(encodeStatus(failure)), { code: 14, message: "too much ☃", retrySeconds: 2 });
  });

  test("in JSON, with RetryInfo in protobuf's JSON mapping", () => {
    assert.deepEqual(JSON.parse(formatStatus(failure)), {
      code: 14,
      message: "too much ☃",
      details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "2s" }],
    });
  });

  test("a message is cut before it grows large", () => {
    assert.ok(encodeStatus(toFailure(new RequestError("malformed", "x".repeat(10_000)), () => 0)).length < 600);
  });

  test("a success is zero bytes", () => assert.equal(SUCCESS_PROTOBUF.length, 0));
});

describe("content types", () => {
  const cases: [string | undefined, string | undefined][] = [
    ["application/json", "json"],
    ["APPLICATION/JSON;charset=utf-8", "json"],
    [" application/x-protobuf ; x=y", "protobuf"],
    ["application/protobuf", undefined],
    ["application/jsonx", undefined],
    ["", undefined],
    [undefined, undefined],
  ];
  for (const [type, encoding] of cases)
    test(`${JSON.stringify(type)} is ${encoding}`, () => assert.equal(parseMediaType(type), encoding));
});
