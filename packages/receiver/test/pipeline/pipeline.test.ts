import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { emptyRecord } from "@proofline/event";
import { type Entry, LedgerError } from "@proofline/ledger";
import type { Decoded } from "@proofline/receiver";
import { compilePolicy, defaultPolicy } from "@proofline/redaction";
import { ByteBudget } from "../../src/pipeline/budget.ts";
import { Gate, type Room } from "../../src/pipeline/gate.ts";
import { createPipeline, type Pipeline, type PipelineOptions } from "../../src/pipeline/pipeline.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";

type FakeLedger = PipelineOptions["ledger"];

/** Says what was called in which order, and makes durable when it is told to. */
function fake(o: Partial<FakeLedger> = {}): { ledger: FakeLedger; calls: string[]; release: () => void } {
  const calls: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const ledger: FakeLedger = {
    maxTailBytes: 65_000,
    seen: () => undefined,
    append: async (entries) => {
      calls.push(`append ${entries.map(({ id }) => id).join(" ")}`);
      await promise;
      return { first: 0, received: 1n };
    },
    putObject: async (bytes) => {
      calls.push(`object ${bytes.length}`);
      await new Promise(setImmediate);
      calls.push("stored");
      return { sha256: "", bytes: bytes.length };
    },
    ...o,
  };
  return { ledger, calls, release: resolve };
}

function pipelineOver(ledger: FakeLedger): Pipeline {
  return createPipeline({
    ledger,
    redactor: compilePolicy(defaultPolicy, {}),
    seal: (bytes) => Buffer.concat([Buffer.from("sealed "), bytes]),
    nextId: () => "made-up",
    accept: "all",
    metrics: createMetrics({ process: false }),
  });
}

function records(...ids: string[]): Decoded {
  return { records: ids.map((id) => ({ record: { ...emptyRecord(), id, attributes: new Map([["audit.action", "READ"]]) } })) };
}

