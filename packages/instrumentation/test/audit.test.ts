// Specifies audit.ts: what record, commit, flush, shutdown and stats promise.
import assert from "node:assert/strict";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { AuditEvent } from "../src/emit/audit-event.ts";
import { AuditError } from "../src/errors.ts";
import { nodeDisk } from "../src/spool/disk.ts";
import { event, everything, fixture, until } from "./kit/fixture.ts";

const CODE = (code: string) => (error: unknown) => error instanceof AuditError && error.code === code;

describe("an event", () => {
  test("arrives with every part of it under the names of the draft", async (t) => {
    const { receiver, audit } = await fixture(t);
    await audit().commit({
      event: "invoice.overridden",
      actor: { id: "u-17", type: "user" },
      onBehalfOf: { id: "u-18", type: "user" },
      action: "OVERRIDE",
      outcome: "success",
      target: { id: "4711", type: "invoice" },
      source: { id: "10.0.0.1", type: "ipv4" },
      change: { old: "refused", new: { state: "approved", by: 3 } },
      reason: "goods arrived",
      attributes: { "gen_ai.usage.input_tokens": 12, "my.list": ["a", 1, null], "my.big": 2n ** 60n, "my.when": new Date(0) },
      body: { free: "form" },
      time: 1_795_000_000_123_456_789n,
      id: "my-id",
      workflow: "w1",
      task: "t1",
      run: "r1",
      tenant: "acme",
      parents: ["p1", "p2"],
    });
    const [record] = receiver.accepted;
    assert.equal(record!.event, "invoice.overridden");
    assert.equal(record!.id, "my-id");
    assert.equal(record!.timeNs, "1795000000123456789");
    assert.equal(record!.severity, 9);
    assert.equal(record!.number, 1);
    assert.match(record!.stream, /^[0-9A-Z]{26}$/);
    assert.equal(record!.resource["service.name"], "test");
    assert.equal(record!.scope, "@proofline/instrumentation");
    assert.deepEqual({ ...(record!.body as object) }, { free: "form" });
    assert.deepEqual(JSON.parse(JSON.stringify(record!.attributes)), {
      "audit.actor.id": "u-17",
      "audit.actor.type": "user",
      "audit.action": "OVERRIDE",
      "audit.outcome": "success",
      "audit.target.id": "4711",
      "audit.target.type": "invoice",
      "audit.source.id": "10.0.0.1",
      "audit.source.type": "ipv4",
      "audit.schema.version": "1",
      "audit.record.id": "my-id",
      "audit.sequence.stream_id": record!.stream,
      "audit.sequence.number": 1,
      "proofline.delegation.on_behalf_of.id": "u-18",
      "proofline.delegation.on_behalf_of.type": "user",
      "proofline.change.old": "refused",
      "proofline.change.new": { state: "approved", by: 3 },
      "proofline.reason": "goods arrived",
      "proofline.workflow.id": "w1",
      "proofline.task.id": "t1",
      "proofline.run.id": "r1",
      "proofline.tenant": "acme",
      "proofline.lineage.parents": ["p1", "p2"],
      "gen_ai.usage.input_tokens": 12,
      "my.list": ["a", 1, null],
      "my.big": "int:1152921504606846976",
      "my.when": "1970-01-01T00:00:00.000Z",
    });
  });

  test("without an actor, an action, an outcome or a name is kept and counted, never thrown for", async (t) => {
    const { receiver, audit } = await fixture(t);
    const instance = audit();
    instance.record({} as AuditEvent);
    instance.record({ ...event(2), actor: undefined });
    instance.record({
      ...event(3),
      actor: { id: 7, type: null } as never,
      attributes: null as never,
      time: "yesterday" as never,
    });
    assert.equal(await instance.flush(), 0);
    assert.equal(receiver.accepted.length, 3);
    assert.match(receiver.accepted[0]!.id, /^[0-9A-Z]{26}$/);
    assert.equal(receiver.accepted[2]!.attributes["audit.actor.id"], "7");
    assert.equal(instance.stats().incomplete, 2);
  });

  test("that is no object is an error at once, with a word on what was expected", async (t) => {
    const instance = (await fixture(t)).audit();
    assert.throws(() => instance.record(undefined as never), /an audit event is an object, not undefined/);
    assert.throws(() => instance.record("x" as never), CODE("INVALID_EVENT"));
  });

  test("of hundreds of attributes and long texts is neither cut nor thinned out, whatever OTEL_* says", async (t) => {
    const { receiver, audit } = await fixture(t);
    const attributes = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, "v".repeat(500)]));
    const limits = {
      OTEL_SDK_DISABLED: "true",
      OTEL_LOGS_EXPORTER: "none",
      OTEL_ATTRIBUTE_COUNT_LIMIT: "1",
      OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: "1",
    };
    const before = { ...process.env };
    Object.assign(process.env, limits);
    t.after(() => {
      process.env = before;
    });
    await audit({}, { env: limits }).commit({ ...event(), attributes });
    const found = Object.entries(receiver.accepted[0]!.attributes).filter(([key]) => /^k\d/.test(key));
    assert.equal(found.length, 300);
    assert.ok(found.every(([, value]) => (value as string).length === 500));
  });
});

