// errors.ts: points 16 to 21: what is refused for good, what may be tried again, and how each is told.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nodeDisk } from "@proofline/ledger";
import { FAILURES } from "../../../packages/receiver/src/otlp/failure.ts";
import { auditRecord, request, toJson, toProtobuf } from "../../../packages/receiver/test/support/otlp.ts";
import { temporaryFolder } from "../../../packages/receiver/test/support/receiver.ts";
import { type ExporterName, frame, head, type Said } from "../case.ts";
import { emit } from "../emit.ts";
import { linesOf } from "../lines.ts";
import type { Point } from "../suite.ts";

const EXPORTERS: readonly ExporterName[] = ["JS http/json", "JS http/protobuf", "JS grpc"];
/** Of HTTP and of gRPC: what a client tries again. */
const RETRYABLE_HTTP: readonly number[] = [429, 502, 503, 504];
const RETRYABLE_GRPC: readonly number[] = [1, 4, 10, 11, 14, 15];

/** Refused, for now: 503 or UNAVAILABLE, and a wait of one to three whole seconds. */
function assertComeAgain(said: Said): void {
  assert.equal(said.code, said.transport === "gRPC" ? 14 : 503, said.message);
  assert.equal(said.status, 14);
  assert.ok([1, 2, 3].includes(said.retrySeconds!), `${said.retrySeconds} s`);
}