/** Whether a promise has settled once everything that can run without the outside has run. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  const settle = (): void => {
    pending = false;
  };
  promise.then(settle, settle);
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
  return pending;
}

describe("the pipeline", () => {
  test("does not resolve before the ledger says durable", async () => {
    const { ledger, release } = fake();
    const accepted = pipelineOver(ledger).accept(records("a"));
    assert.equal(await isPending(accepted), true);
    release();
    assert.deepEqual(await accepted, { accepted: 1, duplicates: 0, conflicts: 0, quarantined: 0, ignored: 0, first: 0 });
  });

  test("waits for the earlier line of a repeated record to be durable", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { ledger } = fake({ seen: () => ({ status: "same", seq: 3, durable: promise }) });
    const accepted = pipelineOver(ledger).accept(records("a", "b"));
    assert.equal(await isPending(accepted), true);
    resolve();
    assert.deepEqual(await accepted, { accepted: 0, duplicates: 2, conflicts: 0, quarantined: 0, ignored: 0, first: undefined });
  });

  test("acknowledges no repeated record whose earlier line failed", async () => {
    const failure = new LedgerError("IO", "x", { fatal: true });
    const { ledger } = fake({ seen: () => ({ status: "same", seq: 3, durable: Promise.reject(failure) }) });
    await assert.rejects(pipelineOver(ledger).accept(records("a")), failure);
  });

  test("stores what a line refers to before it appends the line, and appends nothing when that fails", async () => {
    const large = (): Decoded => {
      const decoded = records("a");
      decoded.records[0]!.record.body = "x".repeat(100_000);
      return decoded;
    };
    const { ledger, calls, release } = fake();
    release();
    await pipelineOver(ledger).accept(large());
    assert.deepEqual(calls, ["object 100000", "stored", "append a"]);
    const full = fake({ putObject: () => Promise.reject(new LedgerError("DISK_FULL", "x")) });
    await assert.rejects(pipelineOver(full.ledger).accept(large()), { code: "DISK_FULL" });
    assert.deepEqual(full.calls, []);
  });

  test("hands a request's records to the ledger together, in one call, in order", async () => {
    const { ledger, calls, release } = fake();
    release();
    await pipelineOver(ledger).accept(records("c", "a", "b"));
    assert.deepEqual(calls, ["append c a b"]);
  });

  test("looks up ids and appends without a pause between: no other request can take an id in between", async () => {
    const known = new Set<string>();
    const { ledger } = fake({
      seen: (id) => (known.has(id) ? { status: "same", seq: 0, durable: Promise.resolve() } : undefined),
      append: async (entries: readonly Entry[]) => {
        for (const { id } of entries) {
          assert.ok(!known.has(id), `${id} was appended twice`);
          known.add(id);
        }
        return { first: 0, received: 1n };
      },
    });
    const pipeline = pipelineOver(ledger);
    const all = await Promise.all(Array.from({ length: 10 }, () => pipeline.accept(records("a", "b"))));
    assert.equal(
      all.reduce((sum, { accepted }) => sum + accepted, 0),
      2,
    );
  });

  test("keeps the bytes of a record that could not be read, sealed, and refers to them", async () => {
    let tail = "";
    const { ledger, calls } = fake({
      append: async ([entry]) => {
        tail = entry!.tail;
        return { first: 0, received: 1n };
      },
    });
    const raw = Buffer.from("unreadable");
    const decoded: Decoded = {
      records: [{ record: { ...emptyRecord(), quarantine: { code: "MALFORMED", reason: "it is" } }, raw }],
    };
    const { quarantined } = await pipelineOver(ledger).accept(decoded);
    assert.equal(quarantined, 1);
    assert.deepEqual(calls, ["object 17", "stored"]);
    assert.match(
      tail,
      /"quarantine":\{"code":"MALFORMED","reason":"it is","bytes":\{"\$ref":"sha256:[0-9a-f]{64}","bytes":17\}\}/,
    );
  });

  test("begins nothing for a sender that has gone", async () => {
    const { ledger, calls } = fake();
    await assert.rejects(pipelineOver(ledger).accept(records("a"), AbortSignal.abort()), { name: "AbortError" });
    assert.deepEqual(calls, []);
  });

  test("redacts a scope and a resource that many records share once, and they stay shared", async () => {
    const scope = { name: "ann@example.com", version: "", schemaUrl: "", attributes: new Map(), droppedAttributes: 0 };
    const resource = { schemaUrl: "", attributes: new Map([["password", "x"]]), droppedAttributes: 0 };
    const { ledger, release } = fake();
    release();
    const decoded = records("a", "b", "c");
    for (const one of decoded.records) Object.assign(one.record, { scope, resource });
    await pipelineOver(ledger).accept(decoded);
    assert.equal(new Set(decoded.records.map(({ record }) => record.scope)).size, 1);
    assert.equal(new Set(decoded.records.map(({ record }) => record.resource)).size, 1);
    assert.equal(resource.attributes.get("password"), "x");
    for (const { record } of decoded.records)
      assert.deepEqual(
        record.redactions.map(({ path }) => path),
        ["scope.name", "resource.password"],
      );
  });
});

describe("the gate", () => {
  const room: Room = { ok: true };
  const gate = (): Gate =>
    new Gate(
      () => room,
      () => {},
    );

  test("refuses until it is open, and again while stopping; a failure is for good", () => {
    const g = gate();
    assert.equal(g.refusal()?.code, "stopping");
    g.move("open");
    assert.equal(g.refusal(), undefined);
    g.move("stopping");
    g.move("open");
    assert.equal(g.refusal()?.code, "stopping");
    g.move("failed");
    g.move("stopping");
    assert.equal(g.refusal()?.code, "not_durable");
  });

  test("is idle when nothing is under way, also after a request that failed", async () => {
    const g = gate();
    await g.idle();
    const { promise, reject } = Promise.withResolvers<void>();
    const held = g.hold(() => promise);
    const idle = g.idle();
    assert.equal(await isPending(idle), true);
    reject(new Error("failed"));
    await assert.rejects(held);
    await idle;
  });
});

describe("the budget of bytes", () => {
  test("gives until nothing is left, refuses without a change, and takes back", () => {
    const budget = new ByteBudget(100);
    const [a, b] = [budget.open(), budget.open()];
    assert.equal(a.take(60), true);
    assert.equal(b.take(41), false);
    assert.equal(b.take(40), true);
    assert.equal(budget.used, 100);
    assert.equal(a.take(70), false);
    assert.equal(a.take(10), true);
    assert.equal(budget.used, 50);
    a.close();
    a.close();
    b.close();
    assert.equal(budget.used, 0);
  });
});
