import assert from "node:assert/strict";
import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type DiskFile, nodeDisk } from "@proofline/ledger";
import { loadConfig, startReceiver } from "@proofline/receiver";
import { generateSigner, openCheckpoint, verifierFromVkey } from "@proofline/tlog";
import { grpcClient } from "../support/grpc.ts";
import { auditRecord, request, toJson, toProtobuf } from "../support/otlp.ts";
import { readLines, startTestReceiver, temporaryFolder, undoAfter } from "../support/receiver.ts";

const body = (id: string): Buffer => toJson(request(auditRecord(id)));

describe("starting", () => {
  test("the first start creates the log, loudly, with keys that only their owner reads", async (t) => {
    const r = await startTestReceiver(t);
    assert.equal(r.receiver.created, true);
    const created = r.logged.find(({ msg }) => /a new log was created/.test(String(msg)));
    assert.equal(created?.level, "warn");
    assert.equal(created?.vkey, r.receiver.vkey);
    for (const name of ["key", "redaction.key"]) {
      assert.equal((await stat(join(r.receiver.folder, name))).mode & 0o777, 0o600, name);
    }
    assert.equal(Buffer.from((await readFile(join(r.receiver.folder, "redaction.key"), "utf8")).trim(), "base64").length, 32);
  });

  test("no key and no payload is ever in the service's log", async (t) => {
    const r = await startTestReceiver(t);
    await r.post(body("very-secret-id"));
    await r.post('{"resourceLogs":["very-secret-payload');
    await r.receiver.stop();
    const log = JSON.stringify(r.logged);
    assert.doesNotMatch(log, /very-secret|PRIVATE\+KEY/);
    assert.ok(!log.includes((await readFile(join(r.receiver.folder, "redaction.key"), "utf8")).trim()));
  });

  test("the second start goes on with the same log and the same key", async (t) => {
    const first = await startTestReceiver(t);
    await first.post(body("a"));
    await first.receiver.stop();
    const second = await startTestReceiver(t, { data: first.data });
    assert.equal(second.receiver.created, false);
    assert.equal(second.receiver.vkey, first.receiver.vkey);
    await second.post(body("b"));
    const parsed = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as { seq: number; id: string });
    assert.deepEqual(
      parsed(await second.lines()).map(({ id }) => id),
      ["a", "b"],
    );
    const all = parsed(await second.allLines());
    assert.deepEqual(
      all.map(({ seq }) => seq),
      all.map((_, i) => i),
    );
  });

  test("with `create: false` a log that is not there is NO_SUCH_LOG, and nothing is made", async (t) => {
    const data = join(await temporaryFolder(t), "data");
    await assert.rejects(startTestReceiver(t, { data, settings: { create: "false" } }), {
      code: "NO_SUCH_LOG",
      message: /proofline log create/,
    });
    await assert.rejects(stat(data), { code: "ENOENT" });
  });

  test("a log whose private key is gone is BAD_KEY_FILE, and no new key is made for it", async (t) => {
    const first = await startTestReceiver(t);
    await first.receiver.stop();
    await rm(join(first.receiver.folder, "key"));
    await assert.rejects(startTestReceiver(t, { data: first.data }), { code: "BAD_KEY_FILE", message: /its private key is not/ });
  });

  test("a folder that lost its checkpoint is not begun anew", async (t) => {
    const first = await startTestReceiver(t);
    await first.post(body("a"));
    await first.receiver.stop();
    await rm(join(first.receiver.folder, "checkpoint"));
    await assert.rejects(startTestReceiver(t, { data: first.data }), { name: "LedgerError" });
    assert.equal((await first.lines()).length, 1);
  });

  test("a creation that stopped after the key was written is finished with that key", async (t) => {
    const data = join(await temporaryFolder(t), "data");
    const { skey, vkey } = generateSigner("default");
    await mkdir(join(data, "default"), { recursive: true });
    await writeFile(join(data, "default", "key"), `${skey}\n`, { mode: 0o600 });
    assert.equal((await startTestReceiver(t, { data })).receiver.vkey, vkey);
  });

  test("a key file that was named is taken; missing, of another log, or no key at all, it is refused", async (t) => {
    const folder = await temporaryFolder(t);
    const data = join(folder, "data");
    const key = join(folder, "my.key");
    await assert.rejects(startTestReceiver(t, { data, settings: { key } }), {
      code: "BAD_KEY_FILE",
      message: /there is no file .*my\.key/,
    });
    await writeFile(key, "PRIVATE+KEY+default+00000000+not-a-key");
    await assert.rejects(
      startTestReceiver(t, { data, settings: { key } }),
      (error: Error) => /is not a private key/.test(error.message) && !/not-a-key/.test(error.message),
    );
    await writeFile(key, generateSigner("other").skey);
    await assert.rejects(startTestReceiver(t, { data, settings: { key } }), {
      code: "WRONG_KEY",
      message: /is the key of "other"/,
    });
    const { skey, vkey } = generateSigner("default");
    await writeFile(key, skey);
    const r = await startTestReceiver(t, { data, settings: { key } });
    assert.equal(r.receiver.vkey, vkey);
    await assert.rejects(stat(join(r.receiver.folder, "key")), { code: "ENOENT" });
  });

  test("a redaction key that was named must be there, readable and a key", async (t) => {
    const folder = await temporaryFolder(t);
    const file = join(folder, "redaction");
    const settings = { "redaction.key_file": file };
    const start = (): Promise<unknown> => startTestReceiver(t, { data: join(folder, "data"), settings });
    await assert.rejects(start, { code: "BAD_KEY_FILE", message: /there is no file/ });
    await writeFile(file, "c2hvcnQ=");
    await assert.rejects(start, { code: "BAD_KEY_FILE", message: /does not hold 32 bytes in base64/ });
    await writeFile(file, Buffer.alloc(32, 7).toString("base64"));
    await start();
  });

  test("an address in use is ADDRESS_IN_USE with its key, and leaves the log unlocked", async (t) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    t.after(() => taken.close());
    const port = (taken.address() as { port: number }).port;
    const data = join(await temporaryFolder(t), "data");
    for (const key of ["otlp.http", "otlp.grpc"]) {
      const message = new RegExp(`${key}: 127\\.0\\.0\\.1:${port} is in use`);
      await assert.rejects(startTestReceiver(t, { data, settings: { [key]: `127.0.0.1:${port}` } }), {
        code: "ADDRESS_IN_USE",
        message,
      });
    }
    await assert.rejects(stat(data), { code: "ENOENT" }, "a log was made by a start that failed");
    await startTestReceiver(t, { data });
  });

  test("two receivers cannot have one log", async (t) => {
    const first = await startTestReceiver(t);
    await assert.rejects(startTestReceiver(t, { data: first.data }), { code: "LOCKED" });
    assert.equal((await first.post(body("a"))).status, 200);
  });

  test("a sink that cannot work stops the start", async (t) => {
    const settings = { "sinks.loki.url": "http://127.0.0.1:9", "sinks.loki.labels": "service_name=x" };
    await assert.rejects(startTestReceiver(t, { settings }), { code: "BAD_SINK", message: /sinks\.loki\.labels/ });
  });

  test("a folder that may not be written is an error that names it", async (t) => {
    const folder = await temporaryFolder(t);
    const file = join(folder, "a-file");
    await writeFile(file, "");
    await chmod(file, 0o400);
    await assert.rejects(startTestReceiver(t, { data: join(file, "data") }), /a-file/);
  });
});

