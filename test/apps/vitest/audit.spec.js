// How an application's own tests say "this route leaves that event", in vitest.
import { audit } from "@proofline/instrumentation";
import { auditMatchers, recordAudit } from "@proofline/instrumentation/testing";
import { afterEach, beforeEach, expect, test } from "vitest";

expect.extend(auditMatchers);

let recorder;
beforeEach(() => {
  recorder = recordAudit();
});
afterEach(() => recorder.restore());

const override = (id) =>
  audit.record({
    event: "invoice.overridden",
    actor: { id: "ann", type: "user" },
    action: "OVERRIDE",
    outcome: "success",
    target: { id, type: "invoice" },
  });

test("the route leaves its event", () => {
  override("4711");
  expect(recorder).toHaveAuditEvent({ event: "invoice.overridden", actor: { id: "ann" }, target: { id: "4711" } });
  expect(recorder).not.toHaveAuditEvent({ outcome: "failure" });
  expect(recorder).toHaveAuditEvents(1);
});

test("nothing is left over from the test before", () => {
  expect(recorder).toHaveAuditEvents(0);
});

test("a missing event is explained", () => {
  override("4712");
  expect(() => expect(recorder).toHaveAuditEvent({ target: { id: "1" } })).toThrow(
    /OVERRIDE success invoice:4712: not its target.id/,
  );
});
