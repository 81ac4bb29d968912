import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Fault, idOf } from "./fake-otlp.ts";
import { OtlpHarness } from "./harness.ts";

for (const protocol of ["http/protobuf", "grpc"] as const) {
  const grpc = protocol === "grpc";
  const answer = (http: number, code: number, more: object = {}): Fault => ({
    kind: "answer",
    status: grpc ? code : http,
    ...more,
  });

  describe(`over ${protocol}`, () => {
    test("every line arrives once, in order, and the cursor goes on after a restart", async (t) => {
      const h = await OtlpHarness.open(t);
      h.fill(2500);
      h.start({ protocol, batchLines: 400 });
      await h.caughtUp();
      await h.sink!.stop();
      assert.equal(h.ledger.saved, 2500);
      h.fill(10);
      h.start({ protocol });
      await h.caughtUp();
      assert.deepEqual(
        h.store.records.map((record) => record.attributes.get("proofline.seq")),
        h.ledger.lines.map((_, seq) => seq),
      );
      assert.deepEqual(
        h.store.records.map((record) => record.attributes.get("proofline.line")),
        h.ledger.texts(),
      );
      assert.equal(h.counts.sent, 2510);
    });

    const passing: [string, Fault][] = [
      ["too many requests", answer(429, 8, { retrySeconds: 1 })],
      ["unavailable", answer(503, 14)],
      ["an internal error", answer(500, 13, { body: "boom" })],
      ["a dropped connection", { kind: "drop" }],
      ["a lost answer", { kind: "drop", stored: true }],
      ["credentials that are not known", answer(401, 16)],
      ["a permission that is not there", answer(403, 7)],
      ["a service that is not there", answer(404, 12)],
    ];
    if (!grpc) {
      passing.push(["half an answer", { kind: "half", stored: true }]);
      passing.push(["a redirect", answer(302, 0, { headers: { location: "http://127.0.0.1:1/" } })]);
    }
    for (const [name, fault] of passing) {
      test(`${name}: the same records are sent again until they pass, and none is given up`, async (t) => {
        const h = await OtlpHarness.open(t);
        h.fill(30);
        h.store.fail(fault, fault);
        h.start({ protocol });
        await h.caughtUp();
        assert.deepEqual(h.ids(), h.idsOf());
        assert.deepEqual(h.letters, []);
        const [first, second, third] = h.store.exports;
        assert.deepEqual(first!.ids, second!.ids);
        assert.deepEqual(second!.ids, third!.ids);
        assert.equal(h.counts.retried.length, 2);
        assert.equal(h.logged.filter(({ event }) => event === "otlp_recovered").length, 1);
      });
    }

    for (const how of ["invalid", "partial", "internal"] as const) {
      test(`one bad record in hundreds, refused as ${how}, is found and listed with the reason, and the others arrive`, async (t) => {
        const h = await OtlpHarness.open(t);
        h.fill(1200, (seq) => seq % 400 === 217);
        h.store.rule = {
          how,
          refuse: (record) => (idOf(record).startsWith("bad") ? "no such field" : undefined),
        };
        h.start({ protocol, batchLines: 400 });
        await h.caughtUp();
        assert.deepEqual(h.ids().toSorted(), h.idsOf((seq) => seq % 400 !== 217).toSorted());
        assert.deepEqual(
          h.letters.map(({ seq }) => seq),
          [217, 617, 1017],
        );
        assert.ok(
          h.letters.every(({ reason }) => reason.includes("no such field")),
          h.letters[0]!.reason,
        );
        assert.equal(h.counts.deadLettered, 3);
        assert.equal(h.counts.partial > 0, how === "partial");
        assert.ok(h.store.exports.length < (how === "internal" ? 200 : 90), `${h.store.exports.length} requests`);
      });
    }

    test("a wait that is asked for is waited in full", async (t) => {
      const h = await OtlpHarness.open(t);
      h.fill(1);
      h.store.fail(answer(429, 8, { headers: { "retry-after": "7" }, retrySeconds: 7 }));
      h.start({ protocol });
      await h.caughtUp();
      assert.equal(h.sleeps[0], 7125);
    });

    test("an answer that does not come is given up after the timeout, and the same request sent again", async (t) => {
      const h = await OtlpHarness.open(t);
      h.fill(3);
      h.store.fail({ kind: "hang" });
      h.start({ protocol, timeoutMs: 150 });
      await h.caughtUp();
      assert.deepEqual(h.ids(), h.idsOf());
      assert.equal(h.store.exports.length, 2);
    });

    test("a request that is more than the store takes at once is halved", async (t) => {
      const h = await OtlpHarness.open(t);
      h.fill(64);
      h.store.fail(answer(413, 8), answer(413, 8));
      h.start({ protocol });
      await h.caughtUp();
      assert.deepEqual(
        h.store.exports.map(({ ids }) => ids.length),
        [64, 32, 16, 16, 32],
      );
      assert.deepEqual(h.ids(), h.idsOf());
    });

    test("headers travel, and are read again when the answer says that they are wrong", async (t) => {
      const h = await OtlpHarness.open(t);
      h.fill(1);
      h.store.fail(answer(401, 16));
      const tokens = ["Bearer old", "Bearer new"];
      h.start({ protocol, headers: async () => ({ authorization: tokens.shift() ?? "" }) });
      await h.caughtUp();
      assert.deepEqual(
        h.store.exports.map(({ headers }) => headers.authorization),
        ["Bearer old", "Bearer new"],
      );
      assert.ok(!JSON.stringify(h.logged).includes("Bearer"));
    });

    test("a store that refuses everything from the start is given nothing up: it is asked again, more and more slowly", async (t) => {
      const h = await OtlpHarness.open(t);
      h.fill(5);
      h.store.rule = { how: "invalid", refuse: () => "wrong tenant" };
      h.start({ protocol });
      await h.until(() => h.counts.retried.length > 8);
      assert.equal(h.sink!.status().state, "blocked");
      assert.deepEqual(h.letters, []);
      h.store.rule = undefined;
      await h.caughtUp();
      assert.deepEqual(h.ids(), h.idsOf());
    });

    test("a store that fails on everything for a while is not believed about any record", async (t) => {
      const h = await OtlpHarness.open(t);
      h.fill(40);
      h.start({ protocol });
      await h.caughtUp();
      h.store.always = answer(500, 13, { body: "out of order" });
      h.fill(15);
      await h.until(() => h.counts.retried.length > 100);
      assert.deepEqual(h.letters, []);
      h.store.always = undefined;
      await h.caughtUp();
      assert.deepEqual(h.ids(), h.idsOf());
      assert.deepEqual(h.letters, []);
    });
  });
}

