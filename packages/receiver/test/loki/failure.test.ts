import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { Fault } from "../../../../test/support/fake-loki.ts";
import { Harness, SECOND, START } from "./harness.ts";

const TOO_BUSY: Fault = { kind: "answer", status: 429, body: "ingestion rate limit exceeded for user fake" };

describe("when Loki cannot take a request", () => {
  const troubles: [string, Fault][] = [
    ["429", TOO_BUSY],
    ["500", { kind: "answer", status: 500, body: "boom" }],
    ["503", { kind: "answer", status: 503, body: "ring is empty" }],
    ["a dropped connection", { kind: "drop" }],
    ["a lost answer", { kind: "drop", stored: true }],
    ["half an answer", { kind: "half", stored: true }],
    ["a redirect", { kind: "answer", status: 302, headers: { location: "http://127.0.0.1:1/" } }],
    ["a web page", { kind: "answer", status: 200, body: "<html>Welcome</html>" }],
    ["a 400 that is a web page", { kind: "answer", status: 400, body: "<html>Bad request</html>" }],
    ["401", { kind: "answer", status: 401, body: "no org id" }],
    ["403", { kind: "answer", status: 403, body: "forbidden" }],
    ["404", { kind: "answer", status: 404, body: "404 page not found" }],
  ];
  for (const [name, fault] of troubles) {
    test(`${name}: the same bytes are sent again until they pass, and nothing is given up`, async (t) => {
      const h = await Harness.open(t);
      for (let i = 0; i < 30; i += 1) h.ledger.add(START + BigInt(i), { body: "some text" });
      h.loki.fail(fault, fault);
      h.start();
      await h.caughtUp();
      assert.deepEqual(h.lines(), h.ledger.texts());
      assert.deepEqual(h.seqsRefused(), []);
      const [first, second, third] = h.loki.pushes;
      assert.ok(first!.body.equals(second!.body) && second!.body.equals(third!.body));
      assert.ok(h.counts.retried.length >= 2);
    });
  }

  test("an answer that does not come is given up after the timeout, and the same request sent again", async (t) => {
    const h = await Harness.open(t);
    h.ledger.add(START);
    h.loki.fail({ kind: "wait", release: new Promise(() => {}) });
    h.start({ timeoutMs: 100 });
    await h.caughtUp();
    assert.deepEqual(h.lines(), h.ledger.texts());
    assert.deepEqual(h.counts.retried, ["unreachable"]);
  });

  test("it waits longer each time, with jitter, up to the cap", async (t) => {
    const h = await Harness.open(t);
    h.ledger.add(START);
    for (let i = 0; i < 12; i += 1) h.loki.fail({ kind: "drop" });
    h.start();
    await h.caughtUp();
    assert.deepEqual(h.sleeps.slice(0, 12), [125, 250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000, 15_000]);
  });

  test("Retry-After is waited for, in seconds or as a date, and a foolish one is cut", async (t) => {
    const h = await Harness.open(t);
    h.ledger.add(START);
    const date = new Date(Number(START / 1_000_000n) + 90_000).toUTCString();
    for (const after of ["7", date, "999999", "soon"]) h.loki.fail({ ...TOO_BUSY, headers: { "retry-after": after } } as Fault);
    h.start();
    await h.caughtUp();
    const [seconds, at, cut, none] = h.sleeps as [number, number, number, number];
    assert.equal(seconds, 7125);
    assert.ok(at > 89_000 && at <= 90_250);
    assert.equal(cut, 300_500);
    assert.equal(none, 1000);
  });

  test("Loki goes away and comes back: nothing is missing, nothing twice, and it is said once", async (t) => {
    const h = await Harness.open(t);
    h.start();
    for (let i = 0; i < 100; i += 1) h.ledger.add(START + BigInt(i));
    await h.caughtUp();
    await h.loki.down();
    for (let i = 100; i < 300; i += 1) h.ledger.add(START + BigInt(i));
    await h.until(() => h.counts.retried.length > 5);
    await h.loki.up();
    await h.caughtUp();
    assert.deepEqual(h.lines(), h.ledger.texts());
    assert.equal(h.logged.filter(({ event }) => event === "loki_unavailable").length, 1);
    assert.equal(h.logged.filter(({ event }) => event === "loki_recovered").length, 1);
  });

  test("where Loki shards a stream, a repeated request stores copies, but only copies, and nothing is missing", async (t) => {
    const h = await Harness.open(t, { limits: { shards: 3 } });
    for (let i = 0; i < 300; i += 1) h.ledger.add(START + BigInt(i));
    for (let i = 0; i < 5; i += 1) h.loki.fail({ kind: "drop", stored: true });
    h.start({ limits: { maxBatchLines: 50 } });
    await h.caughtUp();
    assert.ok(h.lines().length > 300);
    assert.deepEqual(new Set(h.lines()), new Set(h.ledger.texts()));
  });

  test("a request that is more than Loki takes at once is halved, also when it says so with 500", async (t) => {
    for (const limits of [{ maxMessageBytes: 20_000 }, { ingestionBurstBytes: 20_000, ingestionBytesPerSecond: 1e9 }]) {
      const h = await Harness.open(t, { limits });
      for (let i = 0; i < 100; i += 1) h.ledger.add(START + BigInt(i), { body: "x".repeat(1000) });
      h.onSleep = () => {
        h.nowNs += SECOND;
      };
      if (limits.ingestionBurstBytes !== undefined) h.loki.limits.ingestionBurstBytes = 80_000;
      h.start();
      await h.caughtUp();
      assert.deepEqual(h.lines(), h.ledger.texts());
      assert.deepEqual(h.seqsRefused(), []);
    }
  });
});