describe("secrets", () => {
  test("are redacted before anything touches the disk, and what was done travels with the event", async (t) => {
    const { receiver, audit, spool } = await fixture(t);
    receiver.reply = () => ({ status: 503 });
    const instance = audit({ redactionKey: Buffer.alloc(32, 7) }, { env: { OTEL_RESOURCE_ATTRIBUTES: "" } });
    const secrets = [
      "hunter2hunter2",
      "ann@example.com",
      "4111111111111111",
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ",
    ];
    instance.record({
      ...event(),
      actor: { id: secrets[1]!, type: "user" },
      reason: `paid with ${secrets[2]}`,
      change: { old: { password: secrets[0] }, new: null },
      attributes: {
        nested: [{ deep: { api_key: secrets[0] } }],
        "tool.arguments": JSON.stringify({ card: secrets[2], password: secrets[0] }),
      },
      body: `Authorization: Bearer ${secrets[3]}`,
    });
    await until(() => instance.stats().failures > 0);
    const onDisk = await everything(spool);
    assert.match(onDisk, /invoice\.read/);
    for (const secret of secrets) assert.ok(!onDisk.includes(secret), `${secret} is in the spool`);
    receiver.reply = () => "ok";
    await instance.flush();
    const redactions = receiver.accepted[0]!.attributes["proofline.redactions"] as Record<string, string>[];
    const paths = redactions.map(({ path }) => path);
    assert.ok(paths.includes("attributes.audit.actor.id"));
    assert.ok(paths.some((path) => path!.startsWith("attributes.nested")));
    assert.deepEqual(Object.keys(redactions[0]!).sort(), ["action", "path", "policy", "rule"]);
    assert.match(String(receiver.accepted[0]!.attributes["audit.actor.id"]), /tok_/);
    assert.equal(instance.stats().redacted, redactions.length);
  });

  test("in log records that others emit through our provider are redacted like ours", async (t) => {
    const { receiver, audit } = await fixture(t);
    const instance = audit();
    class Account {
      password = "hunter2";
    }
    instance.loggerProvider
      .getLogger("mine")
      .emit({ eventName: "raw", attributes: { password: "hunter2" }, body: new Account() });
    await instance.flush();
    assert.equal(receiver.accepted[0]!.event, "raw");
    assert.notEqual(receiver.accepted[0]!.attributes.password, "hunter2");
    assert.doesNotMatch(JSON.stringify(receiver.accepted[0]), /hunter2/);
    assert.equal(receiver.accepted[0]!.number, 1);
  });
});

