import assert from "node:assert/strict";
import { chmod, readdir, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { type Advice, type DoctorReport, examine, loadConfig } from "@proofline/receiver";
import { auditRecord, request, toJson } from "../support/otlp.ts";
import { startTestReceiver, temporaryFolder } from "../support/receiver.ts";
import { createAuthority, issueServer } from "../support/x509.ts";

type World = NonNullable<Parameters<typeof examine>[1]>;
type Fetch = NonNullable<World["fetch"]>;

/** A world in which a sync takes no time, and memory has no limit. */
const quick: World = { elapsedMs: () => 0, memoryLimitBytes: () => 0 };

async function look(
  t: TestContext,
  flags: Record<string, string> = {},
  world: World = {},
): Promise<DoctorReport & { of: (check: string) => Advice }> {
  const data = flags.data ?? join(await temporaryFolder(t), "data");
  const ports = { "otlp.http": "127.0.0.1:0", "otlp.grpc": "127.0.0.1:0", "disk.min_free_bytes": "0", "segments.bytes": "64KiB" };
  const report = await examine(loadConfig({ flags: { ...ports, ...flags, data } }), { ...quick, ...world });
  const of = (check: string): Advice => {
    const found = report.advice.find((one) => one.check === check);
    assert.ok(found !== undefined, `${check} is not among ${report.advice.map((one) => one.check).join(", ")}`);
    return found;
  };
  return { ...report, of };
}

const hurting = ({ advice }: DoctorReport): string[] => advice.filter(({ level }) => level === "hurts").map(({ check }) => check);

/** What the machine of the test has or has not is no business of these. */
const ofTheMachine = new Set(["disk.free", "disk.inodes", "disk.kind", "memory"]);
const hurtingHere = (report: DoctorReport): string[] => hurting(report).filter((check) => !ofTheMachine.has(check));

describe("a look before the first start", () => {
  test("finds nothing wrong where nothing is, and leaves nothing behind", async (t) => {
    const folder = await temporaryFolder(t);
    const report = await look(t, { data: join(folder, "data") });
    assert.deepEqual(hurtingHere(report), []);
    assert.match(report.of("log").found, /there is no log in .*; the first start creates it/);
    assert.deepEqual(await readdir(folder), []);
  });

  test("a log that must be there and is not hurts", async (t) => {
    const report = await look(t, { create: "false" });
    assert.deepEqual([report.of("log").level, report.of("log").todo], ["hurts", "proofline log create"]);
    assert.equal(report.level, "hurts");
  });
});

describe("the disk", () => {
  test("with less than the reserve, or little more, hurts", async (t) => {
    assert.match((await look(t, { "disk.min_free_bytes": "8000TiB" })).of("disk.free").todo!, /nothing is accepted/);
  });

  test("slow syncs hurt", async (t) => {
    let nowMs = 0;
    const report = await look(t, {}, { elapsedMs: () => (nowMs += 80) });
    assert.match(report.of("disk.sync").found, /takes 80 ms, at most 80 ms/);
    assert.equal(report.of("disk.sync").level, "hurts");
    assert.equal((await look(t)).of("disk.sync").level, "fine");
  });
});

describe("a log that is there", () => {
  test("beside a service that writes it: fine, also its ports", async (t) => {
    const r = await startTestReceiver(t);
    await r.post(toJson(request(auditRecord("a"))));
    const report = await look(t, { data: r.data, "otlp.http": `127.0.0.1:${r.receiver.http.port}` });
    assert.match(report.of("log.lock").found, new RegExp(`written by process ${process.pid} on`));
    assert.equal(report.of("otlp.http").level, "fine");
    assert.equal(report.of("key").level, "fine");
    assert.equal(report.of("redaction.key").level, "fine");
    assert.equal(report.of("clock").level, "fine");
    assert.deepEqual(hurtingHere(report), []);
  });

  test("keys that others can read, or that are none, hurt", async (t) => {
    const r = await startTestReceiver(t);
    await r.receiver.stop();
    await chmod(join(r.receiver.folder, "key"), 0o644);
    await writeFile(join(r.receiver.folder, "redaction.key"), "hunter2");
    const report = await look(t, { data: r.data });
    assert.match(report.of("key").found, /has the mode 0644: others than its owner can read it/);
    assert.match(report.of("redaction.key").found, /is not a key that can be used/);
    assert.ok(!JSON.stringify(report).includes("hunter2"));
  });

  test("a checkpoint far behind its lines, a lock that nobody holds, and a clock behind the log hurt", async (t) => {
    const r = await startTestReceiver(t);
    await r.receiver.stop();
    const longAgo = new Date(Date.now() - 600_000);
    await utimes(join(r.receiver.folder, "checkpoint"), longAgo, longAgo);
    await writeFile(join(r.receiver.folder, "lock"), JSON.stringify({ pid: 2 ** 30, host: "elsewhere", since: "yesterday" }));
    const report = await look(t, { data: r.data }, { nowMs: () => Date.now() - 3_600_000 });
    assert.match(report.of("log.checkpoint").found, /older than the newest line/);
    assert.match(report.of("log.lock").found, /held by process 1073741824 on elsewhere since yesterday, which is not to be seen/);
    assert.match(report.of("clock").found, /36\d\d s behind the newest line/);
    assert.deepEqual(hurtingHere(report), ["log.lock", "log.checkpoint", "clock"]);
  });

  test("a port that somebody else has hurts", async (t) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    t.after(() => taken.close());
    const address = `127.0.0.1:${(taken.address() as { port: number }).port}`;
    const report = await look(t, { "otlp.grpc": address });
    assert.equal(report.of("otlp.grpc").found, `otlp.grpc: ${address} is in use by another process`);
    assert.deepEqual(hurtingHere(report), ["otlp.grpc"]);
  });
});

