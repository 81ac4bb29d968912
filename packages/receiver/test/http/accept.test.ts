import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { grpcClient } from "../support/grpc.ts";
import { attribute, auditRecord, gzipped, type Request, request, toJson, toProtobuf } from "../support/otlp.ts";
import { startTestReceiver, tailOf } from "../support/receiver.ts";

const PROTOBUF = { "content-type": "application/x-protobuf" };
const JSON_TYPE = { "content-type": "application/json" };
const GZIP = { "content-encoding": "gzip" };

describe("what OTLP/HTTP and OTLP/gRPC accept", () => {
  test("a protobuf request is answered 200, in its own content type, with zero bytes, when its line is on disk", async (t) => {
    const r = await startTestReceiver(t);
    const response = await r.post(toProtobuf(request(auditRecord("r-1"))), PROTOBUF);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/x-protobuf");
    assert.equal((await response.arrayBuffer()).byteLength, 0);
    const lines = await r.lines();
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /"id":"r-1","event":"invoice.approved"/);
  });

  test("a JSON request is answered with {} and with nothing about partial success", async (t) => {
    const r = await startTestReceiver(t);
    const response = await r.post(toJson(request(auditRecord("r-1"))));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.equal(await response.text(), "{}");
  });

  test("the same record gives the same line over gRPC, HTTP protobuf and HTTP JSON, compressed or not", async (t) => {
    const record = {
      ...auditRecord("", { "enduser.email": "ann@example.com", password: "hunter2" }),
      body: { kvlistValue: { values: [attribute("note", "x")] } },
    };
    const tails = new Set<string>();
    const send: ((r: Awaited<ReturnType<typeof startTestReceiver>>, body: Request) => Promise<unknown>)[] = [
      (r, body) => r.post(toProtobuf(body), PROTOBUF),
      async (r, body) => r.post(await gzipped(toProtobuf(body)), { ...PROTOBUF, ...GZIP }),
      (r, body) => r.post(toJson(body), JSON_TYPE),
      async (r, body) => r.post(await gzipped(toJson(body)), { ...JSON_TYPE, ...GZIP }),
      (r, body) => grpcClient(t, r.grpcAddress).call(toProtobuf(body)),
      (r, body) => grpcClient(t, r.grpcAddress, { gzip: true }).call(toProtobuf(body)),
    ];
    const r = await startTestReceiver(t);
    for (const [i, one] of send.entries()) {
      // Ids differ, or the second would be a duplicate; they are as long as each other, and taken out again.
      await one(r, request({ ...record, attributes: [attribute("audit.record.id", `id-${i}`), ...record.attributes!.slice(1)] }));
    }
    const lines = await r.lines();
    assert.equal(lines.length, send.length);
    for (const line of lines) tails.add(tailOf(line).replace(/^"id":"id-\d"/, '"id":""'));
    assert.equal(tails.size, 1);
    const [tail] = tails;
    assert.match(tail!, /"enduser.email":"tok_/);
    assert.match(tail!, /"password":"\*\*\*"/);
  });

  for (const type of ["APPLICATION/JSON", "application/json; charset=utf-8", "Application/Json;charset=UTF-8"]) {
    test(`the content type ${type} is JSON`, async (t) => {
      const r = await startTestReceiver(t);
      const response = await r.post(toJson(request(auditRecord("r-1"))), { "content-type": type });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "application/json");
    });
  }

  test("a slash at the end of the path and a query are fine", async (t) => {
    const r = await startTestReceiver(t);
    for (const path of ["/v1/logs/", "/v1/logs?tenant=a", "/v1/logs/?x=1"]) {
      const response = await fetch(r.url + path, { method: "POST", headers: JSON_TYPE, body: "{}" });
      assert.equal(response.status, 200, path);
    }
  });

  test("a request without records succeeds: zero bytes of protobuf, an empty JSON object, empty envelopes", async (t) => {
    const r = await startTestReceiver(t);
    assert.equal((await r.post(Buffer.alloc(0), PROTOBUF)).status, 200);
    assert.equal((await r.post("{}")).status, 200);
    assert.equal((await r.post('{"resourceLogs":[{"scopeLogs":[{}]}]}')).status, 200);
    assert.equal((await grpcClient(t, r.grpcAddress).call(Buffer.alloc(0))).code, 0);
    assert.deepEqual(await r.lines(), []);
  });

  test("answers are never compressed, whatever the client would take", async (t) => {
    const r = await startTestReceiver(t);
    const response = await r.post(toJson(request(auditRecord("r-1"))), { ...JSON_TYPE, "accept-encoding": "gzip" });
    assert.equal(response.headers.get("content-encoding"), null);
  });

  test("a body of unknown length, in chunks, is read to its end", async (t) => {
    const r = await startTestReceiver(t);
    const body = toJson(request(auditRecord("r-1"), auditRecord("r-2")));
    const stream = new ReadableStream({
      start(controller) {
        for (let i = 0; i < body.length; i += 50) controller.enqueue(new Uint8Array(body.subarray(i, i + 50)));
        controller.close();
      },
    });
    const response = await fetch(`${r.url}/v1/logs`, {
      method: "POST",
      headers: JSON_TYPE,
      body: stream,
      duplex: "half",
    } as RequestInit);
    assert.equal(response.status, 200);
    assert.equal((await r.lines()).length, 2);
  });

  test("fifty requests at once, over both transports: each record has one line, and a request's records stay together and in order", async (t) => {
    const r = await startTestReceiver(t);
    const client = grpcClient(t, r.grpcAddress);
    const bodies = Array.from({ length: 50 }, (_, i) => toProtobuf(request(...[0, 1, 2].map((j) => auditRecord(`r-${i}-${j}`)))));
    await Promise.all(bodies.map((body, i) => (i % 2 === 0 ? r.post(body, PROTOBUF) : client.call(body))));
    const ids = (await r.lines()).map((line) => /"id":"r-(\d+)-(\d)"/.exec(line)!.slice(1).map(Number));
    assert.equal(ids.length, 150);
    for (let i = 0; i < ids.length; i += 3) {
      assert.deepEqual(
        ids.slice(i, i + 3),
        [0, 1, 2].map((j) => [ids[i]![0], j]),
      );
    }
  });
});
