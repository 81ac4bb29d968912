// size.ts: points 6 to 9: compression, and limits on what comes in and goes out.

import assert from "node:assert/strict";
import { deflateSync, gzipSync } from "node:zlib";
import { loadConfig } from "@proofline/receiver";
import { auditRecord, request, toJson, toProtobuf } from "../../../packages/receiver/test/support/otlp.ts";
import { type ExporterName, frame, head } from "../case.ts";
import { emit } from "../emit.ts";
import { linesOf, tailsOf } from "../lines.ts";
import type { Point } from "../suite.ts";

const LIMIT = 64 * 1024;
const MAX_ANSWER_BYTES = 2_000;
const EXPORTERS: readonly ExporterName[] = ["JS http/json", "JS http/protobuf", "JS grpc"];

/** JSON of exactly so many bytes that says nothing. */
const sized = (bytes: number): string => `{"x":"${"y".repeat(bytes - 8)}"}`;
/** The same in protobuf: an unknown field. */
function sizedProtobuf(bytes: number): Buffer {
  const content = bytes - 5;
  return Buffer.concat([
    Uint8Array.of(0x7a, 0x80 | (content & 0x7f), 0x80 | ((content >> 7) & 0x7f), 0x80 | ((content >> 14) & 0x7f), content >> 21),
    Buffer.alloc(content),
  ]);
}

