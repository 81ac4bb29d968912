// Specifies step/wrap.ts and step.ts in all kinds of function.
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { setAuditActor, withAuditContext } from "../../src/emit/context.ts";
import { auditStep } from "../../src/step/wrap.ts";
import { fixture } from "../kit/fixture.ts";
import type { SeenRecord } from "../kit/otlp-receiver.ts";

async function steps(t: TestContext, options: { key?: Uint8Array } = {}) {
  const { receiver, audit } = await fixture(t);
  const instance = audit({ redactionKey: options.key });
  return {
    audit: instance,
    seen: async (): Promise<SeenRecord[]> => {
      assert.equal(await instance.flush(), 0);
      return receiver.accepted;
    },
  };
}

const brief = (record: SeenRecord) => [
  record.event,
  record.attributes["audit.outcome"],
  record.attributes["proofline.step.phase"],
];
const boom = (): never => {
  throw new RangeError("secret detail");
};

describe("an audited function", () => {
  test("keeps its this, name, length, arguments and result", async (t) => {
    const { audit } = await steps(t);
    const object = {
      factor: 3,
      times: auditStep({ event: "math.times", audit }, function times(this: { factor: number }, a: number, b: number) {
        return (a + b) * this.factor;
      }),
    };
    assert.equal(object.times(1, 2), 9);
    assert.equal(object.times.name, "times");
    assert.equal(object.times.length, 2);
  });

  test("leaves a start and an end with one step id, sizes, and a duration", async (t) => {
    const { audit, seen } = await steps(t);
    auditStep(
      { event: "invoice.scored", action: "SCORE", target: (id: string) => ({ id, type: "invoice" }), audit },
      (id: string) => ({ id }),
    )("4711");
    const [start, end] = await seen();
    assert.deepEqual(brief(start!), ["invoice.scored.started", "unknown", "start"]);
    assert.deepEqual(brief(end!), ["invoice.scored", "success", "end"]);
    assert.equal(start!.attributes["proofline.step.id"], end!.attributes["proofline.step.id"]);
    assert.partialDeepStrictEqual(end!.attributes, {
      "audit.action": "SCORE",
      "audit.target.id": "4711",
      "proofline.input.bytes": 8,
      "proofline.output.bytes": 13,
    });
    assert.ok((end!.attributes["proofline.step.duration_ns"] as number) > 0);
    assert.equal(start!.traceId, end!.traceId);
    assert.match(start!.traceId, /^[0-9a-f]{32}$/);
    assert.equal(end!.attributes["proofline.input.digest"], undefined, "no unkeyed hash");
  });

  test("with a key has digests that are equal for equal contents, and hold nothing of them", async (t) => {
    const { audit, seen } = await steps(t, { key: Buffer.alloc(32, 1) });
    const fn = auditStep({ event: "e", start: false, audit }, (value: unknown) => value);
    for (const value of [{ a: 1, b: [2n] }, { b: [2n], a: 1 }, { a: 2 }]) fn(value);
    const digests = (await seen()).map(({ attributes }) => attributes["proofline.input.digest"]);
    assert.match(String(digests[0]), /^hmac-sha256:[A-Za-z0-9_-]{43}$/);
    assert.equal(digests[0], digests[1]);
    assert.notEqual(digests[0], digests[2]);
  });

  test("that throws is recorded as a failure with the error's type, and throws on the very same error", async (t) => {
    const { audit, seen } = await steps(t);
    assert.throws(auditStep({ event: "e", audit }, boom), { name: "RangeError", message: "secret detail" });
    assert.throws(auditStep({ event: "e", audit, errorMessage: true }, boom), RangeError);
    const failed = (await seen()).filter(({ event }) => event === "e");
    assert.deepEqual(failed.map(brief), [
      ["e", "failure", "end"],
      ["e", "failure", "end"],
    ]);
    assert.equal(failed[0]!.attributes["error.type"], "RangeError");
    assert.equal(failed[0]!.attributes["error.message"], undefined);
    assert.equal(failed[1]!.attributes["error.message"], "secret detail");
  });

  test("that is async ends when its promise does", async (t) => {
    const { audit, seen } = await steps(t);
    const fine = auditStep({ event: "fine", audit }, async (n: number) => {
      await Promise.resolve();
      return n + 1;
    });
    const bad = auditStep({ event: "bad", audit }, async () => {
      await Promise.resolve();
      boom();
    });
    assert.equal(await fine(1), 2);
    await assert.rejects(bad(), RangeError);
    assert.deepEqual((await seen()).map(brief), [
      ["fine.started", "unknown", "start"],
      ["fine", "success", "end"],
      ["bad.started", "unknown", "start"],
      ["bad", "failure", "end"],
    ]);
  });

  test("that returns a promise with methods of its own returns that very promise", async (t) => {
    const { audit, seen } = await steps(t);
    class Special<T> extends Promise<T> {
      extra(): string {
        return "extra";
      }
    }
    const promise = auditStep({ event: "e", audit }, () => Special.resolve(1) as Special<number>)();
    assert.equal(promise.extra(), "extra");
    assert.equal(await promise, 1);
    assert.deepEqual((await seen()).map(brief).at(-1), ["e", "success", "end"]);
  });

  test("that returns a lazy thenable does not run it a second time", async (t) => {
    const { audit } = await steps(t);
    let runs = 0;
    // biome-ignore lint/suspicious/noThenProperty: a query builder is such an object
    const query = { then: (done: (rows: number) => void) => done(++runs) };
    assert.equal(await auditStep({ event: "e", audit }, () => query)(), 1);
    assert.equal(runs, 1);
  });

  test("within another names it as its parent, and so do the events inside", async (t) => {
    const { audit, seen } = await steps(t);
    const inner = auditStep({ event: "inner", start: false, audit }, async () => {
      audit.record({ event: "note", action: "WRITE", outcome: "success" });
    });
    const outer = auditStep({ event: "outer", start: false, audit }, async () => {
      await Promise.resolve();
      await inner();
    });
    await withAuditContext({ workflow: "w" }, outer);
    const [note, innerEnd, outerEnd] = await seen();
    assert.equal(innerEnd!.attributes["proofline.step.parent_id"], outerEnd!.attributes["proofline.step.id"]);
    assert.equal(note!.attributes["proofline.step.parent_id"], innerEnd!.attributes["proofline.step.id"]);
    assert.equal(outerEnd!.attributes["proofline.step.parent_id"], undefined);
    assert.equal(new Set([note, innerEnd, outerEnd].map((record) => record!.traceId)).size, 1);
  });

  test("ends with the actor that was set inside it", async (t) => {
    const { audit, seen } = await steps(t);
    await auditStep({ event: "login", start: false, audit }, async () => {
      await Promise.resolve();
      setAuditActor({ id: "ann", type: "user" });
    })();
    assert.equal((await seen())[0]!.attributes["audit.actor.id"], "ann");
  });

  test("is not run when its start cannot be recorded; once it ran, nothing that goes wrong here reaches the caller", async (t) => {
    const { audit } = await fixture(t);
    const instance = audit();
    let ran = 0;
    const fn = auditStep({ event: "e", audit: instance, target: boom as never }, () => {
      ran++;
      return "result";
    });
    assert.equal(fn(), "result");
    const closing = auditStep({ event: "e", start: true, audit: instance }, () => {
      ran++;
      void instance.shutdown();
      return "result";
    });
    assert.equal(closing(), "result");
    assert.throws(() => fn(), { name: "AuditError", code: "SHUT_DOWN" });
    assert.equal(ran, 2);
    assert.equal(instance.stats().thrown, 2);
  });
});

