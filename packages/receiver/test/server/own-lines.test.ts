// What the service says of itself in its log, and how it takes up another configuration while it runs.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { parseLine } from "@proofline/event";
import { nodeDisk } from "@proofline/ledger";
import { type Config, loadConfig } from "@proofline/receiver";
import { startHeartbeat } from "../../src/server/heartbeat.ts";
import { auditRecord, request, toJson } from "../support/otlp.ts";
import { startTestReceiver, type TestReceiver, temporaryFolder } from "../support/receiver.ts";
import { until } from "../support/until.ts";

const body = (id: string, more: Record<string, string> = {}): Buffer => toJson(request(auditRecord(id, more)));
const events = async (r: TestReceiver): Promise<string[]> =>
  (await r.allLines()).map((line) => parseLine(Buffer.from(line)).event);

/** A receiver whose configuration and policy stand in files. */
async function fromFiles(
  t: TestContext,
): Promise<{ r: TestReceiver; read: () => Config; write: (yaml: string) => Promise<void>; policy: string }> {
  const folder = await temporaryFolder(t);
  const [file, policy] = [join(folder, "audit.yaml"), join(folder, "policy.yaml")];
  await writeFile(policy, "keys: [{ names: [salary], action: mask }]\n");
  const write = (yaml: string): Promise<void> =>
    writeFile(file, `redaction: { policy: ${policy} }\nreload: { interval: 0s }\n${yaml}`);
  await write("");
  const data = join(folder, "data");
  const flags = { data, "otlp.http": "127.0.0.1:0", "otlp.grpc": "127.0.0.1:0", "disk.min_free_bytes": "0" };
  const read = (): Config => loadConfig({ file, flags });
  const r = await startTestReceiver(t, { data, settings: { "redaction.policy": policy, "reload.interval": "0s" } });
  return { r, read, write, policy };
}