describe("commit", () => {
  test("resolves with the receipt when the receiver has acknowledged, and not before", async (t) => {
    const { receiver, audit } = await fixture(t);
    let open = false;
    receiver.reply = () => (open ? "ok" : { status: 503 });
    const instance = audit();
    let resolved = false;
    const receipt = instance.commit(event()).then((value) => {
      resolved = true;
      return value;
    });
    await until(() => instance.stats().failures > 2);
    assert.equal(resolved, false);
    open = true;
    assert.partialDeepStrictEqual(await receipt, { id: "id-1", number: 1, stream: receiver.accepted[0]!.stream });
  });

  test("rejects when the caller's time is over, says that the event is safe, and delivers it all the same", async (t) => {
    const { receiver, audit } = await fixture(t);
    let open = false;
    receiver.reply = () => (open ? "ok" : { status: 503 });
    const instance = audit();
    const spooled = (code: string) => (error: unknown) => error instanceof AuditError && error.code === code && error.spooled;
    await assert.rejects(instance.commit(event(1), { timeoutMs: 5 }), spooled("TIMEOUT"));
    const bored = new AbortController();
    const second = assert.rejects(instance.commit(event(2), { signal: bored.signal }), spooled("ABORTED"));
    bored.abort("bored");
    await second;
    await assert.rejects(instance.commit(event("never"), { signal: AbortSignal.abort() }), CODE("ABORTED"));
    const third = instance.commit(event(3));
    const rejected = assert.rejects(third, spooled("SHUT_DOWN"));
    await instance.shutdown({ timeoutMs: 1 });
    await rejected;
    open = true;
    const next = audit();
    next.start();
    await until(() => receiver.accepted.length === 3);
    assert.deepEqual(receiver.ids, ["id-1", "id-2", "id-3"]);
  });

  test("waits for room in a full spool", async (t) => {
    const { receiver, audit } = await fixture(t);
    let open = false;
    receiver.reply = () => (open ? "ok" : { status: 503 });
    const instance = audit({ spoolMaxBytes: 4096 });
    const commits = Array.from({ length: 20 }, (_, i) => instance.commit(event(i + 1)));
    await until(() => instance.stats().failures > 1);
    assert.ok(instance.stats().recorded < 20);
    open = true;
    await Promise.all(commits);
    assert.equal(new Set(receiver.ids).size, 20);
  });
});

describe("a full spool", () => {
  const closed = { status: 503 };

  test("makes record throw by default, with nothing recorded and no number used up", async (t) => {
    const { receiver, audit, stderr } = await fixture(t);
    receiver.reply = () => closed;
    const instance = audit({ spoolMaxBytes: 4096 });
    let taken = 0;
    assert.throws(() => {
      for (let n = 1; ; n++, taken++) instance.record(event(n));
    }, CODE("SPOOL_FULL"));
    assert.equal(instance.stats().recorded, taken);
    assert.equal(instance.stats().thrown, 1);
    assert.equal(stderr.filter((line) => line.includes("was not recorded")).length, 1);
    receiver.reply = () => "ok";
    await instance.flush();
    instance.record(event("after"));
    await instance.flush();
    assert.deepEqual(
      receiver.accepted.map(({ number }) => number),
      receiver.accepted.map((_, i) => i + 1),
    );
  });

  test("with the policy to drop counts, says so once, and reports the gap as an event when there is room", async (t) => {
    const { receiver, audit, stderr } = await fixture(t);
    receiver.reply = () => closed;
    const instance = audit({ spoolMaxBytes: 4096, onFull: "drop" });
    for (let n = 1; n <= 30; n++) instance.record(event(n));
    const { dropped, recorded } = instance.stats();
    assert.ok(dropped > 0 && dropped + recorded === 30);
    receiver.reply = () => "ok";
    await instance.flush();
    await until(() => receiver.accepted.some((record) => record.event === "proofline.events.dropped"));
    const report = receiver.accepted.find((record) => record.event === "proofline.events.dropped")!;
    assert.equal(report.attributes["proofline.dropped.count"], dropped);
    assert.equal(report.attributes["proofline.dropped.reason"], "SPOOL_FULL");
    assert.equal(stderr.filter((line) => line.includes("being dropped")).length, 1);
  });
});

