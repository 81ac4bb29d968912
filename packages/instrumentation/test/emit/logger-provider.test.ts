// Specifies emit/logger-provider.ts: code that is written against OpenTelemetry's Logs API emits audit events.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { logs, SeverityNumber } from "@opentelemetry/api";
import { withAuditContext } from "../../src/emit/context.ts";
import { event, fixture } from "../kit/fixture.ts";

describe("a logger of the audit provider", () => {
  test("set as the global one, records what others emit: scope, time, severity, body and values that the SDK would drop", async (t) => {
    const { receiver, audit } = await fixture(t);
    const instance = audit();
    logs.setGlobalLoggerProvider(instance.loggerProvider);
    t.after(() => logs.disable());
    const logger = logs.getLogger("mine", "2", { schemaUrl: "https://example.com/s", attributes: { team: "a" } });
    assert.equal(logger.enabled({ severityNumber: SeverityNumber.TRACE }), true);
    const attributes = { big: 2n ** 60n, when: new Date(0), twice: [{ a: 1 }] } as never;
    logger.emit({ eventName: "x.read", timestamp: [1_795_000_000, 7], severityNumber: 17, body: { deep: [1] }, attributes });
    await instance.flush();
    const [record] = receiver.accepted;
    assert.equal(record!.event, "x.read");
    assert.equal(record!.scope, "mine");
    assert.equal(record!.timeNs, "1795000000000000007");
    assert.equal(record!.severity, 17);
    assert.equal(record!.number, 1);
    assert.match(record!.id, /^[0-9A-Z]{26}$/);
    assert.equal(record!.attributes.big, "int:1152921504606846976");
    assert.equal(record!.attributes.when, "1970-01-01T00:00:00.000Z");
  });

  test("takes over what the audit context knows, and lets the record's own attributes win", async (t) => {
    const { receiver, audit } = await fixture(t);
    const instance = audit();
    const logger = instance.loggerProvider.getLogger("mine");
    withAuditContext({ actor: { id: "ann", type: "user" }, workflow: "w", tenant: "acme" }, () => {
      logger.emit({ eventName: "x", attributes: { "proofline.tenant": "own" } });
    });
    await instance.flush();
    assert.partialDeepStrictEqual(receiver.accepted[0]!.attributes, {
      "audit.actor.id": "ann",
      "proofline.workflow.id": "w",
      "proofline.tenant": "own",
    });
  });

  test("cannot pretend to a place in the stream, nor to its end, nor to redactions that were none", async (t) => {
    const { receiver, audit } = await fixture(t);
    const instance = audit();
    const attributes = { "audit.sequence.number": 99, "audit.sequence.end": true, "audit.sequence.stream_id": "x" };
    instance.loggerProvider.getLogger("mine").emit({ eventName: "x", attributes });
    instance.record({ ...event(2), attributes });
    await instance.flush();
    assert.deepEqual(
      receiver.accepted.map(({ number, end, stream }) => [number, end, stream === "x"]),
      [
        [1, false, false],
        [2, false, false],
      ],
    );
  });

  test("throws what record would, after shutdown as well, and says beforehand that it would", async (t) => {
    const { receiver, audit } = await fixture(t);
    receiver.reply = () => ({ status: 503 });
    const full = audit({ spoolMaxBytes: 4096 });
    const logger = full.loggerProvider.getLogger("mine");
    assert.throws(
      () => {
        for (;;) logger.emit({ eventName: "x" });
      },
      { code: "SPOOL_FULL" },
    );
    await full.shutdown({ timeoutMs: 1 });
    assert.equal(logger.enabled(), false);
    assert.throws(() => logger.emit({ eventName: "x" }), { code: "SHUT_DOWN" });
  });

  test("describes an exception, and takes a time that is none for now", async (t) => {
    const { receiver, audit } = await fixture(t);
    const instance = audit();
    const logger = instance.loggerProvider.getLogger("mine");
    logger.emit({ eventName: "x", exception: new TypeError("no"), timestamp: "yesterday" as never });
    await instance.flush();
    assert.partialDeepStrictEqual(receiver.accepted[0]!.attributes, { "exception.type": "TypeError", "exception.message": "no" });
    assert.ok(Number(receiver.accepted[0]!.timeNs) > 1.7e18);
  });
});
