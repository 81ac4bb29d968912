// Specifies the recorder that applications use in their own tests, under node:test and under vitest.

import assert, { AssertionError } from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { promisify } from "node:util";
import { audit } from "../src/default-audit.ts";
import { login } from "../src/helpers/login.ts";
import { type AuditRecorder, recordAudit } from "../src/testing.ts";
import { packageFolder } from "./kit/child.ts";

describe("the recorder", () => {
  let recorder: AuditRecorder;
  beforeEach(() => {
    recorder = recordAudit();
  });
  afterEach(() => recorder.restore());

  const approve = () =>
    audit.record({
      ...{ event: "invoice.approved", actor: { id: "ann", type: "user" }, action: "APPROVE", outcome: "success" },
      ...{ target: { id: "4711", type: "invoice" }, attributes: { "invoice.amount": 12, password: "hunter2" } },
    });

  test("has what the application recorded through the process's audit, redacted", () => {
    approve();
    const found = recorder.assertEvent({
      ...{ event: "invoice.approved", actor: { id: "ann" }, target: { id: /^47/ } },
      attributes: { "invoice.amount": (amount: unknown) => Number(amount) > 10, password: "***" },
    });
    assert.match(found.id, /^[0-9A-Z]{26}$/);
    assert.equal(recorder.events.length, 1);
  });

  test("says of each event what was not as expected", () => {
    assert.throws(() => recorder.assertEvent({}), { message: "no audit event was recorded at all" });
    approve();
    login({ actor: { id: "bob", type: "user" }, outcome: "failure" });
    assert.throws(
      () => recorder.assertEvent({ event: "user.login", outcome: "success" }),
      (error: unknown) => {
        assert.ok(error instanceof AssertionError);
        assert.match(error.message, /none of 2 audit events is as expected/);
        assert.match(error.message, /invoice\.approved user:ann APPROVE success invoice:4711: not its event/);
        assert.match(error.message, /user\.login user:bob LOGIN failure: not its outcome/);
        return true;
      },
    );
  });

  test("says when there is an event that should not be, and forgets when told to", () => {
    approve();
    recorder.assertNoEvent({ action: "DELETE" });
    assert.throws(() => recorder.assertNoEvent({ actor: { id: "ann" } }), /not expected: invoice\.approved/);
    recorder.clear();
    recorder.assertNoEvent();
  });

  test("acknowledges a commit at once", async () => {
    const { number } = await audit.commit({ event: "x", action: "READ", outcome: "success" });
    assert.equal(number, 1);
    assert.equal(await audit.flush(), 0);
  });

  test("is in force until it is disposed of", () => {
    {
      using inner = recordAudit();
      approve();
      assert.equal(inner.events.length, 1);
    }
    assert.equal(recorder.events.length, 0);
    approve();
    assert.equal(recorder.events.length, 1);
  });
});

test("vitest: the matchers say yes, no, and why", async () => {
  const folder = join(packageFolder, "../../test/apps/vitest");
  const vitest = join(packageFolder, "../../node_modules/vitest/vitest.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [vitest, "run", "--root", folder, "--reporter=verbose"], {
    cwd: folder,
  });
  assert.match(stdout, /3 passed/);
});
