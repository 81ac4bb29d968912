// transport.ts: points 1 to 5: ports, paths, methods and media types.

import assert from "node:assert/strict";
import { OTLPLogExporter as ProtobufExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { loadConfig } from "@proofline/receiver";
import { auditRecord, request, toJson, toProtobuf } from "../../../packages/receiver/test/support/otlp.ts";
import { frame, head } from "../case.ts";
import { emit } from "../emit.ts";
import { linesOf } from "../lines.ts";
import type { Point } from "../suite.ts";

const RETRYABLE = new Set([429, 502, 503, 504]);

export const transportPoints: readonly Point[] = [
  {
    number: 1,
    requirement: "gRPC on 4317, HTTP on 4318; unary LogsService/Export",
    answer: "takes Export on 4317 and HTTP on 4318; a service that it does not have is UNIMPLEMENTED, which no client repeats",
    async check(c) {
      const { otlp } = loadConfig({ flags: {} });
      assert.deepEqual([otlp.grpc.port, otlp.http.port], [4317, 4318]);
      const r = await c.start();
      const said = await c.everyWay(r, (way) => request(auditRecord(`r-${way}`)));
      assert.deepEqual(
        said.map(({ ok }) => ok),
        Array(6).fill(true),
      );
      assert.equal((await linesOf(r)).length, 6);
      for (const path of ["/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export", "/x.Y/Z"]) {
        const answer = await c.call(r, Buffer.alloc(0), { path });
        assert.deepEqual([answer.code, answer.status?.retrySeconds], [12, undefined], path);
      }
      for (const signal of ["trace.v1.TraceService", "metrics.v1.MetricsService"]) {
        const answer = await c.call(r, Buffer.alloc(0), { path: `/opentelemetry.proto.collector.${signal}/Export` });
        assert.deepEqual([answer.code, answer.status?.retrySeconds], [12, undefined], signal);
      }
    },
  },
  {
    number: 2,
    requirement: "POST /v1/logs; a client's per-signal URL is used as it is, a base URL gets `v1/logs`",
    answer:
      "takes /v1/logs with a slash at its end and with a query; other paths are 404, never to be repeated, and say where logs go",
    async check(c) {
      const r = await c.start();
      for (const [i, path] of ["/v1/logs", "/v1/logs/", "/v1/logs?tenant=a", "/v1/logs/?x=%20"].entries()) {
        const said = await c.json(r, toJson(request(auditRecord(`r-${i}`))), { path });
        assert.ok(said.ok, path);
      }
      for (const path of ["/base/v1/logs", "/v1/log", "/", "/v1development/profiles", "/v1/traces", "/v1/metrics"]) {
        for (const encoding of ["json", "protobuf"] as const) {
          const answer = await c.post(r, encoding, Buffer.alloc(0), { path });
          assert.equal(answer.status, 404, path);
          assert.ok(!RETRYABLE.has(answer.status));
          assert.equal(answer.error.code, 12);
          assert.match(answer.error.message, /\/v1\/logs/);
        }
      }
      // The base URL of the environment, with and without a slash.
      for (const [i, base] of [r.url, `${r.url}/`].entries()) {
        process.env.OTEL_EXPORTER_OTLP_ENDPOINT = base;
        try {
          const { ok } = await emit(new ProtobufExporter(), 1, `base-${i}`);
          assert.ok(ok, base);
        } finally {
          delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
        }
      }
      assert.equal((await linesOf(r)).length, 6);
    },
  },
  {
    number: 3,
    requirement: "protobuf and JSON on one port, told apart by Content-Type; HTTP/1.1 at least",
    answer:
      "reads the media type without regard to case and parameters; HTTP/2 on the HTTP port ends at once, so that clients fall back",
    async check(c) {
      const r = await c.start();
      const json = toJson(request(auditRecord("r")));
      for (const type of ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8", "Application/JSON;a=b"]) {
        const answer = await c.post(r, "json", json, { headers: { "content-type": type } });
        assert.deepEqual([answer.status, answer.type], [200, "application/json"], type);
      }
      for (const type of ["application/x-protobuf", "Application/X-Protobuf", "application/x-protobuf;x=y"]) {
        const answer = await c.post(r, "protobuf", Buffer.alloc(0), { headers: { "content-type": type } });
        assert.deepEqual([answer.status, answer.type], [200, "application/x-protobuf"], type);
      }
      const preface = await c.http(r, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /\}$/);
      assert.match(preface, /^HTTP\/1\.1 (400|505) /);
    },
  },
  {
    number: 4,
    requirement: "an unknown content type or method is refused; every refusal has a Status",
    answer: "says 415 to another or no content type and 405 (with Allow) to another method, each with a Status",
    async check(c) {
      const r = await c.start();
      for (const type of ["text/plain", "application/protobuf", "application/grpc", "nonsense"]) {
        const answer = await c.post(r, "json", "{}", { headers: { "content-type": type } });
        assert.deepEqual([answer.status, answer.type, answer.error.code], [415, "application/json", 3], type);
      }
      const bare = "POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
      assert.match(await c.http(r, bare, /\}$/), /^HTTP\/1\.1 415 .*\{"code":3,/s);
      for (const method of ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
        const answer = await c.post(r, "protobuf", Buffer.alloc(0), { method });
        assert.deepEqual([answer.status, answer.headers.get("allow"), answer.error.code], [405, "POST", 12], method);
      }
      assert.equal((await c.frames(r, frame(Buffer.alloc(0)), { "content-type": "text/plain" })).headers[":status"], 415);
      for (const type of ["application/grpc", "application/grpc+proto", "application/grpc;x=y"])
        assert.equal((await c.frames(r, frame(Buffer.alloc(0)), { "content-type": type })).status, 0, type);
      assert.equal((await c.frames(r, Buffer.alloc(0), { ":method": "GET" })).status, 12);
    },
  },
  {
    number: 5,
    requirement: "the answer's Content-Type is the request's",
    answer: "answers protobuf in protobuf and JSON in JSON, failures too",
    async check(c) {
      const r = await c.start({ settings: { "otlp.max_request_bytes": "2000" } });
      const good = request(auditRecord("r"));
      const bodies = {
        json: ["{}", toJson(good), "{", "x".repeat(3000)],
        protobuf: ["", toProtobuf(good), "\xff", "x".repeat(3000)],
      };
      for (const encoding of ["json", "protobuf"] as const) {
        const statuses: number[] = [];
        for (const body of bodies[encoding]) {
          const answer = await c.post(r, encoding, body);
          statuses.push(answer.status);
          assert.equal(answer.type, encoding === "json" ? "application/json" : "application/x-protobuf");
          if (answer.status !== 200) assert.ok(answer.error.code > 0 && answer.error.message !== "");
        }
        assert.deepEqual(statuses, [200, 200, 400, 413]);
        const lost = await c.post(r, encoding, "", { path: "/nowhere" });
        assert.equal(lost.type, encoding === "json" ? "application/json" : "application/x-protobuf");
      }
      const broken = await c.http(r, `${head(2, "Content-Encoding: gzip\r\n", "application/x-protobuf")}ab`, /gzip/);
      assert.match(broken, /^HTTP\/1\.1 400 .*content-type: application\/x-protobuf\r\n/is);
    },
  },
];
