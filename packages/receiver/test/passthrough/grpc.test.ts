import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { grpcClient } from "../support/grpc.ts";
import { startTestReceiver } from "../support/receiver.ts";
import { startUpstream } from "./upstream-server.ts";

const PROTOBUF = "application/x-protobuf";
const BODY = Buffer.from("0a03010203", "hex");
const PATHS = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
};
/** google.rpc.Status {code: 3, message: "no"} */
const STATUS = Buffer.from("080312026e6f", "hex");

for (const signal of ["traces", "metrics"] as const) {
  describe(`${signal} over gRPC`, () => {
    test("are UNIMPLEMENTED by default, with a message that says why", async (t) => {
      const r = await startTestReceiver(t);
      const { code, details, status } = await grpcClient(t, r.grpcAddress).call(BODY, PATHS[signal]);
      assert.equal(code, 12);
      assert.match(details, /logs only/);
      assert.equal(status!.code, 12);
    });

    test("are answered with success when they are discarded", async (t) => {
      const r = await startTestReceiver(t, { settings: { [`passthrough.${signal}.mode`]: "discard" } });
      const { code, bytes } = await grpcClient(t, r.grpcAddress).call(BODY, PATHS[signal]);
      assert.equal(code, 0);
      assert.equal(bytes!.length, 0);
    });

    test("go on as OTLP/HTTP, the message's bytes as the body, and its answer comes back", async (t) => {
      const upstream = await startUpstream(t);
      const settings = { [`passthrough.${signal}.mode`]: "forward", [`passthrough.${signal}.url`]: upstream.url };
      const r = await startTestReceiver(t, { settings });
      const client = grpcClient(t, r.grpcAddress, { gzip: true });
      upstream.answer = () => ({ status: 200, headers: { "content-type": PROTOBUF }, body: Buffer.from("0a00", "hex") });
      const { code, bytes } = await client.call(BODY, PATHS[signal]);
      assert.equal(code, 0);
      assert.deepEqual(bytes, Buffer.from("0a00", "hex"));
      assert.deepEqual(upstream.came[0]!.body, BODY);
      assert.equal(upstream.came[0]!.headers["content-type"], PROTOBUF);
    });
  });
}

describe("what the other endpoint answers, over gRPC", () => {
  for (const [http, grpc] of [
    [400, 3],
    [401, 16],
    [403, 7],
    [404, 12],
    [413, 8],
    [422, 3],
    [429, 14],
    [500, 9],
    [502, 14],
    [503, 14],
    [504, 14],
    [302, 14],
  ] as const) {
    test(`${http} is ${grpc}, and RetryInfo is there when, and only when, it may be tried again`, async (t) => {
      const upstream = await startUpstream(t);
      const r = await startTestReceiver(t, {
        settings: { "passthrough.traces.mode": "forward", "passthrough.traces.url": upstream.url },
      });
      upstream.answer = () => ({ status: http, headers: { "content-type": PROTOBUF, "retry-after": "7" }, body: STATUS });
      const { code, status, details } = await grpcClient(t, r.grpcAddress).call(BODY, PATHS.traces);
      assert.equal(code, grpc);
      if (grpc !== 14) assert.equal(status!.retrySeconds, undefined);
      else if (http >= 400) assert.equal(status!.retrySeconds, 7);
      if (http >= 400) assert.match(details, new RegExp(`answered ${http}: no$`));
    });
  }

  test("nothing is UNAVAILABLE with RetryInfo", async (t) => {
    const upstream = await startUpstream(t);
    const r = await startTestReceiver(t, {
      settings: { "passthrough.traces.mode": "forward", "passthrough.traces.url": upstream.url },
    });
    await upstream.close();
    const { code, status } = await grpcClient(t, r.grpcAddress).call(BODY, PATHS.traces);
    assert.equal(code, 14);
    assert.ok(status!.retrySeconds! >= 1);
  });
});