test("a disk that refuses the write makes record throw, and the next event that it takes follows without a gap", async (t) => {
  const { receiver, audit } = await fixture(t);
  let failing = true;
  const write = (file: number, bytes: Uint8Array): number => {
    if (failing) throw new Error("EIO");
    return nodeDisk.write(file, bytes);
  };
  const instance = audit({}, { disk: { ...nodeDisk, write } });
  assert.throws(() => instance.record(event(1)), CODE("SPOOL_WRITE"));
  failing = false;
  instance.record(event(2));
  await instance.flush();
  assert.deepEqual(
    receiver.accepted.map(({ id, number }) => [id, number]),
    [["id-2", 1]],
  );
});

describe("the end", () => {
  test("after shutdown, record throws and commit rejects", async (t) => {
    const instance = (await fixture(t)).audit();
    instance.record(event());
    await instance.shutdown();
    await instance.shutdown();
    assert.throws(() => instance.record(event(2)), CODE("SHUT_DOWN"));
    await assert.rejects(instance.commit(event(2)), CODE("SHUT_DOWN"));
  });

  test("of a stream that is closed in order is its last record, and says so", async (t) => {
    const { receiver, audit } = await fixture(t);
    const instance = audit({ endMarker: true });
    instance.record(event());
    await instance.shutdown();
    assert.deepEqual(
      receiver.accepted.map(({ event: name, number, end }) => [name, number, end]),
      [
        ["invoice.read", 1, false],
        ["proofline.stream.ended", 2, true],
      ],
    );
  });

  test("of an instance that recorded nothing leaves no trace, on disk or on the wire", async (t) => {
    const { receiver, audit, spool } = await fixture(t);
    await audit({ endMarker: true }).shutdown();
    assert.deepEqual(readdirSync(spool), []);
    assert.deepEqual(receiver.requests, []);
  });

  test("with the receiver away is within the deadline; the next instance delivers the rest, under the old stream, once", async (t) => {
    const { receiver, audit, spool, stderr } = await fixture(t);
    receiver.reply = () => ({ status: 503 });
    const first = audit();
    for (let n = 1; n <= 20; n++) first.record(event(n));
    const { stream } = first.stats();
    await first.shutdown({ timeoutMs: 5 });
    assert.ok(stderr.some((line) => line.includes("20 events wait in")));
    assert.deepEqual(readdirSync(spool), [`${stream}.free`]);
    receiver.reply = () => "ok";
    const second = audit();
    second.record(event("new"));
    await until(() => receiver.accepted.length === 21 && second.stats().takenOver === 0);
    assert.deepEqual(
      receiver.accepted.filter((record) => record.stream === stream).map(({ number }) => number),
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
    await second.shutdown();
    assert.deepEqual(readdirSync(spool), []);
  });

  test("flush tells how many events are not acknowledged", async (t) => {
    const { receiver, audit } = await fixture(t);
    receiver.reply = () => ({ status: 503 });
    const instance = audit();
    for (let n = 1; n <= 3; n++) instance.record(event(n));
    assert.equal(await instance.flush({ timeoutMs: 10 }), 3);
    assert.ok(instance.stats().oldestWaitingMs >= 0);
    receiver.reply = () => "ok";
    assert.equal(await instance.flush(), 0);
    assert.equal(instance.stats().oldestWaitingMs, 0);
  });
});

test("a spool folder that is deleted under a running process is said, and the next events go on in a new stream", async (t) => {
  const { receiver, audit, spool, stderr } = await fixture(t);
  receiver.reply = () => ({ status: 503 });
  let now = Date.now();
  const instance = audit({}, { now: () => now });
  instance.record(event(1));
  const { stream } = instance.stats();
  rmSync(join(spool, readdirSync(spool)[0]!), { recursive: true });
  now += 10 * 60_000;
  instance.record(event(2));
  assert.notEqual(instance.stats().stream, stream);
  assert.ok(stderr.some((line) => line.includes("taken or deleted with 1 events")));
  receiver.reply = () => "ok";
  await instance.flush();
  assert.ok(receiver.ids.includes("id-2"));
});
