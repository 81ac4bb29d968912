import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { DAY, Harness, HOUR, SECOND, START } from "./harness.ts";

describe("forwarding to Loki", () => {
  test("every line arrives byte for byte, once, in seq order, at its received time", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 2500; i += 1) h.ledger.add(START + BigInt(i), { body: `body ${i} "quoted" \\ \u0001 é😀\u2028` });
    h.start();
    await h.caughtUp();
    assert.deepEqual(h.lines(), h.ledger.texts());
    assert.deepEqual(
      h.loki.entries({ type: "line" }).map((e) => e.ts),
      h.ledger.lines.map((_, i) => START + BigInt(i)),
    );
    assert.equal(h.counts.sent, 2500);
    assert.deepEqual(h.loki.accidents, []);
  });

  test("any text survives, whatever is in it", async (t) => {
    const h = await Harness.open(t);
    const texts = fc.sample(
      fc.record({ body: fc.string({ unit: "grapheme", maxLength: 60 }), id: fc.string({ unit: "binary", minLength: 1 }) }),
      400,
    );
    texts.forEach((o, i) => {
      h.ledger.add(START + BigInt(i), { body: o.body.toWellFormed(), id: o.id.toWellFormed() });
    });
    h.start();
    await h.caughtUp();
    assert.deepEqual(h.lines(), h.ledger.texts());
    assert.deepEqual(h.seqsRefused(), []);
  });

  test("labels are few; who did what stands in the structured metadata", async (t) => {
    const h = await Harness.open(t);
    const attributes = new Map([
      ["audit.actor.id", "ann"],
      ["audit.actor.type", "user"],
      ["audit.action", "APPROVE"],
      ["audit.outcome", "success"],
      ["proofline.workflow.id", "wf-7"],
    ]);
    h.ledger.add(START, { service: "billing", event: "invoice.approved", attributes, id: "01J" });
    h.start({ labels: { env: "prod" } });
    await h.caughtUp();
    const [entry] = h.loki.entries({ type: "line" });
    assert.deepEqual(entry!.labels, { env: "prod", service_name: "billing", log: "audit.example.com/one", type: "line" });
    assert.deepEqual(entry!.metadata, {
      seq: "0",
      record_id: "01J",
      event: "invoice.approved",
      actor_id: "ann",
      actor_type: "user",
      action: "APPROVE",
      outcome: "success",
      workflow_id: "wf-7",
    });
  });

  test("a request never carries two streams, because Loki answers only for the last one", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 90; i += 1) h.ledger.add(START + BigInt(i), { service: `service-${i % 3}` });
    h.start();
    await h.caughtUp();
    assert.ok(h.loki.pushes.every((push) => push.streams.length === 1));
    assert.deepEqual(h.lines(), h.ledger.texts());
  });

  test("a service name that Loki cannot read, or one service too many, still gets its lines through, and keeps its name", async (t) => {
    const h = await Harness.open(t);
    h.ledger.add(START, { service: "bad\uFFFDname" }).add(START + 1n, { service: "s".repeat(5000) });
    h.ledger
      .add(START + 2n)
      .add(START + 3n, { service: "third" })
      .add(START + 4n, { service: "fourth" });
    h.start({ limits: { maxServices: 4 } });
    await h.caughtUp();
    const entries = h.loki.entries({ type: "line" });
    assert.deepEqual(
      entries.map((e) => e.labels.service_name),
      ["bad?name", "s".repeat(128), "unknown_service", "third", "other_services"],
    );
    assert.deepEqual(
      entries.map((e) => e.metadata.service?.length),
      [8, 257, undefined, undefined, 6],
    );
    assert.deepEqual(h.seqsRefused(), []);
  });

  test("batches keep to their limits in bytes and lines, and are compressed", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 300; i += 1) h.ledger.add(START + BigInt(i), { body: "x".repeat(1000) });
    h.start({ limits: { maxBatchBytes: 50_000, maxBatchLines: 40 } });
    await h.caughtUp();
    const pushes = h.loki.pushes.filter((push) => push.streams[0]!.stream.type === "line");
    assert.ok(pushes.length >= 8);
    for (const push of pushes) {
      assert.ok(push.streams[0]!.values.length <= 40);
      assert.ok(gunzipSync(push.body).length < 60_000);
    }
  });

  test("lines that come later are sent as they come", async (t) => {
    const h = await Harness.open(t);
    h.start();
    for (let i = 0; i < 20; i += 1) {
      h.ledger.add(START + BigInt(i));
      await h.caughtUp();
    }
    assert.deepEqual(h.lines(), h.ledger.texts());
  });

  test("the tenant and the credentials travel in headers, and the credentials are in no log", async (t) => {
    const h = await Harness.open(t, { tenants: true });
    h.ledger.add(START);
    h.loki.fail({ kind: "answer", status: 401, body: "no" });
    h.start({ url: h.loki.url.replace("http://", "http://ann:s3cret%40@"), tenant: "acme" });
    await h.caughtUp();
    const headers = h.loki.pushes.at(-1)!.headers;
    assert.equal(headers["x-scope-orgid"], "acme");
    assert.equal(headers.authorization, `Basic ${Buffer.from("ann:s3cret@").toString("base64")}`);
    assert.ok(!JSON.stringify(h.logged).includes("s3cret"));
  });

  test("status shows the lag in records and seconds", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 5; i += 1) h.ledger.add(START + BigInt(i));
    h.loki.failAlways({ kind: "answer", status: 503, body: "no" });
    h.onSleep = () => {
      h.nowNs += SECOND;
    };
    h.start();
    await h.until(() => h.counts.retried.length > 3);
    const status = h.sink!.status();
    assert.equal(status.state, "retrying");
    assert.equal(status.lagRecords, 5);
    assert.ok(status.lagSeconds >= 3);
    assert.match(status.lastError!, /^503/);
    h.loki.failAlways(undefined);
    await h.caughtUp();
    assert.deepEqual({ lag: h.sink!.status().lagRecords, seconds: h.sink!.status().lagSeconds }, { lag: 0, seconds: 0 });
  });
});

