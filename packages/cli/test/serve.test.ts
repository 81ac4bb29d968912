import assert from "node:assert/strict";
import { once } from "node:events";
import { access, readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { type Running, start } from "./process.ts";
import { run, temporaryFolder } from "./support.ts";

const READY = /^receiver {3}http 127\.0\.0\.1:(\d+) · grpc 127\.0\.0\.1:(\d+) · log (\S+) · (.+)$/m;
const PORTS = ["--otlp-http", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0"];

async function serve(t: TestContext, data: string): Promise<{ running: Running; url: string; port: number }> {
  const running = start(t, ["serve", "--data", data, ...PORTS]);
  const [, port] = await running.until(READY);
  return { running, url: `http://127.0.0.1:${port}/v1/logs`, port: Number(port) };
}

async function post(url: string, id: string): Promise<number> {
  const attributes = [{ key: "audit.record.id", value: { stringValue: id } }];
  const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ eventName: "e", attributes }] }] }] });
  return (await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body })).status;
}

describe("proofline serve", () => {
  test("says where it listens and that the log is new, takes records, and ends with 0 on SIGTERM", async (t) => {
    const data = join(await temporaryFolder(t), "data");
    const { running, url } = await serve(t, data);
    assert.equal(await post(url, "a"), 200);
    running.child.kill("SIGTERM");
    assert.deepEqual(await running.ended, { code: 0, signal: null });
    const vkey = (await readFile(join(data, "default/vkey"), "utf8")).trimEnd();
    const [, , , log, shown] = READY.exec(running.out())!;
    assert.deepEqual([log, shown], ["default", data]);
    assert.match(running.out(), /^NEW LOG /m);
    assert.ok(running.out().includes(vkey));
    assert.match(running.out(), /^loki {7}none$/m);
    for (const line of running.error().trimEnd().split("\n")) assert.ok("msg" in (JSON.parse(line) as object), line);
    await assert.rejects(access(join(data, "default/lock")));
  });

  test("the second time the log is not new; `query` reads it while it is written", async (t) => {
    const data = join(await temporaryFolder(t), "data");
    const first = await serve(t, data);
    await post(first.url, "a");
    first.running.child.kill("SIGINT");
    assert.equal((await first.running.ended).code, 0);
    const second = await serve(t, data);
    await post(second.url, "b");
    assert.doesNotMatch(second.running.out(), /NEW LOG/);
    const { out } = await run(["query", "--data", data, "--json"]);
    assert.deepEqual(
      [...out.matchAll(/"id":"(\w)"/g)].map(([, id]) => id),
      ["a", "b"],
    );
  });

  test("waits for the request under way after the first signal, and not after a later one", async (t) => {
    const data = join(await temporaryFolder(t), "data");
    const { running, port } = await serve(t, data);
    const socket = connect(port, "127.0.0.1");
    t.after(() => socket.destroy());
    socket.on("error", () => {});
    socket.write("POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{");
    const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    while (!(await metrics()).includes("proofline_inflight_bytes 1\n")) await new Promise(setImmediate);
    running.child.kill("SIGTERM");
    // Signals that come together are one; what is sent again later insists.
    const insist = setInterval(() => running.child.kill("SIGTERM"), 100);
    t.after(() => clearInterval(insist));
    assert.equal((await running.ended).code, 143);
    assert.match(running.error(), /"msg":"stopping: new requests are refused"/);
    assert.doesNotMatch(running.error(), /"msg":"stopped"/);
  });

  test("a log that another process writes is status 2, and the message names that process", async (t) => {
    const data = join(await temporaryFolder(t), "data");
    const { running } = await serve(t, data);
    const second = start(t, ["serve", "--data", data, ...PORTS]);
    assert.equal((await second.ended).code, 2);
    assert.match(second.error(), new RegExp(`process ${running.child.pid} `));
  });

  test("a config that cannot be used is status 64 with every problem, and nothing is made", async (t) => {
    const data = join(await temporaryFolder(t), "data");
    const { ended, error } = start(t, ["serve", "--data", data, "--otlp-http", "4318", "--loki", "loki:3100"], {
      PROOFLINE_ACCEPT: "some",
    });
    assert.equal((await ended).code, 64);
    assert.equal(
      error(),
      `--otlp-http  otlp.http: "4318" is not HOST:PORT; did you mean "127.0.0.1:4318"?
PROOFLINE_ACCEPT  accept: "some" is not one of all, audit
--loki  sinks.loki.url: "loki:3100" is not a URL; did you mean "http://loki:3100"?
3 problems; nothing was started.
`,
    );
    await assert.rejects(access(data));
  });

  test("reads its configuration again on SIGHUP, keeps the old one when the new one is wrong, and goes on", async (t) => {
    const folder = await temporaryFolder(t);
    const [file, token] = [join(folder, "audit.yaml"), join(folder, "token")];
    await writeFile(token, "t".repeat(32));
    await writeFile(file, "log_level: info\n");
    const running = start(t, ["serve", "--config", file, "--data", join(folder, "data"), ...PORTS]);
    const [, port] = await running.until(READY);
    const url = `http://127.0.0.1:${port}/v1/logs`;
    assert.equal(await post(url, "a"), 200);
    const hangUp = async (yaml: string, said: RegExp): Promise<void> => {
      await writeFile(file, yaml);
      running.child.kill("SIGHUP");
      while (!said.test(running.error())) await once(running.child.stderr!, "data");
    };
    await hangUp("accept: adit\n", /accept: \\"adit\\" is not one of all, audit.*\n.*the old one stays in force/);
    assert.equal(await post(url, "b"), 200);
    await hangUp(`auth: { tokens: [{ name: billing, file: ${token}, logs: [default] }] }\n`, /the configuration was read again/);
    assert.equal(await post(url, "c"), 401);
    running.child.kill("SIGTERM");
    assert.equal((await running.ended).code, 0);
    const { out } = await run(["query", "--data", join(folder, "data"), "--event", "proofline.*", "--json"]);
    assert.deepEqual(
      [...out.matchAll(/"event":"proofline\.([\w.]+)".*?"audit\.outcome":"(\w+)"/g)].map(([, event, outcome]) => [
        event,
        outcome,
      ]),
      [
        ["receiver.started", "success"],
        ["config.changed", "failure"],
        ["config.changed", "success"],
        ["receiver.stopped", "success"],
      ],
    );
  });

  test("a port that is taken is status 2, and no log is made", async (t) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    t.after(() => taken.close());
    const address = `127.0.0.1:${(taken.address() as { port: number }).port}`;
    const data = join(await temporaryFolder(t), "data");
    const { ended, error } = start(t, ["serve", "--data", data, "--otlp-http", address, "--otlp-grpc", "127.0.0.1:0"]);
    assert.equal((await ended).code, 2);
    assert.match(error(), new RegExp(`otlp\\.http: ${address} is in use by another process`));
    await assert.rejects(access(data));
  });

  test("a reader of its first lines that leaves does not end it", async (t) => {
    const data = join(await temporaryFolder(t), "data");
    const { running, url } = await serve(t, data);
    running.child.stdout!.destroy();
    assert.equal(await post(url, "a"), 200);
    running.child.kill("SIGTERM");
    assert.equal((await running.ended).code, 0);
  });
});