export const sizePoints: readonly Point[] = [
  {
    number: 6,
    requirement: "none and gzip are accepted; another encoding is refused, broken gzip is the client's fault",
    answer:
      "takes none and gzip on both transports with the same line for either; another encoding is 415 and UNIMPLEMENTED, broken gzip 400 and INVALID_ARGUMENT",
    async check(c) {
      const r = await c.start();
      await c.everyWay(r, (way) => request(auditRecord(`way-${way}`)));
      assert.equal(new Set(await tailsOf(r)).size, 1);
      for (const name of EXPORTERS) {
        for (const gzip of [false, true]) {
          const { ok } = await emit(c.exporter(r, name, { gzip }), 15, `${name}-${gzip}`);
          assert.ok(ok, name);
        }
      }
      assert.equal((await linesOf(r)).length, 6 + 6 * 15);
      const body = toProtobuf(request(auditRecord("x")));
      for (const encoding of ["br", "deflate", "zstd", "gzip, gzip", "nonsense"]) {
        const answer = await c.post(r, "protobuf", body, { headers: { "content-encoding": encoding } });
        assert.deepEqual([answer.status, answer.error.code], [415, 12], encoding);
      }
      for (const encoding of ["br", "zstd", "nonsense"])
        assert.equal((await c.frames(r, frame(body, true), { "grpc-encoding": encoding })).status, 12, encoding);
      const whole = gzipSync(body);
      const broken = [body, deflateSync(body), whole.subarray(0, -9), whole.with(12, whole[12]! ^ 0xff), Buffer.alloc(0)];
      for (const bytes of broken) {
        const answer = await c.post(r, "protobuf", bytes, { headers: { "content-encoding": "gzip" } });
        assert.deepEqual([answer.status, answer.error.code], [400, 3]);
        const raw = await c.frames(r, frame(bytes, true), { "grpc-encoding": "gzip" });
        assert.equal(raw.status, 3, raw.message);
      }
      // An encoding may be named though a message is not compressed; a compressed one must name it.
      assert.equal((await c.frames(r, frame(Buffer.alloc(0)), { "grpc-encoding": "br" })).status, 0);
      assert.equal((await c.frames(r, frame(whole, true))).status, 12);
      const identity = await c.post(r, "json", "{}", { headers: { "content-encoding": "identity" } });
      assert.equal(identity.status, 200);
    },
  },
  {
    number: 7,
    requirement: "the size limit holds before and after inflating: 413, RESOURCE_EXHAUSTED without RetryInfo; 64 MiB recommended",
    answer:
      "holds `otlp.max_request_bytes` (64 MiB) to the byte, before and after inflating, and keeps the connection; a length that is announced is refused before the body, also where 100-continue was expected",
    async check(c) {
      assert.equal(loadConfig({ flags: {} }).otlp.maxRequestBytes, 64 * 2 ** 20);
      const r = await c.start({ settings: { "otlp.max_request_bytes": String(LIMIT) } });
      for (const gzip of [false, true]) {
        assert.equal((await c.post(r, "json", sized(LIMIT), { gzip })).status, 200);
        const over = await c.json(r, sized(LIMIT + 1), { gzip });
        assert.deepEqual([over.code, over.status, over.retrySeconds], [413, 8, undefined]);
        for (const said of await c.protobuf(r, sizedProtobuf(LIMIT), { gzip })) assert.ok(said.ok, said.message);
        for (const said of await c.protobuf(r, sizedProtobuf(LIMIT + 1), { gzip })) {
          assert.deepEqual([said.status, said.retrySeconds], [8, undefined], said.transport);
          if (said.transport !== "gRPC") assert.equal(said.code, 413);
        }
      }
      // By what is announced alone, and by what comes when nothing was.
      assert.match(await c.http(r, head(LIMIT + 1), /\}$/), /^HTTP\/1\.1 413 /);
      const chunk = `${(1024).toString(16)}\r\n${"z".repeat(1024)}\r\n`;
      assert.match(await c.http(r, head("chunked") + chunk.repeat(65), /\}$/), /^HTTP\/1\.1 413 /);
      const announced = Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]);
      assert.equal((await c.frames(r, announced)).status, 8);
      // 100-continue: the body is asked for when it may come, and refused unsent when not.
      const expecting = "Expect: 100-continue\r\n";
      const refused = await c.http(r, head(LIMIT + 1, expecting), /\}$/);
      assert.match(refused, /^HTTP\/1\.1 413 /);
      assert.match(await c.http(r, head(2, expecting), / 100 /), /^HTTP\/1\.1 100 Continue/);
      const other = await c.http(r, head(2, "Expect: foo\r\n"), /\}$/);
      assert.match(other, /^HTTP\/1\.1 417 .*\{"code":3,"message":"/s);
      // The connection goes on after a refusal.
      const both = await c.http(r, `${head(LIMIT + 1)}${"z".repeat(LIMIT + 1)}${head(2)}{}`, /\{\}$/);
      assert.match(both, /^HTTP\/1\.1 413 .*HTTP\/1\.1 200 /s);
      const session = c.session(r);
      assert.equal((await c.frames(r, frame(Buffer.alloc(LIMIT + 1)), {}, session)).status, 8);
      assert.equal((await c.frames(r, frame(Buffer.alloc(0)), {}, session)).status, 0);
      // Records, too, are counted: there is no partial success to give the rest back with.
      const few = await c.start({ settings: { "otlp.max_records": "2" } });
      for (const said of await c.everyWay(few, () => request(auditRecord("a"), auditRecord("b"), auditRecord("c"))))
        assert.deepEqual([said.status, said.retrySeconds], [8, undefined]);
      assert.deepEqual(await linesOf(few), []);
    },
  },
  {
    number: 8,
    requirement: "answers stay under 4 MiB; the error message is shortened first",
    answer: "answers in less than 2 kB whatever was sent; an error's message has at most 512 characters",
    async check(c) {
      const r = await c.start();
      const long = "x".repeat(10_000);
      const hostile = [
        await c.post(r, "json", `{"resourceLogs":"${long}"}`),
        await c.post(r, "json", `{"resourceLogs":[{"${long}":[`),
        await c.post(r, "json", "{}", { headers: { "content-encoding": long } }),
        await c.post(r, "json", "{}", { headers: { "content-type": long } }),
        await c.post(r, "json", "{}", { path: `/${long}` }),
        await c.post(r, "protobuf", Buffer.alloc(10_000, 0xff)),
      ];
      for (const answer of hostile) {
        assert.ok(answer.status >= 400 && answer.status < 500);
        assert.ok(answer.bytes.length < MAX_ANSWER_BYTES);
        assert.ok(answer.error.message.length <= 513 && !answer.bytes.includes(long.slice(0, 100)));
      }
      const calls = [
        await c.frames(r, frame(Buffer.alloc(10_000, 0xff))),
        await c.frames(r, frame(Buffer.alloc(10), true), { "grpc-encoding": long }),
        await c.frames(r, frame(Buffer.alloc(10)), { ":path": `/${"y".repeat(5000)}` }),
      ];
      for (const answer of calls) {
        assert.ok(answer.status === 3 || answer.status === 12);
        assert.ok(JSON.stringify(answer.headers).length < MAX_ANSWER_BYTES);
      }
    },
  },
  {
    number: 9,
    requirement: "an answer is compressed only when the client accepts it",
    answer: "never compresses an answer: the JavaScript exporter would not inflate it",
    async check(c) {
      const r = await c.start();
      for (const encoding of ["json", "protobuf"] as const) {
        for (const body of ["", "\xff"]) {
          const answer = await c.post(r, encoding, body, { headers: { "accept-encoding": "gzip, br" } });
          assert.equal(answer.headers.get("content-encoding"), null);
        }
      }
      const answer = await c.frames(r, frame(toProtobuf(request(auditRecord("r")))), { "grpc-accept-encoding": "gzip" });
      assert.deepEqual([answer.headers["grpc-encoding"] ?? "identity", answer.body[0]], ["identity", 0]);
      assert.equal((await c.post(r, "json", toJson(request(auditRecord("s"))))).headers.get("content-encoding"), null);
    },
  },
];