describe("an OTLP sink", () => {
  test("that gets a warning with a success says it once and goes on", async (t) => {
    const h = await OtlpHarness.open(t);
    h.store.warning = "use a newer version";
    h.fill(50);
    h.start({ batchLines: 10 });
    await h.caughtUp();
    assert.equal(h.logged.filter(({ event }) => event === "otlp_warning").length, 1);
    assert.equal(h.store.exports.length, 5);
    assert.deepEqual(h.letters, []);
  });

  test("compresses, unless told not to, and puts the path behind the URL once", async (t) => {
    const h = await OtlpHarness.open(t);
    h.fill(100);
    h.start();
    await h.caughtUp();
    await h.sink!.stop();
    assert.equal(h.store.exports[0]!.headers["content-encoding"], "gzip");
    assert.ok(h.counts.bytes < h.store.exports[0]!.bytes);
    h.fill(1);
    h.start({ gzip: false, url: `${h.store.url}/v1/logs` });
    await h.caughtUp();
    assert.equal(h.store.exports.at(-1)!.headers["content-encoding"], undefined);
  });

  test("keeps a request within its bytes", async (t) => {
    const h = await OtlpHarness.open(t);
    h.fill(500);
    h.start({ batchBytes: 20_000 });
    await h.caughtUp();
    assert.ok(h.store.exports.length > 10);
    assert.ok(h.store.exports.every(({ bytes }) => bytes < 21_000));
    assert.deepEqual(h.ids(), h.idsOf());
  });

  test("puts bytes that are no line into the dead letters, and the rest goes on", async (t) => {
    const h = await OtlpHarness.open(t);
    h.fill(2);
    h.ledger.addRaw(Buffer.from("not a line"));
    h.fill(2);
    h.start();
    await h.caughtUp();
    assert.deepEqual(
      h.letters.map(({ seq }) => seq),
      [2],
    );
    assert.equal(h.ids().length, 4);
  });

  test("refuses what cannot work, and shows no credentials", async (t) => {
    const h = await OtlpHarness.open(t);
    assert.throws(() => h.start({ url: "collector:4317" }), {
      name: "OtlpSinkError",
      code: "BAD_URL",
      message: /"collector:4317" is not a URL/,
    });
    assert.throws(
      () => h.start({ url: "http://ann:secret@h:1" }),
      (error: Error) => !error.message.includes("secret"),
    );
  });
});