export const errorPoints: readonly Point[] = [
  {
    number: 16,
    requirement: "bad data is 400 and INVALID_ARGUMENT with a Status, and is not repeated",
    answer:
      "says so when the envelope cannot be read, with the place and nothing of the contents; a record that cannot be read is accepted into quarantine",
    async check(c) {
      const r = await c.start();
      for (const text of ['{"resourceLogs":[{"secret-key', "[]", "null", '{"resourceLogs":{}}', "\u0000", "{}{}"]) {
        const said = await c.json(r, text);
        assert.deepEqual([said.code, said.status, said.retrySeconds], [400, 3, undefined], text);
        assert.match(said.message, /at byte \d+/);
        assert.ok(!said.message.includes("secret"));
      }
      for (const bytes of [[0x0a, 0xff], [0x08, 1], [0], [0x9c, 6], Array<number>(12).fill(0xff)]) {
        for (const said of await c.protobuf(r, Uint8Array.from(bytes))) {
          assert.deepEqual([said.status, said.retrySeconds], [3, undefined]);
          assert.match(said.message, /at byte \d+/);
        }
      }
      // Frames that are no message, or not one.
      const good = frame(toProtobuf(request(auditRecord("twice"))));
      for (const [bytes, status] of [
        [good.subarray(0, -1), 3],
        [good.with(0, 7), 3],
        [good.subarray(0, 3), 3],
        [Buffer.alloc(0), 12],
        [Buffer.concat([good, good]), 12],
      ] as const)
        assert.equal((await c.frames(r, bytes)).status, status);
      assert.match((await c.frames(r, Buffer.concat([good, good]))).message, /takes one message/);
      assert.deepEqual(await linesOf(r), []);
    },
  },
  {
    number: 17,
    requirement: "over HTTP 429, 502, 503 and 504 are repeated, nothing else is",
    answer:
      "says 503 to whatever may pass next time, the unexpected too, and never 500 or 408: those make an exporter drop its records",
    async check(c) {
      for (const [code, { http, retryable }] of Object.entries(FAILURES)) {
        assert.equal(RETRYABLE_HTTP.includes(http), retryable, code);
        assert.ok(http !== 500 && http !== 408, code);
      }
      // A fault of our own: ids cannot be made.
      const random = (): never => {
        throw new Error("no entropy");
      };
      let broken = false;
      const world = { nowMs: () => (broken ? random() : Date.now()) };
      const r = await c.start({ world, settings: { "otlp.body_timeout": "150ms" } });
      broken = true;
      const anonymous = { ...auditRecord(""), attributes: [] };
      for (const said of await c.everyWay(r, () => request(anonymous))) assertComeAgain(said);
      broken = false;
      assert.ok(!JSON.stringify(r.logged).includes("invoice.approved"));
      // A body that comes too slowly.
      assert.match(await c.http(r, `${head(10)}{`, /\}$/), /^HTTP\/1\.1 503 .*retry-after: [123]\r\n/is);
      for (const said of await c.everyWay(r, (way) => request(auditRecord(`r-${way}`)))) assert.ok(said.ok);
    },
  },
  {
    number: 18,
    requirement:
      "over gRPC CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE and DATA_LOSS are repeated, RESOURCE_EXHAUSTED only with RetryInfo",
    answer:
      "says UNAVAILABLE with RetryInfo to whatever may pass next time, never UNKNOWN or INTERNAL; a client's own deadline and its leaving harm nobody",
    async check(c) {
      for (const [code, { grpc, retryable }] of Object.entries(FAILURES)) {
        assert.equal(RETRYABLE_GRPC.includes(grpc), retryable, code);
        assert.ok(grpc !== 2 && grpc !== 13, code);
      }
      let broken = false;
      const disk = { ...nodeDisk, freeBytes: (path: string) => (broken ? fail() : nodeDisk.freeBytes(path)) };
      const fail = (): never => {
        throw new TypeError("a fault of our own");
      };
      const r = await c.start({ world: { nowMs: () => (broken ? fail() : Date.now()), disk } });
      broken = true;
      const message = toProtobuf(request({ ...auditRecord(""), attributes: [] }));
      const unexpected = await c.call(r, message);
      assert.deepEqual([unexpected.code, unexpected.status?.code], [14, 14]);
      assert.ok(unexpected.status!.retrySeconds! >= 1);
      broken = false;
      const body = frame(toProtobuf(request(auditRecord("late"))));
      assert.equal((await c.frames(r, body, { "grpc-timeout": "soon" })).status, 3);
      assert.equal((await c.frames(r, body, { "grpc-timeout": "1n" })).status, 4);
      assert.equal((await c.frames(r, body, { "grpc-timeout": "99999999H" })).status, 0);
      const session = c.session(r);
      for (let i = 0; i < 20; i++) {
        const left = session.request({
          ":method": "POST",
          ":path": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
          "content-type": "application/grpc",
        });
        left.on("error", () => {});
        left.write(body.subarray(0, 20));
        left.close(8);
      }
      assert.equal((await c.frames(r, frame(toProtobuf(request(auditRecord("after")))), {}, session)).status, 0);
      assert.match(await r.metrics(), /proofline_inflight_bytes 0\n/);
    },
  },
  {
    number: 19,
    requirement: "back-pressure: 429 or 503 with Retry-After, UNAVAILABLE with RetryInfo",
    answer:
      "asks to come again in 1 to 3 whole seconds when the disk is nearly full or too much is under way: within what the JavaScript exporter has left, and it does come again",
    async check(c) {
      let freeBytes = 1e12;
      let nowNs = 1_795_209_243_000_000_000n;
      const world = { chance: () => 0, disk: { ...nodeDisk, freeBytes: () => freeBytes }, now: () => (nowNs += 2_000_000_000n) };
      const settings = { "disk.min_free_bytes": "1000000" };
      const r = await c.start({ world, settings });
      freeBytes = 10;
      for (const said of await c.everyWay(r, () => request(auditRecord("a")))) {
        assertComeAgain(said);
        assert.match(said.message, /disk is nearly full/);
      }
      // gRPC's exporter does not try again at all, so its records wait for what sent them.
      const [json, protobuf, grpc] = EXPORTERS.map((name) => emit(c.exporter(r, name), 5, name));
      assert.equal((await grpc)!.ok, false);
      freeBytes = 1e12;
      assert.ok((await json)!.ok);
      assert.ok((await protobuf)!.ok);
      assert.equal((await linesOf(r)).length, 10);
      // More under way than there is memory for: two bodies are nearly there, and no third one fits.
      const busy = await c.start({ settings: { "otlp.max_request_bytes": "4000", "otlp.max_inflight_bytes": "8000" } });
      const session = c.session(busy);
      const waiting = [1, 2].map(() => {
        const call = session.request({
          ":method": "POST",
          ":path": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
          "content-type": "application/grpc",
        });
        call.write(Buffer.concat([Uint8Array.of(0, 0, 0, 0x0f, 0xa0), Buffer.alloc(3_999)]));
        return call.on("error", () => {});
      });
      while (!(await busy.metrics()).includes("proofline_inflight_bytes 7998")) await new Promise(setImmediate);
      for (const said of await c.everyWay(busy, () => request(auditRecord("a")))) assertComeAgain(said);
      for (const call of waiting) call.close(8);
      while (!(await busy.metrics()).includes("proofline_inflight_bytes 0\n")) await new Promise(setImmediate);
      for (const said of await c.everyWay(busy, () => request(auditRecord("a")))) assert.ok(said.ok);
    },
  },
  {
    number: 20,
    requirement: "401 and 403, UNAUTHENTICATED and PERMISSION_DENIED are permanent",
    answer:
      "says them only of a credential that nothing could make good; when tokens cannot be checked it says 503, and a rotated token is read without a restart",
    async check(c) {
      const file = join(await temporaryFolder(c.t), "tokens");
      await writeFile(file, "a-token-that-is-long-enough-1\n", { mode: 0o600 });
      const settings = { "auth.tokens": JSON.stringify([{ name: "billing", file, logs: ["*"] }]) };
      const r = await c.start({ settings });
      const send = async (token: string | undefined): Promise<[http: number, grpc: number]> => {
        const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
        const body = request(auditRecord(`r-${token}`));
        const http = await c.post(r, "json", toJson(body), { headers });
        return [http.status, (await c.frames(r, frame(toProtobuf(body)), headers)).status];
      };
      assert.deepEqual(await send(undefined), [401, 16]);
      assert.deepEqual(await send("another-token-that-is-wrong"), [401, 16]);
      assert.deepEqual(await send("a-token-that-is-long-enough-1"), [200, 0]);
      await writeFile(file, "a-token-that-is-long-enough-2\n");
      assert.deepEqual(await send("a-token-that-is-long-enough-2"), [200, 0]);
      assert.ok(!JSON.stringify(r.logged).includes("a-token-that"));
    },
  },
  {
    number: 21,
    requirement: "the two transports say the same of the same failure",
    answer:
      "holds one table of failures: 400 with INVALID_ARGUMENT, 404 with UNIMPLEMENTED, 413 with RESOURCE_EXHAUSTED, 503 with UNAVAILABLE, in the Status of either",
    async check(c) {
      const pairs = new Set(Object.values(FAILURES).map(({ http, grpc }) => `${http} ${grpc}`));
      for (const pair of ["400 3", "404 12", "405 12", "413 8", "415 3", "503 14", "504 4"]) assert.ok(pairs.has(pair), pair);
      const r = await c.start({ settings: { "otlp.max_request_bytes": "1024" } });
      for (const bytes of [Buffer.from([0x0a, 0xff]), Buffer.alloc(1025)]) {
        const [http, grpc] = await c.protobuf(r, bytes);
        assert.equal(http.status, grpc.status);
        assert.ok(pairs.has(`${http.code} ${http.status}`));
      }
      const [http, grpc] = [
        await c.post(r, "protobuf", "", { path: "/v1/nothing" }),
        await c.call(r, Buffer.alloc(0), { path: "/a.B/C" }),
      ];
      assert.deepEqual([http.status, http.error.code, grpc.code], [404, 12, 12]);
    },
  },
];