describe("the cursor", () => {
  test("is saved after Loki has confirmed, and a restarted sink goes on there", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 10; i += 1) h.ledger.add(START + BigInt(i));
    h.start();
    await h.caughtUp();
    await h.sink!.stop();
    assert.equal(h.ledger.saved, 10);
    const pushes = h.loki.pushes.length;
    for (let i = 10; i < 15; i += 1) h.ledger.add(START + BigInt(i));
    h.start();
    await h.caughtUp();
    const lines = h.loki.pushes
      .slice(pushes)
      .flatMap((push) => push.streams.flatMap((s) => (s.stream.type === "line" ? s.values : [])));
    assert.equal(lines.length, 5);
    assert.deepEqual(h.lines(), h.ledger.texts());
  });

  test("that was lost in a crash makes the same entries again, which Loki knows", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 50; i += 1) h.ledger.add(START - 9n * DAY + BigInt(i) * HOUR, { service: `s${i % 4}` });
    h.start();
    await h.caughtUp();
    await h.sink!.stop();
    h.ledger.saved = 48;
    h.start();
    await h.caughtUp();
    assert.deepEqual(h.lines(), h.ledger.texts());
  });

  test("is saved about once a second and not for every batch", async (t) => {
    const h = await Harness.open(t);
    h.start();
    for (let i = 0; i < 40; i += 1) {
      h.ledger.add(h.nowNs);
      await h.caughtUp();
      h.nowNs += SECOND / 10n;
    }
    assert.ok(h.ledger.saves.length <= 6, `${h.ledger.saves.length} saves in 4 seconds`);
    assert.ok(h.ledger.saves.length >= 3, `${h.ledger.saves.length} saves in 4 seconds`);
  });
});

describe("a backlog", () => {
  test("of days arrives in order, with nothing refused: what is too old gets the oldest timestamp that Loki takes", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 480; i += 1) h.ledger.add(START - 20n * DAY + BigInt(i) * HOUR, { service: `s${i % 3}` });
    h.start();
    await h.caughtUp();
    assert.deepEqual(h.lines(), h.ledger.texts());
    assert.deepEqual(h.seqsRefused(), []);
    const entries = h.loki.entries({ type: "line" });
    for (const [i, entry] of entries.entries()) {
      const received = START - 20n * DAY + BigInt(i) * HOUR;
      assert.ok(entry.ts >= received);
      assert.ok(i === 0 || entry.ts > entries[i - 1]!.ts, "unique and increasing");
      if (received > START - 6n * DAY) assert.equal(entry.ts, received);
    }
    assert.ok(h.counts.restamped > 300);
    assert.ok(h.loki.pushes.every((push) => push.status === 204));
  });

  test("is sent so that a request, or what a crash repeats, never spans more time than Loki takes twice", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 400; i += 1) h.ledger.add(START - 2n * DAY + BigInt(i) * 300n * SECOND);
    h.start();
    await h.caughtUp();
    for (const push of h.loki.pushes) {
      const times = push.streams[0]!.values.map((v) => v.ts);
      assert.ok(times.at(-1)! - times[0]! <= 25n * 60n * SECOND);
    }
    const received = (seq: number): bigint => START - 2n * DAY + BigInt(seq) * 300n * SECOND;
    for (const [i, next] of h.ledger.saves.entries()) {
      const since = h.ledger.saves[i - 1] ?? 0;
      assert.ok(received(next - 1) - received(since) < 55n * 60n * SECOND);
    }
  });

  test("an answer lost in the middle of it repeats entries that Loki still accepts, and stores once", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 200; i += 1) h.ledger.add(START - 3n * DAY + BigInt(i) * 600n * SECOND);
    for (let i = 0; i < 60; i += 1) h.loki.fail({ kind: "drop", stored: true }, { kind: "half", stored: true });
    h.start();
    await h.caughtUp();
    assert.deepEqual(h.lines(), h.ledger.texts());
  });

  test("Loki's own word about the oldest time is taken when its limit is shorter than configured here", async (t) => {
    const h = await Harness.open(t, { limits: { maxAgeMs: 86_400_000 } });
    for (let i = 0; i < 50; i += 1) h.ledger.add(START - 5n * DAY + BigInt(i) * HOUR);
    h.start();
    await h.caughtUp();
    assert.deepEqual(h.lines(), h.ledger.texts());
    assert.deepEqual(h.seqsRefused(), []);
  });

  test("after a lost cursor, Loki gets everything again: old lines at a later time, none of them given up", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 100; i += 1) h.ledger.add(START - 4n * DAY + (BigInt(i) * HOUR) / 2n);
    h.start();
    await h.caughtUp();
    await h.sink!.stop();
    h.ledger.saved = 0;
    h.start();
    await h.caughtUp();
    assert.deepEqual(h.seqsRefused(), []);
    assert.deepEqual(new Set(h.lines()), new Set(h.ledger.texts()));
  });
});
