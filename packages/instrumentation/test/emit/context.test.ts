// Specifies emit/context.ts and trace.ts: who acts, in which workflow, in which trace.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { setAuditActor, withAuditContext } from "../../src/emit/context.ts";
import { event, fixture, until } from "../kit/fixture.ts";

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const bare = (id: string) => ({ ...event(id), actor: undefined });

describe("the audit context", () => {
  test("is taken over by every event inside, through promises and timers; inner ones add and win; an event's own word wins", async (t) => {
    const { receiver, audit } = await fixture(t);
    const instance = audit();
    const outer = { actor: { id: "ann", type: "user" }, workflow: "w", tenant: "acme", attributes: { a: 1, b: 1 } } as const;
    await withAuditContext(outer, async () => {
      await tick();
      instance.record(bare("1"));
      await withAuditContext({ task: "t", run: "r", attributes: { b: 2 } }, async () => {
        await tick();
        instance.record({ ...bare("2"), workflow: "own", actor: { id: "bob", type: "agent" } });
      });
      instance.record(bare("3"));
    });
    instance.record(bare("4"));
    await instance.flush();
    const seen = receiver.accepted.map(({ attributes: a }) => [
      a["audit.actor.id"],
      a["proofline.workflow.id"],
      a["proofline.task.id"],
      a["proofline.run.id"],
      a["proofline.tenant"],
      a.a,
      a.b,
    ]);
    assert.deepEqual(seen, [
      ["ann", "w", undefined, undefined, "acme", 1, 1],
      ["bob", "own", "t", "r", "acme", 1, 2],
      ["ann", "w", undefined, undefined, "acme", 1, 1],
      [undefined, undefined, undefined, undefined, undefined, undefined, undefined],
    ]);
  });

  test("of two flows at the same time does not mix, and an actor set in one stays in it", async (t) => {
    const { receiver, audit } = await fixture(t);
    const instance = audit();
    const flow = (name: string) =>
      withAuditContext({ workflow: name }, async () => {
        await tick();
        setAuditActor({ id: `actor of ${name}`, type: "user" });
        await tick();
        instance.record(bare(name));
      });
    await Promise.all([flow("a"), flow("b"), flow("c")]);
    await instance.flush();
    for (const { attributes } of receiver.accepted)
      assert.equal(attributes["audit.actor.id"], `actor of ${String(attributes["proofline.workflow.id"])}`);
  });
});

describe("the trace of an event", () => {
  test("is that of the active span", async (t) => {
    const sdk = new NodeSDK({
      spanProcessors: [{ onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} }],
      metricReaders: [],
      logRecordProcessors: [],
      autoDetectResources: false,
    });
    sdk.start();
    t.after(async () => {
      await sdk.shutdown();
      trace.disable();
      context.disable();
    });
    const { receiver, audit } = await fixture(t);
    const instance = audit();
    await trace.getTracer("test").startActiveSpan("work", async (span) => {
      await tick();
      instance.record(event());
      const { traceId, spanId } = span.spanContext();
      span.end();
      await until(() => receiver.accepted.length === 1);
      assert.equal(receiver.accepted[0]!.traceId, traceId);
      assert.equal(receiver.accepted[0]!.spanId, spanId);
    });
    await context.with(ROOT_CONTEXT, () => instance.commit(event(2)));
    assert.equal(receiver.accepted[1]!.traceId, "");
  });

  test("without any span is one of the outermost context's own, the same for all in it", async (t) => {
    const { receiver, audit } = await fixture(t);
    const instance = audit();
    for (const workflow of ["a", "b"]) {
      withAuditContext({ workflow }, () => {
        instance.record(event(`${workflow}1`));
        withAuditContext({ task: "t" }, () => instance.record(event(`${workflow}2`)));
      });
    }
    await instance.flush();
    const [a1, a2, b1, b2] = receiver.accepted.map(({ traceId }) => traceId);
    assert.match(a1!, /^[0-9a-f]{32}$/);
    assert.equal(a1, a2);
    assert.equal(b1, b2);
    assert.notEqual(a1, b1);
  });
});
