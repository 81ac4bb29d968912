import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { compilePolicy, defaultPolicy } from "@proofline/redaction";
import { auditRequest, encodeRequest, requestToJson } from "../../../../test/support/otlp.ts";
import { DecodeError, defaultDecodeLimits } from "../../src/decode/decoded.ts";
import { PreparePool, type PreparePoolOptions } from "../../src/pipeline/prepare-pool.ts";
import type { PreparedRequest } from "../../src/pipeline/prepared-request.ts";
import { RequestPreparer } from "../../src/pipeline/request-preparer.ts";

const key = new Uint8Array(32).fill(7);
const common = {
  redactor: compilePolicy(defaultPolicy, { key }),
  seal: (bytes: Uint8Array) => bytes,
  nextId: () => "made-up",
  accept: "all" as const,
  maxTailBytes: 65_000,
  idKey: Uint32Array.from([1, 2]),
  limits: defaultDecodeLimits,
};

async function withPool(o: Partial<PreparePoolOptions>, use: (pool: PreparePool, lost: Error[]) => Promise<void>): Promise<void> {
  const lost: Error[] = [];
  const pool = new PreparePool({ ...common, workers: 2, key, onLost: (error) => lost.push(error), ...o });
  try {
    await use(pool, lost);
  } finally {
    await pool.close();
  }
}

const protobuf = (seed: number, records = 100): Uint8Array => encodeRequest(auditRequest({ seed, records }));

function linesOf({ tails }: PreparedRequest): string {
  return Buffer.from(tails.bytes).toString();
}

/** A thread that dies of the first message that it gets. */
const mortal = (): Worker =>
  new Worker("require('node:worker_threads').parentPort.on('message', () => { throw new Error('out of luck'); });", {
    eval: true,
  });

describe("threads that prepare requests", () => {
  test("give what this thread would give, in both encodings, for small bodies and large ones, also when memory is used again", () =>
    withPool({}, async (pool, lost) => {
      const here = new RequestPreparer(common);
      for (let round = 0; round < 3; round++) {
        const requests = [1, 20, 100, 400].map((records) => auditRequest({ seed: records + round, records }));
        const bodies = requests.flatMap((request) => [
          { encoding: "protobuf" as const, body: encodeRequest(request) },
          { encoding: "json" as const, body: new TextEncoder().encode(requestToJson(request)) },
        ]);
        const expected = bodies.map(({ body, encoding }) => linesOf(here.prepare(body, encoding, "billing")));
        const given = await Promise.all(
          bodies.map(({ body, encoding }) => pool.prepare(Uint8Array.from(body), encoding, "billing")),
        );
        assert.deepEqual(given.map(linesOf), expected);
        for (const request of given) pool.release(request);
      }
      assert.deepEqual(lost, []);
    }));

  test("leave a body alone that is part of a larger buffer", () =>
    withPool({}, async (pool) => {
      const body = protobuf(1);
      const around = Buffer.concat([Buffer.from("before"), body, Buffer.from("after")]);
      const request = await pool.prepare(around.subarray(6, 6 + body.length), "protobuf", "");
      assert.equal(request.records, 100);
      assert.equal(around.subarray(0, 6).toString(), "before");
    }));

  test("leave Node's own pool alone, also when a body begins where it does", () =>
    withPool({}, async (pool) => {
      const bytes = protobuf(1, 25);
      let body = Buffer.allocUnsafe(bytes.length);
      for (let i = 0; i < 1_000 && (body.byteOffset !== 0 || body.buffer.byteLength === body.length); i++)
        body = Buffer.allocUnsafe(bytes.length);
      // Only newer Nodes have a pool that such a body fits into.
      body.set(bytes);
      const neighbour = Buffer.allocUnsafe(16).fill("n");
      const request = await pool.prepare(body, "protobuf", "");
      assert.equal(request.records, 25);
      assert.equal(neighbour.toString(), "n".repeat(16));
    }));

  test("go on with the next body when one cannot be handed over", () =>
    withPool({ workers: 1 }, async (pool) => {
      // Larger than what a thread is given more on top of: what comes next waits.
      const first = pool.prepare(Uint8Array.from(protobuf(1, 2_000)), "protobuf", "");
      const bytes = Uint8Array.from(protobuf(2));
      const [second, again] = [pool.prepare(bytes, "protobuf", ""), pool.prepare(bytes, "protobuf", "")];
      await assert.rejects(again, { name: "DataCloneError" });
      assert.deepEqual([(await first).records, (await second).records], [2_000, 100]);
      assert.equal((await pool.prepare(Uint8Array.from(protobuf(3)), "protobuf", "")).records, 100);
    }));

  test("refuse a broken envelope as this thread does", () =>
    withPool({}, async (pool) => {
      const broken = protobuf(1).slice(0, -1);
      const error = await pool.prepare(Uint8Array.from(broken), "protobuf", "").catch((thrown: unknown) => thrown);
      assert.ok(error instanceof DecodeError);
      const { code, reason, offset, message } = error;
      assert.throws(() => new RequestPreparer(common).prepare(broken, "protobuf", ""), { code, reason, offset, message });
    }));

  test("that die take no request with them: each is answered with one that may pass next time, and another thread does the next", async () => {
    let started = 0;
    const start: NonNullable<PreparePoolOptions["start"]> = (setup) =>
      ++started <= 2
        ? mortal()
        : new Worker(new URL("../../src/pipeline/prepare-worker.ts", import.meta.url), { workerData: setup });
    await withPool({ start }, async (pool, lost) => {
      const results = await Promise.allSettled([1, 2].map((seed) => pool.prepare(protobuf(seed), "protobuf", "")));
      for (const result of results) {
        assert.ok(result.status === "rejected");
        assert.deepEqual(
          [result.reason.name, result.reason.code, result.reason.cause.message],
          ["RequestError", "unexpected", "out of luck"],
        );
      }
      assert.deepEqual(
        lost.map(({ message }) => message),
        ["out of luck", "out of luck"],
      );
      const { records } = await pool.prepare(protobuf(3), "protobuf", "");
      assert.equal(records, 100);
    });
  });

  test("leave nothing hanging when they are ended", () =>
    withPool({}, async (pool) => {
      const started = [1, 2, 3, 4].map((seed) => pool.prepare(protobuf(seed, 2_000), "protobuf", ""));
      const settled = Promise.allSettled(started);
      await pool.close();
      for (const result of await settled) assert.ok(result.status === "rejected" && result.reason.code === "stopping");
      await assert.rejects(pool.prepare(protobuf(5), "protobuf", ""), { code: "stopping" });
    }));

  test("redact what came before another policy by the one before, and what comes after by the new one", () =>
    withPool({ workers: 1 }, async (pool) => {
      const other = compilePolicy({ keys: [], values: [], content: "keep" }, { key });
      const secret = (seed: number): Uint8Array => {
        const request = auditRequest({ seed, records: 50 });
        for (const { attributes } of request.resourceLogs![0]!.scopeLogs![0]!.logRecords!)
          attributes!.push({ key: "password", value: { stringValue: "hunter2" } });
        return encodeRequest(request);
      };
      const before = [1, 2, 3].map((seed) => pool.prepare(secret(seed), "protobuf", ""));
      pool.replaceRedactor(other);
      const after = pool.prepare(secret(4), "protobuf", "");
      for (const request of before) {
        const lines = linesOf(await request);
        assert.ok(!lines.includes("hunter2") && lines.includes(common.redactor.version));
      }
      assert.ok(linesOf(await after).includes("hunter2"));
    }));
});