describe("an audited generator", () => {
  function* count(to: number): Generator<number, string, string | undefined> {
    const heard: string[] = [];
    try {
      for (let n = 1; n <= to; n++) heard.push((yield n) ?? "-");
    } finally {
      heard.push("closed");
    }
    return heard.join("");
  }

  test("yields, hears, throws and returns as before; it starts with its first step, and ends as a success with its count", async (t) => {
    const { audit, seen } = await steps(t);
    const wrapped = auditStep({ event: "g", audit }, count);
    const idle = wrapped(1);
    assert.equal(audit.stats().recorded, 0);
    void idle;
    const running = wrapped(2);
    assert.deepEqual(running.next(), { value: 1, done: false });
    assert.deepEqual(running.next("a"), { value: 2, done: false });
    assert.deepEqual(running.next("b"), { value: "abclosed", done: true });
    const records = await seen();
    assert.deepEqual(records.map(brief), [
      ["g.started", "unknown", "start"],
      ["g", "success", "end"],
    ]);
    assert.equal(records[1]!.attributes["proofline.step.yielded"], 2);
  });

  test("that its consumer leaves is closed, and ends as stopped", async (t) => {
    const { audit, seen } = await steps(t);
    for (const n of auditStep({ event: "g", start: false, audit }, count)(10)) if (n === 3) break;
    const [end] = await seen();
    assert.partialDeepStrictEqual(end!.attributes, {
      "audit.outcome": "success",
      "proofline.step.yielded": 3,
      "proofline.step.stopped": true,
    });
  });

  test("into which an error is thrown fails with it, or goes on when it catches it", async (t) => {
    const { audit, seen } = await steps(t);
    const running = auditStep({ event: "g", start: false, audit }, count)(10);
    running.next();
    assert.throws(() => running.throw(new RangeError("x")), RangeError);
    const patient = auditStep({ event: "p", start: false, audit }, function* () {
      try {
        yield 1;
      } catch {
        yield 2;
      }
    })();
    patient.next();
    assert.deepEqual(patient.throw(new Error("caught")), { value: 2, done: false });
    assert.deepEqual(patient.next(), { value: undefined, done: true });
    assert.deepEqual((await seen()).map(brief), [
      ["g", "failure", "end"],
      ["p", "success", "end"],
    ]);
  });

  test("that is async does all that, too, and its events belong to it across awaits", async (t) => {
    const { audit, seen } = await steps(t);
    const wrapped = auditStep({ event: "ag", start: false, audit }, async function* (to: number) {
      for (let n = 1; n <= to; n++) {
        await Promise.resolve();
        audit.record({ event: "note", action: "WRITE", outcome: "success" });
        yield n;
      }
      return "done";
    });
    const all: number[] = [];
    for await (const n of wrapped(2)) all.push(n);
    for await (const n of wrapped(5)) if (n === 1) break;
    const failing = auditStep({ event: "af", start: false, audit }, async function* () {
      yield 1;
      boom();
    })();
    await failing.next();
    await assert.rejects(failing.next(), RangeError);
    assert.deepEqual(all, [1, 2]);
    const records = await seen();
    const ends = records.filter(({ event }) => event !== "note");
    assert.deepEqual(
      ends.map((r) => [
        r.event,
        r.attributes["audit.outcome"],
        r.attributes["proofline.step.yielded"],
        r.attributes["proofline.step.stopped"],
      ]),
      [
        ["ag", "success", 2, undefined],
        ["ag", "success", 1, true],
        ["af", "failure", 1, undefined],
      ],
    );
    const notes = records.filter(({ event }) => event === "note");
    assert.deepEqual(
      notes.map((note) => note.attributes["proofline.step.parent_id"]),
      [ends[0], ends[0], ends[1]].map((end) => end!.attributes["proofline.step.id"]),
    );
  });
});
