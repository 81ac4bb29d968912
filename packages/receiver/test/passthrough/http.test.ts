import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { decodeStatus } from "../support/grpc.ts";
import { gzipped } from "../support/otlp.ts";
import { startTestReceiver, type TestReceiver } from "../support/receiver.ts";
import { startUpstream, type UpstreamServer } from "./upstream-server.ts";

const PROTOBUF = "application/x-protobuf";
/** Whatever it is: it is not looked into. */
const BODY = Buffer.from("0a03010203", "hex");

function post(r: TestReceiver, signal: string, body: Uint8Array = BODY, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${r.url}/v1/${signal}`, {
    method: "POST",
    headers: { "content-type": PROTOBUF, ...headers },
    body: new Uint8Array(body),
  });
}

const forwarding = (signal: string, upstream: UpstreamServer, more: Record<string, string> = {}): Record<string, string> => ({
  [`passthrough.${signal}.mode`]: "forward",
  [`passthrough.${signal}.url`]: `${upstream.url}/some/where`,
  ...more,
});

async function statusOf(response: Response): Promise<ReturnType<typeof decodeStatus>> {
  assert.equal(response.headers.get("content-type"), PROTOBUF);
  return decodeStatus(Buffer.from(await response.arrayBuffer()));
}

for (const signal of ["traces", "metrics"]) {
  describe(`POST /v1/${signal}`, () => {
    test("is refused by default, with a Status that says so", async (t) => {
      const r = await startTestReceiver(t);
      const response = await post(r, signal);
      assert.equal(response.status, 404);
      const { code, message } = await statusOf(response);
      assert.equal(code, 12);
      assert.match(message, new RegExp(`logs only.*passthrough\\.${signal}\\.mode: refuse`));
      const asJson = await post(r, signal, Buffer.from("{}"), { "content-type": "application/json" });
      assert.equal(((await asJson.json()) as { code: number }).code, 12);
      assert.match(
        await r.metrics(),
        new RegExp(`^proofline_passthrough_requests_total\\{signal="${signal}",outcome="refused"\\} 2$`, "m"),
      );
    });

    test("is answered with success and thrown away when it is discarded, and counted", async (t) => {
      const r = await startTestReceiver(t, { settings: { [`passthrough.${signal}.mode`]: "discard" } });
      const response = await post(r, signal);
      assert.equal(response.status, 200);
      assert.equal((await response.arrayBuffer()).byteLength, 0);
      const asJson = await post(r, signal, Buffer.from("{}"), { "content-type": "application/json" });
      assert.equal(await asJson.text(), "{}");
      assert.match(
        await r.metrics(),
        new RegExp(`^proofline_passthrough_requests_total\\{signal="${signal}",outcome="discarded"\\} 2$`, "m"),
      );
    });

    test("is passed on as it came, compressed too, to the url as it is", async (t) => {
      const upstream = await startUpstream(t);
      const r = await startTestReceiver(t, { settings: forwarding(signal, upstream) });
      const compressed = await gzipped(BODY);
      const headers = { "content-encoding": "gzip", authorization: "Bearer for-the-receiver" };
      assert.equal((await post(r, signal, compressed, headers)).status, 200);
      assert.equal(
        (await post(r, signal, Buffer.from('{"a":1}'), { "content-type": "application/json; charset=utf-8" })).status,
        200,
      );
      const [first, second] = upstream.came;
      assert.equal(first!.path, "/some/where");
      assert.deepEqual(first!.body, compressed);
      assert.equal(first!.headers["content-encoding"], "gzip");
      assert.equal(first!.headers["content-type"], PROTOBUF);
      assert.equal(first!.headers.authorization, undefined);
      assert.equal(second!.body.toString(), '{"a":1}');
      assert.equal(second!.headers["content-encoding"], undefined);
    });
  });
}

describe("what the other endpoint answers", () => {
  test("comes back: status, body, Retry-After", async (t) => {
    const upstream = await startUpstream(t);
    const r = await startTestReceiver(t, { settings: forwarding("traces", upstream) });
    for (const status of [400, 401, 403, 413, 429, 500, 502, 503, 504]) {
      upstream.answer = () => ({
        status,
        headers: { "content-type": PROTOBUF, "retry-after": "7" },
        body: Buffer.from("0803", "hex"),
      });
      const response = await post(r, "traces");
      assert.equal(response.status, status);
      assert.equal(response.headers.get("retry-after"), "7");
      assert.equal((await statusOf(response)).code, 3);
    }
    upstream.answer = () => ({ status: 202, headers: { "content-type": PROTOBUF }, body: BODY });
    const accepted = await post(r, "traces");
    assert.equal(accepted.status, 200);
    assert.deepEqual(Buffer.from(await accepted.arrayBuffer()), BODY);
  });

  test("a page in another type keeps its status and becomes a Status; as a success it becomes an empty one", async (t) => {
    const upstream = await startUpstream(t);
    const r = await startTestReceiver(t, { settings: forwarding("traces", upstream) });
    upstream.answer = () => ({
      status: 502,
      headers: { "content-type": "text/html", "retry-after": "2" },
      body: "<h1>Bad Gateway</h1>",
    });
    const response = await post(r, "traces");
    assert.equal(response.status, 502);
    assert.equal(response.headers.get("retry-after"), "2");
    assert.match((await statusOf(response)).message, /answered 502/);
    upstream.answer = () => ({ status: 204 });
    const empty = await post(r, "traces");
    assert.equal(empty.status, 200);
    assert.equal(empty.headers.get("content-type"), PROTOBUF);
  });

  test("a redirect is none: 503, to be tried again when the address is mended", async (t) => {
    const upstream = await startUpstream(t);
    const r = await startTestReceiver(t, { settings: forwarding("traces", upstream) });
    upstream.answer = () => ({ status: 308, headers: { location: "http://127.0.0.1:1/" } });
    const response = await post(r, "traces");
    assert.equal(response.status, 503);
    assert.match((await statusOf(response)).message, /answered 308/);
  });

  test("nothing, half an answer, too much of one, or one too late is 503 with Retry-After", async (t) => {
    const upstream = await startUpstream(t);
    const r = await startTestReceiver(t, { settings: forwarding("traces", upstream, { "passthrough.traces.timeout": "200ms" }) });
    const expect503 = async (): Promise<void> => {
      const response = await post(r, "traces");
      assert.equal(response.status, 503);
      assert.match(response.headers.get("retry-after")!, /^[1-3]$/);
      assert.equal((await statusOf(response)).code, 14);
    };
    upstream.answer = () => ({ status: 200, headers: { "content-type": PROTOBUF }, body: Buffer.alloc(5 << 20) });
    await expect503();
    let answer: () => void = () => {};
    upstream.answer = () => new Promise((resolve) => (answer = () => resolve({ status: 200 })));
    await expect503();
    answer();
    await upstream.close();
    await expect503();
    assert.match(await r.metrics(), /^proofline_passthrough_requests_total\{signal="traces",outcome="upstream_down"\} 3$/m);
  });

  test("more requests at a time than are allowed are asked to come again", async (t) => {
    const upstream = await startUpstream(t);
    const r = await startTestReceiver(t, { settings: forwarding("traces", upstream, { "passthrough.max_concurrent": "2" }) });
    const waiting: (() => void)[] = [];
    const full = Promise.withResolvers<void>();
    upstream.answer = () =>
      new Promise((resolve) => {
        waiting.push(() => resolve({ status: 200, headers: { "content-type": PROTOBUF } }));
        if (waiting.length === 2) full.resolve();
      });
    const first = [post(r, "traces"), post(r, "traces")];
    await full.promise;
    const third = await post(r, "traces");
    assert.equal(third.status, 503);
    assert.match((await statusOf(third)).message, /too many/);
    for (const go of waiting) go();
    assert.deepEqual(
      (await Promise.all(first)).map(({ status }) => status),
      [200, 200],
    );
  });

  test("is asked with the credential of its own file", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "proofline-passthrough-"));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, "authorization");
    await writeFile(file, "Bearer for-the-upstream\n");
    const upstream = await startUpstream(t);
    const r = await startTestReceiver(t, {
      settings: forwarding("metrics", upstream, { "passthrough.metrics.authorization_file": file }),
    });
    await post(r, "metrics");
    assert.equal(upstream.came[0]!.headers.authorization, "Bearer for-the-upstream");
  });
});

describe("a request that is passed on", () => {
  test("has the limits of all requests", async (t) => {
    const upstream = await startUpstream(t);
    const r = await startTestReceiver(t, { settings: forwarding("traces", upstream, { "otlp.max_request_bytes": "1KiB" }) });
    assert.equal((await post(r, "traces", Buffer.alloc(2000))).status, 413);
    assert.equal((await post(r, "traces", BODY, { "content-type": "text/plain" })).status, 415);
    assert.equal((await fetch(`${r.url}/v1/traces`)).status, 405);
    assert.equal(upstream.came.length, 0);
  });
});