describe("tokens and certificates", () => {
  test("are fine, or say what is wrong with them; never what they are", async (t) => {
    const folder = await temporaryFolder(t);
    const token = "t".repeat(32);
    for (const [name, text] of [
      ["good", token],
      ["open", `${token}2`],
      ["short", "hunter2"],
    ] as const) {
      await writeFile(join(folder, name), text, { mode: 0o600 });
    }
    await chmod(join(folder, "open"), 0o604);
    const tokens = ["good", "open", "short", "gone"].map((name) => ({ name, file: join(folder, name), logs: ["*"] }));
    const report = await look(t, { "auth.tokens": JSON.stringify(tokens) });
    assert.deepEqual(hurtingHere(report), ["auth.tokens.open", "auth.tokens.short", "auth.tokens.gone"]);
    assert.match(report.of("auth.tokens.open").found, /mode 0604/);
    assert.ok(!JSON.stringify(report).includes("hunter2") && !JSON.stringify(report).includes(token));
  });

  const DAY_MS = 86_400_000;
  for (const [what, toMs, level, found] of [
    ["good for long", 60 * DAY_MS, "fine", /good until .*, (59|60) days/],
    ["about to end", 5 * DAY_MS, "hurts", /good until .*, (4|5) days/],
    ["at its end", -2 * DAY_MS, "hurts", /ended on .*, [23] days ago/],
  ] as const) {
    test(`a certificate that is ${what}: ${level}`, async (t) => {
      const folder = await temporaryFolder(t);
      const { cert, key } = issueServer(createAuthority("a"), { fromMs: Date.now() - 90 * DAY_MS, toMs: Date.now() + toMs });
      await writeFile(join(folder, "crt"), cert);
      await writeFile(join(folder, "key"), key, { mode: 0o600 });
      const report = await look(t, { "otlp.tls.cert_file": join(folder, "crt"), "otlp.tls.key_file": join(folder, "key") });
      assert.equal(report.of("otlp.tls").level, level);
      assert.match(report.of("otlp.tls").found, found);
    });
  }

  test("an address that other machines reach hurts without them", async (t) => {
    const report = await look(t, { "otlp.http": "0.0.0.0:0" });
    assert.equal(report.advice.filter(({ check, level }) => check === "exposure" && level === "hurts").length, 2);
  });

  test("memory that requests under way may exceed hurts", async (t) => {
    const report = await look(t, { "otlp.max_inflight_bytes": "256MiB" }, { memoryLimitBytes: () => 300 * 2 ** 20 });
    assert.match(report.of("memory").todo!, /lower otlp\.max_inflight_bytes, or allow 512 MiB/);
  });
});

describe("Loki", () => {
  const answers =
    (config: string | number, date = new Date()): Fetch =>
    async (url) => {
      if ((url instanceof Request ? url.url : url.toString()).endsWith("/ready"))
        return new Response("ready", { headers: { date: date.toUTCString() } });
      return typeof config === "number" ? new Response("", { status: config }) : new Response(config);
    };
  const url = { "sinks.loki.url": "http://loki:3100" };

  test("with the limits that it has by default is fine", async (t) => {
    const config =
      "limits_config:\n  max_line_size: 256KB\n  per_stream_rate_limit: 3MB\n  reject_old_samples: true\n  reject_old_samples_max_age: 1w\n  allow_structured_metadata: true\n";
    const report = await look(t, url, { fetch: answers(config) });
    assert.deepEqual(hurtingHere(report), []);
    assert.equal(report.of("loki.reject_old_samples_max_age").found, "reject_old_samples_max_age: 1w");
  });

  test("limits that do not fit hurt, each with what to do", async (t) => {
    const config =
      "limits_config:\n  max_line_size: 10KB\n  per_stream_rate_limit: 1048576\n  reject_old_samples_max_age: 1h30m0s\n  allow_structured_metadata: false\n";
    const report = await look(t, url, { fetch: answers(config) });
    const limits = ["max_line_size", "per_stream_rate_limit", "reject_old_samples_max_age", "allow_structured_metadata"];
    assert.deepEqual(
      hurtingHere(report),
      limits.map((name) => `loki.${name}`),
    );
    for (const name of limits) assert.ok(report.of(`loki.${name}`).todo!.length > 10);
  });

  test("that does not show its limits, or shows nonsense, is fine; a clock far from ours is not", async (t) => {
    for (const config of [404, "nonsense: [", "a: b"]) {
      assert.match((await look(t, url, { fetch: answers(config) })).of("loki.limits").found, /not shown/);
    }
    const report = await look(t, url, { fetch: answers(404, new Date(Date.now() + 120_000)) });
    assert.match(report.of("loki.clock").found, /1[12]\d s apart/);
    assert.deepEqual(hurtingHere(report), ["loki.clock"]);
  });

  test("that is not there, or not ready, hurts", async (t) => {
    const fail: Fetch = () =>
      Promise.reject(
        Object.assign(new TypeError("fetch failed"), { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) }),
      );
    assert.match((await look(t, url, { fetch: fail })).of("loki").found, /not reached \(ECONNREFUSED\)/);
    const busy: Fetch = async () => new Response("", { status: 503 });
    assert.match((await look(t, url, { fetch: busy })).of("loki").found, /answers 503/);
  });
});

test("a look that fails is unknown, and keeps no other from being made", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, "file"), "");
  const report = await look(t, { data: join(folder, "file") });
  assert.ok(report.advice.some(({ level }) => level === "unknown"));
  assert.ok(report.advice.length > 3);
});