describe("a run in its log", () => {
  test("begins with a line that says what started, and ends with one that says that it stopped", async (t) => {
    const r = await startTestReceiver(t);
    await r.post(body("a"));
    await r.receiver.stop();
    const lines = (await r.allLines()).map((line) => parseLine(Buffer.from(line)));
    assert.deepEqual(
      lines.map(({ event }) => event),
      ["proofline.receiver.started", "invoice.approved", "proofline.receiver.stopped"],
    );
    const { writer, attributes, resource, severity, time } = lines[0]!;
    assert.equal(writer, "proofline.receiver");
    assert.equal(attributes.get("audit.actor.type"), "system");
    assert.equal(attributes.get("audit.action"), "START");
    assert.equal(attributes.get("audit.outcome"), "success");
    assert.equal(attributes.get("audit.target.id"), "default");
    assert.match(attributes.get("proofline.config.digest") as string, /^[0-9a-f]{12}$/);
    assert.match(attributes.get("proofline.policy.version") as string, /^[0-9a-f]{12}$/);
    assert.equal(attributes.get("proofline.log.created"), true);
    assert.equal(attributes.get("proofline.run.id"), lines[2]!.attributes.get("proofline.run.id"));
    const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
    assert.equal(resource.attributes.get("service.version"), version);
    assert.ok(severity > 0 && time > 0n);
    assert.deepEqual([lines[1]!.writer, lines[2]!.attributes.get("audit.action")], ["", "STOP"]);
  });

  test("each start is its own run, and the same configuration has the same digest", async (t) => {
    const first = await startTestReceiver(t);
    await first.receiver.stop();
    const second = await startTestReceiver(t, { data: first.data });
    const [a, , b] = await second.ownLines();
    assert.equal(a!.attributes["proofline.config.digest"], b!.attributes["proofline.config.digest"]);
    assert.notEqual(a!.attributes["proofline.run.id"], b!.attributes["proofline.run.id"]);
    assert.deepEqual([b!.attributes["proofline.log.created"], b!.attributes["proofline.log.size"]], [false, 2]);
  });

  test("a heartbeat comes when no line came for an interval, and not before", async (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const ledger = { size: 5 };
    const beats: number[] = [];
    const beat = async (): Promise<void> => void beats.push(ledger.size++);
    const end = startHeartbeat({ ledger, beat, intervalMs: 1_000, onFailed: (error) => assert.fail(String(error)) });
    const pass = async (): Promise<void> => {
      t.mock.timers.tick(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    };
    for (let i = 0; i < 3; i++) {
      ledger.size++;
      await pass();
    }
    assert.deepEqual(beats, []);
    for (let i = 0; i < 2; i++) await pass();
    assert.deepEqual(beats, [8, 9]);
    end();
    await pass();
    assert.equal(beats.length, 2);
  });

  test("a log that gets no other line gets a heartbeat of its own, until the run ends", async (t) => {
    const r = await startTestReceiver(t, { settings: { "heartbeat.interval": "200ms" } });
    const beats = async (): Promise<number> =>
      (await r.ownLines()).filter(({ event }) => event === "proofline.receiver.heartbeat").length;
    await until(async () => (await beats()) >= 2);
    const [, beat] = await r.ownLines();
    assert.deepEqual(
      [beat!.attributes["audit.actor.type"], beat!.attributes["audit.outcome"], beat!.attributes["proofline.log.size"]],
      ["system", "success", 1],
    );
    await r.receiver.stop();
    assert.equal((await r.ownLines()).at(-1)!.event, "proofline.receiver.stopped");
  });

  test("no request is accepted before the first line is durable, though the ports are open: on a full disk it waits for room", async (t) => {
    let freeBytes = 10;
    let nowNs = 1_700_000_000_000_000_000n;
    const world = { disk: { ...nodeDisk, freeBytes: () => freeBytes }, now: () => (nowNs += 2_000_000_000n) };
    const r = await startTestReceiver(t, { world, settings: { "disk.min_free_bytes": "1000000" } });
    assert.equal((await r.post(body("a"))).status, 503);
    assert.equal((await fetch(`${r.url}/readyz`)).status, 503);
    assert.deepEqual(await r.allLines(), []);
    freeBytes = 1_000_000_000;
    await until(async () => (await r.post(body("a"))).status === 200);
    assert.deepEqual(await events(r), ["proofline.receiver.started", "invoice.approved"]);
  });

  test("a sender cannot pass its record off as the service's: there is no such writer for anybody else", async (t) => {
    const r = await startTestReceiver(t);
    const forged = {
      ...auditRecord("a", { writer: "proofline.receiver", "audit.actor.type": "system" }),
      eventName: "proofline.receiver.stopped",
    };
    await r.post(toJson(request(forged)));
    assert.deepEqual(
      (await r.ownLines()).map(({ event }) => event),
      ["proofline.receiver.started"],
    );
  });
});

describe("a reload", () => {
  test("takes another policy, says so before the first record under it, and leaves what is under way alone", async (t) => {
    const { r, read, policy } = await fromFiles(t);
    await r.post(body("a", { salary: "100", bonus: "5" }));
    await writeFile(policy, "keys: [{ names: [bonus], action: mask }]\n");
    await r.receiver.reload(read);
    await r.post(body("b", { salary: "100", bonus: "5" }));
    assert.deepEqual(await events(r), [
      "proofline.receiver.started",
      "invoice.approved",
      "proofline.policy.changed",
      "invoice.approved",
    ]);
    const [first, second] = (await r.lines()).map((line) => parseLine(Buffer.from(line)));
    assert.deepEqual([first!.attributes.get("salary"), first!.attributes.get("bonus")], ["***", "5"]);
    assert.deepEqual([second!.attributes.get("salary"), second!.attributes.get("bonus")], ["100", "***"]);
    const [started, changed] = await r.ownLines();
    assert.equal(changed!.attributes["proofline.change.old"], started!.attributes["proofline.policy.version"]);
    assert.equal(changed!.attributes["proofline.change.new"], second!.redactions[0]!.policy);
  });

  test("of the same configuration changes nothing and writes nothing", async (t) => {
    const { r, read } = await fromFiles(t);
    await r.receiver.reload(read);
    assert.deepEqual(await events(r), ["proofline.receiver.started"]);
  });

  test("takes what can be taken, and names what waits for a restart", async (t) => {
    const { r, read, write } = await fromFiles(t);
    await write("log_level: warn\ncheckpoint: { interval: 7s }\n");
    await r.receiver.reload(read);
    const own = await r.ownLines();
    assert.deepEqual(own[1]!.attributes["proofline.config.keys"], ["log_level"]);
    assert.deepEqual(own[1]!.attributes["proofline.config.waiting"], ["checkpoint.interval"]);
    assert.equal(own[1]!.attributes["proofline.change.old"], own[0]!.attributes["proofline.config.digest"]);
    assert.notEqual(own[1]!.attributes["proofline.change.new"], own[0]!.attributes["proofline.config.digest"]);
    const waiting = r.logged.filter(({ msg }) => /wait for a restart/.test(String(msg)));
    assert.deepEqual(
      waiting.map(({ level, keys }) => [level, keys]),
      [["warn", ["checkpoint.interval"]]],
    );
    await write("");
    await r.receiver.reload(read);
    assert.equal((await r.ownLines())[2]!.attributes["proofline.change.new"], own[0]!.attributes["proofline.config.digest"]);
  });

  const wrong: [string, (o: { write: (yaml: string) => Promise<void>; policy: string }) => Promise<void>, RegExp, string][] = [
    [
      "configuration",
      ({ write }) => write("accept: hunter2\nlog_level: warn\n"),
      /accept: "hunter2" is not one of/,
      "problems: 1, at accept",
    ],
    [
      "policy",
      ({ policy }) => writeFile(policy, "keys: [{ names: [salary], action: hunter2 }]\n"),
      /keys\[0\]\.action: "hunter2" is not one of/,
      "problems: 1, at keys[0].action",
    ],
  ];
  for (const [what, harm, said, reason] of wrong) {
    test(`of a ${what} that cannot be used keeps the old one, says what is wrong, and the attempt stands in the log`, async (t) => {
      const { r, ...files } = await fromFiles(t);
      await harm(files);
      await r.receiver.reload(files.read);
      assert.ok(r.logged.some(({ level, msg }) => level === "error" && said.test(String(msg))));
      const [, refused] = await r.ownLines();
      assert.deepEqual(
        [refused!.event, refused!.attributes["audit.outcome"], refused!.attributes["proofline.reason"]],
        ["proofline.config.changed", "failure", reason],
      );
      await r.post(body("a", { salary: "100" }));
      assert.equal(parseLine(Buffer.from((await r.lines())[0]!)).attributes.get("salary"), "***");
      assert.ok(r.logged.some(({ level }) => level === "info"));
      assert.match(await r.metrics(), /proofline_reloads_total\{what="config",outcome="refused"\} 1/);
    });
  }

  test("takes writers: from no token to one, to another's, and back; a token's file that is not there yet decides nothing", async (t) => {
    const { r, read, write, policy } = await fromFiles(t);
    const token = "t".repeat(32);
    const post = (shown?: string) =>
      r
        .post(body("a"), { "content-type": "application/json", ...(shown && { authorization: `Bearer ${shown}` }) })
        .then(({ status }) => status);
    const file = `${policy}.token`;
    await write(`auth: { tokens: [{ name: billing, file: ${file}, logs: [default] }] }\n`);
    await r.receiver.reload(read);
    assert.deepEqual([await post(), await post(token)], [401, 503]);
    await writeFile(file, token);
    assert.deepEqual([await post(), await post(token)], [401, 200]);
    await write(`auth: { tokens: [{ name: billing, file: ${file}, logs: [other] }] }\n`);
    await r.receiver.reload(read);
    assert.equal(await post(token), 403);
    await write("");
    await r.receiver.reload(read);
    assert.equal(await post(), 200);
  });

  test("many at once come one after the other, and the last one stands", async (t) => {
    const { r, policy } = await fromFiles(t);
    const flags = {
      data: r.data,
      "otlp.http": "127.0.0.1:0",
      "otlp.grpc": "127.0.0.1:0",
      "disk.min_free_bytes": "0",
      "redaction.policy": policy,
      "reload.interval": "0s",
    };
    const levels = ["warn", "debug", "error", "info", "debug"];
    await Promise.all(levels.map((level) => r.receiver.reload(() => loadConfig({ flags: { ...flags, log_level: level } }))));
    const own = (await r.ownLines()).slice(1);
    assert.equal(own.length, levels.length);
    for (const [i, line] of own.entries()) {
      if (i > 0) assert.equal(line.attributes["proofline.change.old"], own[i - 1]!.attributes["proofline.change.new"]);
    }
  });
});

describe("health and metrics apart", () => {
  test("are served in clear text without a credential, and the metrics nowhere else", async (t) => {
    const r = await startTestReceiver(t, { settings: { "admin.http": "127.0.0.1:0" } });
    const admin = `http://127.0.0.1:${r.receiver.admin!.port}`;
    for (const path of ["/healthz", "/readyz", "/metrics"]) assert.equal((await fetch(`${admin}${path}`)).status, 200, path);
    assert.equal((await fetch(`${r.url}/healthz`)).status, 200);
    assert.equal((await fetch(`${r.url}/readyz`)).status, 200);
    assert.equal((await fetch(`${r.url}/metrics`)).status, 404);
    assert.equal((await fetch(`${admin}/v1/logs`, { method: "POST", body: "{}" })).status, 404);
    await r.receiver.stop();
    await assert.rejects(fetch(`${admin}/healthz`));
  });
});

describe("an address that other machines reach", () => {
  test("starts, with a warning for clear text and one for writers that are not asked who they are", async (t) => {
    const r = await startTestReceiver(t, { settings: { "otlp.http": "0.0.0.0:0" } });
    assert.deepEqual(
      r.receiver.warnings.map((warning) => warning.replace(/^.*?: /, "")),
      [
        "other machines reach it in clear text; set otlp.tls.cert_file and otlp.tls.key_file, or put TLS in front of it",
        "whoever reaches it may write to the log; set auth.tokens, or otlp.tls.client_ca_file",
      ],
    );
    assert.equal(
      r.logged.filter(({ level, msg }) => level === "warn" && String(msg).startsWith("otlp.http 0.0.0.0:0")).length,
      2,
    );
    assert.deepEqual((await startTestReceiver(t)).receiver.warnings, []);
  });
});
