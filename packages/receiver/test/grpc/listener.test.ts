import assert from "node:assert/strict";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { describe, test } from "node:test";
import { EXPORT_PATH } from "../../src/grpc/listener.ts";
import { grpcClient } from "../support/grpc.ts";
import { auditRecord, request, toProtobuf } from "../support/otlp.ts";
import { startTestReceiver } from "../support/receiver.ts";

const LIMIT = 64 * 1024;

/** One message as gRPC frames it. */
function frame(message: Uint8Array, compressed: boolean): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed ? 1 : 0;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** grpc-status of a call whose bytes are made by hand. */
function rawCall(address: string, body: Buffer, headers: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://${address}`);
    session.on("error", reject);
    const call = session.request({
      ":method": "POST",
      ":path": EXPORT_PATH,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    const found = (received: IncomingHttpHeaders): void => {
      const status = received["grpc-status"];
      if (typeof status !== "string") return;
      resolve(status);
      session.destroy();
    };
    call.on("response", found).on("trailers", found).on("error", reject);
    call.resume();
    call.end(body);
  });
}

describe("OTLP/gRPC", () => {
  test("an accepted export is OK with an empty response, and its line is on disk", async (t) => {
    const r = await startTestReceiver(t);
    const answer = await grpcClient(t, r.grpcAddress).call(toProtobuf(request(auditRecord("g-1"))));
    assert.equal(answer.code, 0);
    assert.equal(answer.bytes!.length, 0);
    assert.equal((await r.lines()).length, 1);
  });

  test("a broken envelope is INVALID_ARGUMENT with a Status and nothing about trying again", async (t) => {
    const r = await startTestReceiver(t);
    const answer = await grpcClient(t, r.grpcAddress).call(Buffer.from([0x0a, 0xff]));
    assert.equal(answer.code, 3);
    assert.deepEqual(answer.status, { code: 3, message: answer.details, retrySeconds: undefined });
  });

  for (const gzip of [false, true]) {
    test(`a message beyond the limit is RESOURCE_EXHAUSTED without RetryInfo (${gzip ? "gzip" : "plain"})`, async (t) => {
      const r = await startTestReceiver(t, { settings: { "otlp.max_request_bytes": String(LIMIT) } });
      const body = toProtobuf(request(auditRecord("g-1", { large: "x".repeat(2 * LIMIT) })));
      const answer = await grpcClient(t, r.grpcAddress, { gzip }).call(body);
      assert.equal(answer.code, 8);
      assert.deepEqual(answer.status, { code: 8, message: answer.details, retrySeconds: undefined });
      assert.deepEqual(await r.lines(), []);
    });
  }

  test("messages far beyond grpc-js's own four MiB pass", async (t) => {
    const r = await startTestReceiver(t);
    const records = Array.from({ length: 200 }, (_, i) => auditRecord(`g-${i}`, { large: "x".repeat(30_000) }));
    const answer = await grpcClient(t, r.grpcAddress).call(toProtobuf(request(...records)));
    assert.equal(answer.code, 0);
    assert.equal((await r.lines()).length, 200);
  });

  test("a message that claims to be gzip and is not is INVALID_ARGUMENT, never INTERNAL", async (t) => {
    const r = await startTestReceiver(t);
    const body = frame(Buffer.from("this is not gzip, but long enough"), true);
    assert.equal(await rawCall(r.grpcAddress, body, { "grpc-encoding": "gzip" }), "3");
  });

  test("an encoding that is not known is UNIMPLEMENTED", async (t) => {
    const r = await startTestReceiver(t);
    assert.equal(await rawCall(r.grpcAddress, frame(Buffer.from("abc"), true), { "grpc-encoding": "br" }), "12");
  });

  test("a call without a message is refused for good, never INTERNAL or UNKNOWN", async (t) => {
    const r = await startTestReceiver(t);
    assert.match(await rawCall(r.grpcAddress, Buffer.alloc(0)), /^(3|12)$/);
  });

  test("another signal's service is UNIMPLEMENTED", async (t) => {
    const r = await startTestReceiver(t);
    const path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    assert.equal((await grpcClient(t, r.grpcAddress).call(Buffer.alloc(0), path)).code, 12);
  });

  test("requests and their codes are counted for each transport", async (t) => {
    const r = await startTestReceiver(t);
    const client = grpcClient(t, r.grpcAddress);
    await client.call(toProtobuf(request(auditRecord("g-1"))));
    await client.call(Buffer.from([0x0a, 0xff]));
    const metrics = await r.metrics();
    assert.match(metrics, /proofline_requests_total\{transport="grpc",code="0"\} 1/);
    assert.match(metrics, /proofline_requests_total\{transport="grpc",code="3"\} 1/);
    assert.match(metrics, /proofline_records_received_total\{transport="grpc",encoding="protobuf"\} 1/);
  });
});
