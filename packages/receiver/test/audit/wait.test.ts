import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { waitOf } from "../../src/audit/wait.ts";
import { RequestError } from "../../src/otlp/failure.ts";

describe("how long a request wants to wait", () => {
  for (const [url, prefer, expected] of [
    ["/v1/audit", undefined, 0],
    ["/v1/audit?wait=checkpoint", undefined, 5000],
    ["/v1/audit?x=1&wait=checkpoint", undefined, 5000],
    ["/v1/audit", "wait", 5000],
    ["/v1/audit", "Wait=2", 2000],
    ["/v1/audit", 'wait="2"', 2000],
    ["/v1/audit", "respond-async, wait=100", 5000],
    ["/v1/audit", "wait=0", 0],
    ["/v1/audit?wait=checkpoint", "wait=1", 1000],
    ["/v1/audit", "return=minimal", 0],
    ["/v1/audit", "wait=soon", 0],
  ] as const)
    test(`${url} with Prefer ${prefer ?? "absent"}: ${expected} ms`, () => assert.equal(waitOf(url, prefer, 5000), expected));

  test("any query and header give 0 to the most that is allowed, or malformed", () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (query, prefer) => {
        try {
          const waitMs = waitOf(`/v1/audit?${query}`, prefer, 5000);
          assert.ok(waitMs >= 0 && waitMs <= 5000);
        } catch (error) {
          assert.ok(error instanceof RequestError && error.code === "malformed");
        }
      }),
    );
  });
});
