import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { emptyRecord, formatHead, type LogRecord } from "@proofline/event";
import { LedgerError, type TailBatch } from "@proofline/ledger";
import { compilePolicy, defaultPolicy } from "@proofline/redaction";
import { defaultDecodeLimits } from "../../src/decode/decoded.ts";
import { ByteBudget } from "../../src/pipeline/budget.ts";
import { Gate, type Room } from "../../src/pipeline/gate.ts";
import { createPipeline, type Pipeline, type PipelineOptions } from "../../src/pipeline/pipeline.ts";
import type { PreparedRequest } from "../../src/pipeline/prepared-request.ts";
import { RequestPreparer } from "../../src/pipeline/request-preparer.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";

type FakeLedger = PipelineOptions["ledger"];

function tailsOf(entries: Parameters<FakeLedger["append"]>[0]): string[] {
  const { bytes, ends } = entries as TailBatch;
  return Array.from(ends, (end, i) => Buffer.from(bytes.subarray(i === 0 ? 0 : ends[i - 1]!, end)).toString());
}

function idsOf(entries: Parameters<FakeLedger["append"]>[0]): string[] {
  return tailsOf(entries).map((tail) => (JSON.parse(`{${tail}`) as { id: string }).id);
}

/** Says what was called in which order, and makes durable when it is told to. */
function fake(o: Partial<FakeLedger> = {}): { ledger: FakeLedger; calls: string[]; release: () => void } {
  const calls: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const ledger: FakeLedger = {
    name: "l",
    size: 100,
    suspects: () => [],
    durable: () => promise,
    read: async () => [],
    append: async (entries) => {
      calls.push(`append ${idsOf(entries).join(" ")}`);
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
  return createPipeline({ ledger, metrics: createMetrics({ process: false }) });
}

const preparer = new RequestPreparer({
  redactor: compilePolicy(defaultPolicy, {}),
  seal: (bytes) => Buffer.concat([Buffer.from("sealed "), bytes]),
  nextId: () => "made-up",
  accept: "all",
  maxTailBytes: 65_000,
  idKey: Uint32Array.from([1, 2]),
  limits: defaultDecodeLimits,
});

function prepared(all: readonly Partial<LogRecord>[], raw?: Uint8Array): PreparedRequest {
  const whole = (record: Partial<LogRecord>): LogRecord => ({
    ...emptyRecord(),
    attributes: new Map([["audit.action", "READ"]]),
    ...record,
  });
  const decoded = all.map((record) => ({ record: whole(record), ...(raw === undefined ? {} : { raw }) }));
  return preparer.prepareDecoded({ records: decoded }, "");
}

function records(...ids: string[]): PreparedRequest {
  return prepared(ids.map((id) => ({ id })));
}

const PREV = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/** A ledger that has the lines of a request, from seq 3 on. */
function having(request: PreparedRequest, o: Partial<FakeLedger> = {}): ReturnType<typeof fake> {
  const tails = tailsOf(request.tails);
  const line = (seq: number) => ({
    seq,
    line: Buffer.from(formatHead({ log: "l", seq, prev: PREV, received: 1n }) + tails[seq - 3]),
  });
  return fake({
    suspects: (batch) =>
      idsOf(batch).flatMap((id, entry) => {
        const seqs = tails.flatMap((tail, i) => (tail.startsWith(`"id":"${id}"`) ? [3 + i] : []));
        return seqs.length === 0 ? [] : [{ entry, seqs }];
      }),
    read: async (from, { maxLines }) =>
      Array.from({ length: Math.min(maxLines, tails.length + 3 - from) }, (_, i) => line(from + i)),
    durable: async () => {},
    ...o,
  });
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
    const { ledger } = having(records("a", "b"), { durable: () => promise });
    const accepted = pipelineOver(ledger).accept(records("a", "b"));
    assert.equal(await isPending(accepted), true);
    resolve();
    assert.deepEqual(await accepted, { accepted: 0, duplicates: 2, conflicts: 0, quarantined: 0, ignored: 0, first: undefined });
  });

  test("acknowledges no repeated record whose earlier line failed", async () => {
    const failure = new LedgerError("IO", "x", { fatal: true });
    const { ledger } = having(records("a"), { durable: () => Promise.reject(failure) });
    await assert.rejects(pipelineOver(ledger).accept(records("a")), failure);
  });

  test("writes what is new, leaves out what is there, and marks what contradicts it, also within one request", async () => {
    const written: string[] = [];
    const append: FakeLedger["append"] = async (entries) => {
      written.push(...tailsOf(entries));
      return { first: 9, received: 1n };
    };
    const { ledger } = having(records("a", "b"), { append });
    const request = prepared([
      { id: "b" },
      { id: "c" },
      { id: "c" },
      { id: "a", event: "other" },
      { id: "c", event: "other" },
      { id: "d" },
    ]);
    const accepted = await pipelineOver(ledger).accept(request);
    assert.deepEqual(accepted, { accepted: 4, duplicates: 2, conflicts: 2, quarantined: 2, ignored: 0, first: 9 });
    const said = written.map((tail) => JSON.parse(`{${tail}`) as { id: string; quarantine?: { code: string; reason: string } });
    assert.deepEqual(
      said.map(({ id, quarantine }) => [id, quarantine?.code, quarantine?.reason.replace(/.* stands /, "")]),
      [
        ["c", undefined, undefined],
        ["a", "ID_CONFLICT", "at seq 3"],
        ["c", "ID_CONFLICT", "earlier in the same request"],
        ["d", undefined, undefined],
      ],
    );
  });

  test("a record whose id only looks known by its hash is written like any other", async () => {
    const { ledger, calls, release } = having(records("a"), { suspects: () => [{ entry: 0, seqs: [3] }] });
    release();
    const { accepted, conflicts } = await pipelineOver(ledger).accept(records("b"));
    assert.deepEqual([accepted, conflicts, calls], [1, 0, ["append b"]]);
  });

  test("a line that came while others were read is read as well, before anything is appended", async () => {
    const known = records("a", "b");
    let asked = 0;
    const { ledger, calls } = having(known, {
      suspects: () => [{ entry: 0, seqs: asked++ === 0 ? [3] : [3, 4] }],
    });
    const accepted = await pipelineOver(ledger).accept(records("b"));
    assert.deepEqual([accepted.duplicates, calls], [1, []]);
  });

  test("stores what a line refers to before it appends the line, and appends nothing when that fails", async () => {
    const large = (): PreparedRequest => prepared([{ id: "a", body: "x".repeat(100_000) }]);
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
    const there = having(records("a", "b")).ledger;
    const { ledger } = having(records("a", "b"), {
      suspects: (batch) => (known.size === 0 ? [] : there.suspects(batch)),
      append: async (entries) => {
        for (const id of idsOf(entries)) {
          assert.ok(!known.has(id), `${id} was appended twice`);
          known.add(id);
        }
        return { first: 3, received: 1n };
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
      append: async (entries) => {
        [tail] = tailsOf(entries) as [string];
        return { first: 0, received: 1n };
      },
    });
    const raw = Buffer.from("unreadable");
    const request = prepared([{ quarantine: { code: "MALFORMED", reason: "it is" } }], raw);
    const { quarantined } = await pipelineOver(ledger).accept(request);
    assert.equal(quarantined, 1);
    assert.deepEqual(calls, ["object 17", "stored"]);
    assert.match(
      tail,
      /"quarantine":\{"code":"MALFORMED","reason":"it is","bytes":\{"\$ref":"sha256:[0-9a-f]{64}","bytes":17\}\}/,
    );
  });

  test("redacts a scope and a resource that many records share, and leaves the shared ones as they were", () => {
    const scope = { name: "ann@example.com", version: "", schemaUrl: "", attributes: new Map(), droppedAttributes: 0 };
    const resource = { schemaUrl: "", attributes: new Map([["password", "x"]]), droppedAttributes: 0 };
    const { tails } = prepared(["a", "b", "c"].map((id) => ({ id, scope, resource })));
    assert.equal(resource.attributes.get("password"), "x");
    for (const tail of tailsOf(tails)) {
      const { redactions } = JSON.parse(`{${tail}`) as { redactions: { path: string }[] };
      assert.deepEqual(
        redactions.map(({ path }) => path),
        ["scope.name", "resource.password"],
      );
    }
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
