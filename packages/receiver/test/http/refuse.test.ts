import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { decodeStatus } from "../support/grpc.ts";
import { auditRecord, gzipped, request, toJson, toProtobuf } from "../support/otlp.ts";
import { startTestReceiver, type TestReceiver } from "../support/receiver.ts";

const PROTOBUF = { "content-type": "application/x-protobuf" };
const JSON_TYPE = { "content-type": "application/json" };
const LIMIT = 64 * 1024;

/** google.rpc.Status out of an answer in either encoding; checks that the type fits the body. */
async function statusOf(response: Response): Promise<{ code: number; message: string }> {
  const type = response.headers.get("content-type");
  if (type === "application/x-protobuf") return decodeStatus(new Uint8Array(await response.arrayBuffer()));
  assert.equal(type, "application/json");
  return (await response.json()) as { code: number; message: string };
}

/** Sends bytes as they are, resolves with everything that comes back until the connection ends, however, or the text is whole. */
function raw(r: TestReceiver, text: string, until: RegExp): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(r.receiver.http.port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    const done = (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("data", (bytes) => {
      answer += bytes.toString("latin1");
      if (until.test(answer)) done();
    });
    socket.on("end", done).on("error", done);
  });
}

describe("what OTLP/HTTP refuses, and how", () => {
  test("a path that cannot be decoded is 400, and is not repeated", async (t) => {
    const r = await startTestReceiver(t);
    const answer = await raw(
      r,
      "POST /%secret-in-a-path HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
      /\}$/,
    );
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.match(answer, /"code":3,/);
    assert.ok(!answer.includes("secret"));
  });

  test("questions that run ahead of their answers are answered in order, and cut off when they are too many", async (t) => {
    const r = await startTestReceiver(t);
    const question = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    const last = "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const some = await raw(r, question.repeat(30) + last, /HTTP\/1\.1 404 /);
    assert.equal(some.split("HTTP/1.1 200 ").length - 1, 30);
    const many = await raw(r, question.repeat(300) + last, /HTTP\/1\.1 404 /);
    assert.ok(many.split("HTTP/1.1 200 ").length - 1 <= 32);
    assert.ok(!many.includes("404"));
  });

  test("a broken envelope is 400 with INVALID_ARGUMENT, in the encoding of the request", async (t) => {
    const r = await startTestReceiver(t);
    const json = await r.post('{"resourceLogs":[');
    assert.equal(json.status, 400);
    assert.equal((await statusOf(json)).code, 3);
    const protobuf = await r.post(Buffer.from([0x0a, 0xff]), PROTOBUF);
    assert.equal(protobuf.status, 400);
    assert.equal(protobuf.headers.get("content-type"), "application/x-protobuf");
    const status = await statusOf(protobuf);
    assert.equal(status.code, 3);
    assert.match(status.message, /not an export request for logs/);
    assert.equal(json.headers.get("retry-after"), null);
  });

  for (const type of [undefined, "text/plain", "application/xml", "nonsense"]) {
    test(`the content type ${type ?? "(none)"} is 415`, async (t) => {
      const r = await startTestReceiver(t);
      // A view of bytes gets no content type from fetch.
      const response = await r.post(Buffer.from("{}"), type === undefined ? {} : { "content-type": type });
      assert.equal(response.status, 415);
      assert.match((await statusOf(response)).message, /application\/x-protobuf, application\/json/);
    });
  }

  for (const method of ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
    test(`${method} is 405 and says that POST is allowed`, async (t) => {
      const r = await startTestReceiver(t);
      const response = await fetch(`${r.url}/v1/logs`, { method });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get("allow"), "POST");
      assert.equal((await statusOf(response)).code, 12);
    });
  }

  for (const signal of ["traces", "metrics"]) {
    test(`/v1/${signal} is 404 and says that only logs are taken`, async (t) => {
      const r = await startTestReceiver(t);
      const response = await fetch(`${r.url}/v1/${signal}`, { method: "POST", headers: PROTOBUF, body: new Uint8Array(3) });
      assert.equal(response.status, 404);
      assert.match((await statusOf(response)).message, new RegExp(`logs only.*${signal}`));
    });
  }

  test("an unknown path is 404, with a Status", async (t) => {
    const r = await startTestReceiver(t);
    const response = await fetch(`${r.url}/nothing`);
    assert.equal(response.status, 404);
    assert.match((await statusOf(response)).message, /\/v1\/logs/);
  });

  describe("compression", () => {
    test("an unknown content encoding is 415", async (t) => {
      const r = await startTestReceiver(t);
      const response = await r.post("{}", { ...JSON_TYPE, "content-encoding": "br" });
      assert.equal(response.status, 415);
      assert.match((await statusOf(response)).message, /"br" is not supported/);
    });

    test("a plain body that claims to be gzip is 400", async (t) => {
      const r = await startTestReceiver(t);
      assert.equal((await r.post(toJson(request(auditRecord("r"))), { ...JSON_TYPE, "content-encoding": "gzip" })).status, 400);
      assert.equal((await r.post("", { ...JSON_TYPE, "content-encoding": "gzip" })).status, 400);
    });

    test("corrupt and cut gzip is 400", async (t) => {
      const r = await startTestReceiver(t);
      const sound = await gzipped(toJson(request(auditRecord("r"))));
      const corrupt = Buffer.from(sound);
      corrupt[30]! ^= 0xff;
      for (const body of [corrupt, sound.subarray(0, -9)]) {
        const response = await r.post(body, { ...JSON_TYPE, "content-encoding": "gzip" });
        assert.equal(response.status, 400);
        assert.equal((await statusOf(response)).code, 3);
      }
    });

    test("a bomb is 413, whatever size its trailer claims", async (t) => {
      const r = await startTestReceiver(t, { settings: { "otlp.max_request_bytes": String(LIMIT) } });
      const bomb = await gzipped(Buffer.alloc(8 * 1024 * 1024));
      assert.ok(bomb.length < LIMIT);
      const lying = Buffer.from(bomb);
      lying.writeUInt32LE(10, lying.length - 4);
      for (const body of [bomb, lying]) {
        const response = await r.post(body, { ...JSON_TYPE, "content-encoding": "gzip" });
        assert.equal(response.status, 413);
        assert.equal((await statusOf(response)).code, 8);
      }
    });
  });

  describe("size", () => {
    const settings = { "otlp.max_request_bytes": String(LIMIT) };
    const sized = (bytes: number): string => `{"x":"${"y".repeat(bytes - 8)}"}`;

    test("a body of the limit passes, one byte more is 413 without a word about trying again", async (t) => {
      const r = await startTestReceiver(t, { settings });
      assert.equal((await r.post(sized(LIMIT))).status, 200);
      const response = await r.post(sized(LIMIT + 1));
      assert.equal(response.status, 413);
      assert.equal(response.headers.get("retry-after"), null);
      assert.equal((await statusOf(response)).code, 8);
    });

    test("an inflated body of the limit passes, one byte more is 413", async (t) => {
      const r = await startTestReceiver(t, { settings });
      const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
      assert.equal((await r.post(await gzipped(Buffer.from(sized(LIMIT))), headers)).status, 200);
      assert.equal((await r.post(await gzipped(Buffer.from(sized(LIMIT + 1))), headers)).status, 413);
    });

    test("a declared length beyond the limit is refused before a byte of the body is there", async (t) => {
      const r = await startTestReceiver(t, { settings });
      const head = `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${LIMIT + 1}\r\n\r\n`;
      assert.match(await raw(r, head, /\r\n\r\n.+/s), /^HTTP\/1\.1 413 /);
    });

    test("chunks beyond the limit are refused though no length was declared", async (t) => {
      const r = await startTestReceiver(t, { settings });
      const chunk = `${(1024).toString(16)}\r\n${"z".repeat(1024)}\r\n`;
      const head = "POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
      assert.match(await raw(r, head + chunk.repeat(65), /\r\n\r\n.+/s), /^HTTP\/1\.1 413 /);
    });

    test("after a refused body the connection goes on to work", async (t) => {
      const r = await startTestReceiver(t, { settings });
      const large = `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${LIMIT + 1}\r\n\r\n${"z".repeat(LIMIT + 1)}`;
      const small = "POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
      const answers = await raw(r, large + small, /\{\}$/);
      assert.match(answers, /^HTTP\/1\.1 413 .*HTTP\/1\.1 200 /s);
    });

    test("more records than allowed in one request is 413", async (t) => {
      const r = await startTestReceiver(t, { settings: { "otlp.max_records": "2" } });
      const response = await r.post(toProtobuf(request(auditRecord("1"), auditRecord("2"), auditRecord("3"))), PROTOBUF);
      assert.equal(response.status, 413);
      assert.deepEqual(await r.lines(), []);
    });
  });

  test("more bytes under way than the budget has is 503 with Retry-After, and passes when the others are done", async (t) => {
    const r = await startTestReceiver(t, {
      settings: { "otlp.max_request_bytes": String(LIMIT), "otlp.max_inflight_bytes": String(LIMIT) },
    });
    const head = (length: number): string =>
      `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
    // One that has sent nearly everything and then waits.
    const slow = connect(r.receiver.http.port, "127.0.0.1");
    t.after(() => slow.destroy());
    const answered = new Promise<string>((resolve) => slow.once("data", (bytes) => resolve(bytes.toString("latin1"))));
    slow.write(`${head(LIMIT - 100)}{"x":"${"y".repeat(LIMIT - 100 - 8)}`);
    while (!(await r.metrics()).includes(`proofline_inflight_bytes ${LIMIT - 100 - 2}`)) await new Promise(setImmediate);
    const response = await r.post(toJson(request(auditRecord("r"))));
    assert.equal(response.status, 503);
    assert.match(response.headers.get("retry-after")!, /^[123]$/);
    slow.write('"}');
    assert.match(await answered, /^HTTP\/1\.1 200 /);
    assert.equal((await r.post(toJson(request(auditRecord("r"))))).status, 200);
  });

  test("a length that is only promised keeps nobody out", async (t) => {
    const r = await startTestReceiver(t, {
      settings: { "otlp.max_request_bytes": String(LIMIT), "otlp.max_inflight_bytes": String(2 * LIMIT) },
    });
    for (let i = 0; i < 5; i++) {
      const promising = connect(r.receiver.http.port, "127.0.0.1");
      t.after(() => promising.destroy());
      promising.write(`POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${LIMIT}\r\n\r\n{`);
    }
    while (!(await r.metrics()).includes("proofline_inflight_bytes 5")) await new Promise(setImmediate);
    assert.equal((await r.post(toJson(request(auditRecord("r"))))).status, 200);
  });

  test("a body that does not arrive in time is 503, so that its sender tries again", async (t) => {
    const r = await startTestReceiver(t, { settings: { "otlp.body_timeout": "100ms" } });
    const head = "POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{";
    const answer = await raw(r, head, /\r\n\r\n.+/s);
    assert.match(answer, /^HTTP\/1\.1 503 .*retry-after: [123]\r\n/is);
    assert.match(answer, /took longer than 100 ms/);
  });

  test("bytes that are no HTTP are 400, with a Status", async (t) => {
    const r = await startTestReceiver(t);
    assert.match(await raw(r, "this is not http\r\n\r\n", /\}$/), /^HTTP\/1\.1 400 .*\{"code":3,/s);
  });

  test("a client that leaves in the middle of its body harms nobody", async (t) => {
    const r = await startTestReceiver(t);
    const socket = connect(r.receiver.http.port, "127.0.0.1");
    socket.write("POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{");
    while (!(await r.metrics()).includes("proofline_inflight_bytes 1\n")) await new Promise(setImmediate);
    socket.destroy();
    while (!(await r.metrics()).includes("proofline_inflight_bytes 0\n")) await new Promise(setImmediate);
    assert.equal((await r.post("{}")).status, 200);
  });
});