describe("when Loki refuses an entry", () => {
  test("one bad line in a thousand is found, listed with Loki's reason, and the others arrive", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 1000; i += 1) h.ledger.add(START + BigInt(i), { id: i === 617 ? "poison" : `id-${i}` });
    h.loki.refuse((entry) => (entry.metadata.record_id === "poison" ? "max entry size '1' bytes exceeded" : undefined));
    h.start();
    await h.caughtUp();
    assert.deepEqual(
      h.lines(),
      h.ledger.texts().filter((_, seq) => seq !== 617),
    );
    assert.deepEqual(
      h.letters.map(({ seq, reason }) => ({ seq, reason })),
      [{ seq: 617, reason: "400 max entry size '1' bytes exceeded" }],
    );
    assert.ok(h.loki.pushes.length < 30, `${h.loki.pushes.length} requests`);
    assert.equal(h.logged.filter(({ event }) => event === "loki_entry_refused").length, 1);
    assert.equal(h.counts.deadLettered, 1);
    assert.equal(h.sink!.status().deadLetters, 1);
  });

  test("bad lines anywhere, in any stream, cost only themselves", async (t) => {
    const h = await Harness.open(t);
    const bad = new Set([0, 1, 2, 99, 100, 257, 499]);
    for (let i = 0; i < 500; i += 1)
      h.ledger.add(START + BigInt(i), { service: `s${i % 2}`, id: bad.has(i) ? "poison" : `id-${i}` });
    h.loki.refuse((entry) => (entry.metadata.record_id === "poison" ? "no" : undefined));
    h.start({ limits: { maxBatchLines: 120 } });
    await h.caughtUp();
    assert.deepEqual(h.seqsRefused(), [...bad]);
    assert.deepEqual(
      h.lines(),
      h.ledger.texts().filter((_, seq) => !bad.has(seq)),
    );
  });

  test("the dead letter is durable before the cursor passes it", async (t) => {
    const h = await Harness.open(t);
    h.ledger.add(START, { id: "poison" });
    h.loki.refuse((entry) => (entry.metadata.record_id === "poison" ? "no" : undefined));
    let attempts = 0;
    h.start({
      deadLetters: {
        append: () => {
          attempts += 1;
          assert.equal(h.sink!.status().next, 0);
          return attempts < 3 ? Promise.reject(new Error("ENOSPC no space left")) : Promise.resolve();
        },
      },
    });
    await h.caughtUp();
    assert.equal(attempts, 3);
    assert.deepEqual(h.counts.retried, ["disk", "disk"]);
  });

  test("a line that Loki would refuse for certain is not sent at all", async (t) => {
    const h = await Harness.open(t);
    h.ledger
      .add(START)
      .add(START + 1n, { body: "x".repeat(5000) })
      .add(START + 2n);
    h.ledger.addRaw(Buffer.from("not a line")).add(START + 4n);
    h.start({ limits: { maxLineBytes: 4096 } });
    await h.caughtUp();
    assert.deepEqual(h.seqsRefused(), [1, 3]);
    assert.match(h.letters[0]!.reason, /the line has \d+ bytes, Loki takes 4096/);
    assert.match(h.letters[1]!.reason, /not a line of a ledger/);
    assert.equal(h.lines().length, 3);
  });

  test("the only new line, refused, is given up when Loki takes our checkpoint", async (t) => {
    const h = await Harness.open(t);
    h.ledger.add(START, { id: "poison" });
    h.loki.refuse((entry) => (entry.metadata.record_id === "poison" ? "no" : undefined));
    h.start();
    await h.caughtUp();
    assert.deepEqual(h.seqsRefused(), [0]);
  });
});