describe("proofline tail", () => {
  test("follows a log while it is written, also over a restart of its writer, and ends on SIGINT", async (t) => {
    const data = join(await temporaryFolder(t), "data");
    const first = await serve(t, data);
    await post(first.url, "a");
    const tail = start(t, ["tail", "--data", data, "--json", "-n", "5"]);
    await tail.until(/"id":"a"/);
    await post(first.url, "b");
    await tail.until(/"id":"b"/);
    first.running.child.kill("SIGTERM");
    await first.running.ended;
    const second = await serve(t, data);
    await post(second.url, "c");
    await tail.until(/"id":"c"/);
    tail.child.kill("SIGINT");
    assert.equal((await tail.ended).code, 0);
    assert.deepEqual(
      [...tail.out().matchAll(/"id":"(\w)"/g)].map(([, id]) => id),
      ["a", "b", "c"],
    );
  });

  test("shows a table row as soon as its line is there", async (t) => {
    const data = join(await temporaryFolder(t), "data");
    const { url } = await serve(t, data);
    const tail = start(t, ["tail", "--data", data]);
    await post(url, "a");
    // The first line of a run is the service's own.
    await tail.until(/^ {4}0 {2}\d\d:\d\d:\d\d\.\d{3} {2}proofline\.receiver\.started +system:proofline\.receiver /m);
    await tail.until(/^ {4}1 {2}\d\d:\d\d:\d\d\.\d{3} {2}e /m);
    await post(url, "b");
    await tail.until(/^ {4}2 {2}/m);
  });
});