describe("a full disk", () => {
  test("is refused with 503 and UNAVAILABLE before anything is written, says why, and passes when there is room again", async (t) => {
    let freeBytes = 1_000_000_000;
    let nowNs = 1_700_000_000_000_000_000n;
    const world = { disk: { ...nodeDisk, freeBytes: () => freeBytes }, now: () => (nowNs += 2_000_000_000n) };
    const r = await startTestReceiver(t, { world, settings: { "disk.min_free_bytes": "1000000" } });
    assert.equal((await r.post(body("a"))).status, 200);
    freeBytes = 10;
    const refused = await r.post(body("b"));
    assert.equal(refused.status, 503);
    assert.match(refused.headers.get("retry-after")!, /^[123]$/);
    const status = (await refused.json()) as {
      code: number;
      message: string;
      details: { "@type": string; retryDelay: string }[];
    };
    assert.equal(status.code, 14);
    assert.match(status.message, /disk is nearly full: 10 bytes free/);
    assert.equal(status.details[0]!["@type"], "type.googleapis.com/google.rpc.RetryInfo");
    assert.equal(status.details[0]!.retryDelay, `${refused.headers.get("retry-after")}s`);
    const grpc = await grpcClient(t, r.grpcAddress).call(toProtobuf(request(auditRecord("c"))));
    assert.equal(grpc.code, 14);
    assert.ok(grpc.status!.retrySeconds! >= 1 && grpc.status!.retrySeconds! <= 3);
    assert.equal((await fetch(`${r.url}/readyz`)).status, 503);
    assert.equal((await fetch(`${r.url}/healthz`)).status, 200);
    assert.equal((await r.lines()).length, 1);
    freeBytes = 1_000_000_000;
    assert.equal((await r.post(body("b"))).status, 200);
    const changes = r.logged.filter(({ msg }) => /disk/.test(String(msg))).map(({ level }) => level);
    assert.deepEqual(changes, ["error", "info"]);
  });
});