describe("when Loki refuses everything", () => {
  test("a log of few lines is not given up: it waits as blocked, says so once, and goes on when Loki is mended", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 3; i += 1) h.ledger.add(START + BigInt(i));
    h.loki.refuse(() => "structured metadata is disallowed");
    h.start();
    await h.until(() => h.counts.retried.length > 8);
    assert.equal(h.sink!.status().state, "blocked");
    assert.equal(h.sink!.status().next, 0);
    assert.deepEqual(h.letters, []);
    h.loki.refuse(undefined);
    await h.caughtUp();
    assert.deepEqual(h.lines(), h.ledger.texts());
    assert.equal(h.logged.filter(({ event }) => event === "loki_blocked").length, 1);
    assert.deepEqual(h.letters, []);
  });

  test("a long log is blocked after twenty single refusals in a row for one cause, with no dead letter", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 1000; i += 1) h.ledger.add(START + BigInt(i));
    h.loki.refuse((entry, labels) => (labels.type === "line" ? `stream limit for entry '${entry.metadata.seq}'` : undefined));
    h.start();
    await h.until(() => h.counts.retried.length > 2);
    assert.deepEqual(h.letters, []);
    assert.equal(h.sink!.status().state, "blocked");
    assert.ok(h.loki.pushes.length < 200, `${h.loki.pushes.length} requests`);
    h.loki.refuse(undefined);
    await h.caughtUp();
    assert.deepEqual(h.lines(), h.ledger.texts());
  });

  test("a clock that runs ahead of Loki's is waited for, not blamed on the lines", async (t) => {
    const h = await Harness.open(t);
    h.ledger.add(START + 1200n * SECOND).add(START + 1201n * SECOND);
    h.onSleep = () => {
      h.nowNs += 60n * SECOND;
    };
    h.start();
    await h.caughtUp();
    assert.deepEqual(h.letters, []);
    assert.deepEqual(h.lines(), h.ledger.texts());
  });
});

describe("stop", () => {
  for (const fault of ["none", "hang", "busy", "drop"] as const) {
    test(`at any time (${fault}) is quick, and the cursor never passes what Loki has`, async (t) => {
      for (let round = 0; round < 12; round += 1) {
        const h = await Harness.open(t);
        for (let i = 0; i < 400; i += 1) h.ledger.add(START + BigInt(i), { service: `s${i % 2}` });
        let release = (): void => {};
        const held = new Promise<void>((resolve) => {
          release = resolve;
        });
        if (fault === "hang") h.loki.failAlways({ kind: "wait", release: held });
        if (fault === "busy") h.loki.failAlways(TOO_BUSY);
        if (fault === "drop") h.loki.failAlways({ kind: "drop", stored: true });
        h.start({ limits: { maxBatchLines: 40 } });
        await h.until(() => h.loki.pushes.length >= (fault === "none" ? round : 1));
        await h.sink!.stop();
        release();
        assert.equal(h.sink!.status().state, "stopped");
        const there = new Set(h.lines());
        for (const line of h.ledger.texts().slice(0, h.ledger.saved)) assert.ok(there.has(line));
        h.loki.failAlways(undefined);
        h.start();
        await h.caughtUp();
        assert.deepEqual(h.lines(), h.ledger.texts());
      }
    });
  }
});