describe("a ledger that fails", () => {
  test("ends the process with 70 and acknowledges nothing more", async (t) => {
    let broken = false;
    const failing = (file: DiskFile): DiskFile => ({
      ...file,
      datasync: () => (broken ? Promise.reject(Object.assign(new Error("i/o error"), { code: "EIO" })) : file.datasync()),
    });
    const exits: number[] = [];
    const disk = {
      ...nodeDisk,
      open: async (...args: Parameters<typeof nodeDisk.open>) => failing(await nodeDisk.open(...args)),
    };
    const r = await startTestReceiver(t, { world: { disk, exit: (code) => void exits.push(code) } });
    assert.equal((await r.post(body("a"))).status, 200);
    broken = true;
    const answers = await Promise.all([r.post(body("b")), r.post(body("c")), r.post(body("d"))]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [503, 503, 503],
    );
    broken = false;
    assert.equal((await r.post(body("e"))).status, 503);
    assert.equal((await grpcClient(t, r.grpcAddress).call(toProtobuf(request(auditRecord("f"))))).code, 14);
    assert.deepEqual(exits, [70]);
    assert.equal(r.logged.filter(({ level }) => level === "fatal").length, 1);
  });
});

describe("stopping", () => {
  test("under load: everything acknowledged is in the ledger, everything refused says that it may pass later", async (t) => {
    const r = await startTestReceiver(t);
    const acknowledged: string[] = [];
    const refusals = new Set<number>();
    let sent = 0;
    let running = true;
    const grpc = grpcClient(t, r.grpcAddress);
    const send = async (id: string, viaGrpc: boolean): Promise<number> => {
      if (!viaGrpc) return (await r.post(body(id))).status;
      return (await grpc.call(toProtobuf(request(auditRecord(id))))).code;
    };
    const client = async (n: number): Promise<void> => {
      while (running) {
        const id = `${n}-${sent++}`;
        try {
          const status = await send(id, n % 2 === 0);
          if (status === 200 || status === 0) acknowledged.push(id);
          else refusals.add(status);
        } catch {
          // The connection was refused or closed: nothing was acknowledged.
          running = false;
        }
        if (acknowledged.length === 100) stopped ??= r.receiver.stop().finally(() => (running = false));
      }
    };
    let stopped: Promise<void> | undefined;
    await Promise.all([1, 2, 3, 4, 5, 6].map(client));
    await stopped;
    const ids = new Set((await readLines(r.receiver.folder)).map((line) => (JSON.parse(line) as { id: string }).id));
    assert.ok(acknowledged.length >= 100);
    for (const id of acknowledged) assert.ok(ids.has(id), id);
    for (const status of refusals) assert.ok(status === 503 || status === 14, String(status));
  });

  test("signs everything, gives the lock back, and twice is fine", async (t) => {
    const r = await startTestReceiver(t, { settings: { "checkpoint.interval": "1h" } });
    await r.post(body("a"));
    await Promise.all([r.receiver.stop(), r.receiver.stop()]);
    await r.receiver.stop();
    const note = await readFile(join(r.receiver.folder, "checkpoint"), "utf8");
    assert.equal(openCheckpoint(note, [verifierFromVkey(r.receiver.vkey)]).size, (await r.allLines()).length);
    await startTestReceiver(t, { data: r.data });
  });

  test("does not wait longer than it may for a request that never ends", async (t) => {
    const r = await startTestReceiver(t, { settings: { "shutdown.timeout": "0ms" } });
    const socket = connect(r.receiver.http.port, "127.0.0.1");
    t.after(() => socket.destroy());
    let answer = "";
    const ended = new Promise((resolve) => socket.on("close", resolve).on("error", resolve));
    socket.on("data", (bytes) => (answer += bytes.toString("latin1")));
    socket.write("POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{");
    while (!(await r.metrics()).includes("proofline_inflight_bytes 1\n")) await new Promise(setImmediate);
    await r.receiver.stop();
    await ended;
    assert.doesNotMatch(answer, / 200 /);
  });
});

test("an IPv6 address is listened on and printed in brackets", async (t) => {
  const data = join(await temporaryFolder(t), "data");
  const config = loadConfig({ flags: { data, "otlp.http": "[::1]:0", "otlp.grpc": "[::1]:0" } });
  const receiver = await startReceiver(config, { logStream: { write: () => {} }, processMetrics: false });
  undoAfter(t, () => receiver.stop());
  assert.equal(receiver.http.host, "::1");
  assert.equal((await fetch(`http://[::1]:${receiver.http.port}/healthz`)).status, 200);
  assert.equal((await grpcClient(t, `[::1]:${receiver.grpc.port}`).call(Buffer.alloc(0))).code, 0);
});