describe("checkpoints", () => {
  test("go into a stream of their own, the whole note as one line", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 3; i += 1) h.ledger.add(START + BigInt(i));
    h.ledger.sign();
    h.start();
    await h.until(() => h.counts.checkpoints === 1);
    const [entry] = h.loki.entries({ type: "checkpoint" });
    assert.deepEqual(entry!.labels, { service_name: "proofline", log: "audit.example.com/one", type: "checkpoint" });
    assert.equal(entry!.line, h.ledger.checkpoint.note);
    assert.deepEqual(entry!.metadata, { size: "3" });
    assert.ok(entry!.ts >= START);
  });

  test("wait for the lines that they cover", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 100; i += 1) h.ledger.add(START + BigInt(i));
    h.ledger.sign();
    h.loki.refuse((_, labels) => {
      if (labels.type === "checkpoint") assert.equal(h.lines().length, 100);
      return undefined;
    });
    h.start({ limits: { maxBatchLines: 10 } });
    await h.until(() => h.counts.checkpoints === 1);
    assert.deepEqual(h.loki.accidents, []);
  });

  test("have unique, increasing timestamps, also when several are signed at one time", async (t) => {
    const h = await Harness.open(t);
    h.start();
    for (let i = 0; i < 10; i += 1) h.ledger.add(START + BigInt(i)).sign();
    await h.until(() => h.counts.checkpoints === 11);
    const times = h.loki.entries({ type: "checkpoint" }).map((e) => e.ts);
    assert.equal(new Set(times).size, 11);
  });

  test("the newest is sent again after a restart, in case it had not arrived", async (t) => {
    const h = await Harness.open(t);
    h.ledger.add(START).sign();
    h.start();
    await h.until(() => h.counts.checkpoints === 1);
    await h.sink!.stop();
    h.nowNs += SECOND;
    h.start();
    await h.until(() => h.counts.checkpoints === 2);
    assert.deepEqual(
      h.loki.entries({ type: "checkpoint" }).map((e) => e.line),
      [h.ledger.checkpoint.note, h.ledger.checkpoint.note],
    );
  });

  test("one that Loki refuses holds up no line", async (t) => {
    const h = await Harness.open(t);
    h.ledger.add(START).sign();
    h.loki.refuse((_, labels) => (labels.type === "checkpoint" ? "no notes here" : undefined));
    h.start();
    await h.caughtUp();
    for (let i = 1; i < 5; i += 1) h.ledger.add(START + BigInt(i)).sign();
    await h.caughtUp();
    assert.deepEqual(h.lines(), h.ledger.texts());
    await h.until(() => h.logged.some(({ event }) => event === "loki_checkpoint_refused"));
  });
});

test("what is sent is plain JSON in gzip, in the form of Loki's documentation", async (t) => {
  const h = await Harness.open(t);
  for (let i = 0; i < 20; i += 1) h.ledger.add(START + BigInt(i));
  h.start();
  await h.caughtUp();
  const push = h.loki.pushes.find(({ streams }) => streams[0]!.stream.type === "line")!;
  const body = JSON.parse(gunzipSync(push.body).toString());
  assert.deepEqual(Object.keys(body), ["streams"]);
  assert.deepEqual(body.streams[0].values[0], [
    String(START),
    h.ledger.texts()[0],
    { seq: "0", record_id: "id-0", event: "thing.done", actor_id: "ann" },
  ]);
});
