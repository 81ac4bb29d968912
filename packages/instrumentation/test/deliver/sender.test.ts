// Specifies deliver/sender.ts, transport.ts and backoff.ts through an audit instance and a receiver that misbehaves.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { backoffMs, LONGEST_ASKED_MS, pauseMs } from "../../src/deliver/backoff.ts";
import { retryAfter } from "../../src/deliver/transport.ts";
import { AuditError } from "../../src/errors.ts";
import { event, everything, fixture, until } from "../kit/fixture.ts";
import { decodeRequest, OtlpReceiver, type Reply } from "../kit/otlp-receiver.ts";

const IDS = Array.from({ length: 40 }, (_, i) => `id-${i + 1}`);

describe("delivery", () => {
  const troubles: Record<string, Reply> = {
    "answers 503": { status: 503 },
    "answers 500": { status: 500 },
    "answers 429 and asks for patience": { status: 429, headers: { "retry-after": "0" } },
    "drops the connection": "drop",
    "answers with a proxy's page": { status: 200, headers: { "content-type": "text/html" }, body: "<html>hello</html>" },
    "answers 202": { status: 202, headers: { "content-type": "application/x-protobuf" } },
    "answers 401": { status: 401 },
    "answers 404": { status: 404 },
    "answers 301": { status: 301, headers: { location: "/" } },
  };
  for (const [how, reply] of Object.entries(troubles)) {
    test(`to a receiver that ${how} for a while goes on until every event is acknowledged, once, in order`, async (t) => {
      const { receiver, audit, stderr } = await fixture(t);
      receiver.reply = (_, request) => (request <= 4 ? reply : "ok");
      const instance = audit({ maxBatchRecords: 7 });
      for (let n = 1; n <= 40; n++) instance.record(event(n));
      assert.equal(await instance.flush(), 0);
      assert.deepEqual(receiver.ids, IDS);
      assert.equal(instance.stats().acknowledged, 40);
      assert.equal(instance.stats().failures, 4);
      assert.equal(stderr.filter((line) => line.includes("events wait in")).length, 1, "one line when it begins");
      assert.equal(stderr.filter((line) => line.includes("again")).length, 1, "one line when it is over");
    });
  }

  test("sends one batch at a time, in order, within its limits", async (t) => {
    const { receiver, audit } = await fixture(t);
    const instance = audit({ maxBatchRecords: 5, maxBatchBytes: 2000 });
    for (let n = 1; n <= 40; n++) instance.record({ ...event(n), attributes: { pad: "x".repeat(n === 20 ? 5000 : 10) } });
    await instance.flush();
    assert.deepEqual(receiver.ids, IDS);
    assert.ok(receiver.requests.every((records) => records.length <= 5));
    assert.deepEqual(
      receiver.accepted.map(({ number }) => number),
      IDS.map((_, i) => i + 1),
    );
  });

  for (const status of [400, 413, 409, 422]) {
    test(`halves a batch that is refused with ${status} until the bad record stands alone, parks it, and says so`, async (t) => {
      const { receiver, audit, spool, stderr } = await fixture(t);
      receiver.reply = (records) => (records.some(({ id }) => id === "id-23") ? { status, body: "cannot take this" } : "ok");
      const instance = audit();
      const pending = Array.from({ length: 40 }, (_, i) =>
        instance.commit(event(i + 1)).then(
          () => "ok",
          (error: unknown) => error,
        ),
      );
      const outcomes = await Promise.all(pending);
      assert.equal(outcomes.filter((outcome) => outcome === "ok").length, 39);
      assert.ok(outcomes[22] instanceof AuditError && outcomes[22].code === "REFUSED");
      await instance.flush();
      const refusals = receiver.accepted.filter((record) => record.event === "proofline.event.refused");
      assert.equal(refusals.length, 1);
      assert.equal(refusals[0]!.attributes["proofline.lost.number"], 23);
      assert.deepEqual(receiver.ids.filter((id) => id.startsWith("id-")).sort(), IDS.filter((id) => id !== "id-23").sort());
      assert.equal(instance.stats().refused, 1);
      assert.equal(stderr.filter((line) => line.includes("refuses an event for good")).length, 1);
      const [file] = readdirSync(join(spool, "refused"));
      const parked = JSON.parse(readFileSync(join(spool, "refused", file!), "utf8"));
      assert.equal(parked.number, 23);
      assert.match(parked.reason, /cannot take this/);
      assert.equal(decodeRequest(Buffer.from(parked.request, "base64"))[0]!.id, "id-23");
    });
  }

  test("takes a partial success for a failure, and finds the record that was rejected", async (t) => {
    const { receiver, audit } = await fixture(t);
    receiver.reply = (records) => (records.some(({ id }) => id === "id-3") ? { rejected: 1, reason: "too old" } : "ok");
    const instance = audit();
    for (let n = 1; n <= 8; n++) instance.record(event(n));
    await instance.flush();
    assert.equal(instance.stats().refused, 1);
    assert.deepEqual(
      new Set(receiver.ids.filter((id) => /^id-/.test(id))),
      new Set(IDS.slice(0, 8).filter((id) => id !== "id-3")),
    );
  });

  test("does not empty the spool into the refused folder when everything is refused: that is a wrong address", async (t) => {
    const { receiver, audit } = await fixture(t);
    receiver.reply = () => ({ status: 400 });
    const instance = audit({}, { pauses: { firstMs: 1, maxMs: 2, slowMs: 60_000 } });
    for (let n = 1; n <= 30; n++) instance.record(event(n));
    await until(() => instance.stats().failures > 0);
    assert.ok(instance.stats().refused <= 8);
    assert.ok(instance.stats().waiting > 20);
  });

  test("survives a receiver that is away when the events are recorded, and one that moves in later", async (t) => {
    const { receiver, audit } = await fixture(t);
    const { port } = receiver;
    await receiver.close();
    const instance = audit({ endpoint: `http://127.0.0.1:${port}` });
    for (let n = 1; n <= 40; n++) instance.record(event(n));
    await until(() => instance.stats().failures > 2);
    assert.equal(instance.stats().waiting, 40);
    const late = await new OtlpReceiver().listen(port);
    t.after(() => late.close());
    assert.equal(await instance.flush(), 0);
    assert.deepEqual(late.ids, IDS);
  });

  test("gives up a request that hangs, and tries again", async (t) => {
    const { receiver, audit } = await fixture(t);
    receiver.reply = (_, request) => (request === 1 ? "hang" : "ok");
    const instance = audit({ timeoutMs: 50 });
    await instance.commit(event());
    assert.deepEqual(receiver.ids, ["id-1"]);
  });

  test("carries the headers and the compression that were asked for", async (t) => {
    const { receiver, audit } = await fixture(t);
    const env = { OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Bearer%20abc,x-tenant=t1", OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" };
    await audit({}, { env }).commit(event());
    assert.partialDeepStrictEqual(receiver.headers[0], {
      authorization: "Bearer abc",
      "x-tenant": "t1",
      "content-encoding": "gzip",
    });
    assert.deepEqual(receiver.ids, ["id-1"]);
  });

  test("leaves nothing behind when everything is acknowledged and the instance is shut down", async (t) => {
    const { audit, spool } = await fixture(t);
    const instance = audit();
    for (let n = 1; n <= 10; n++) instance.record(event(n));
    await instance.shutdown();
    assert.deepEqual(readdirSync(spool), []);
    assert.equal(await everything(spool), "");
  });
});

describe("waiting between attempts", () => {
  test("grows to its limit, and never falls under half of it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (failures, random) => {
        const ms = backoffMs(failures, { firstMs: 100, maxMs: 10_000 }, () => random);
        const full = Math.min(10_000, 100 * 2 ** Math.min(failures - 1, 30));
        assert.ok(ms >= Math.floor(full / 2) && ms <= full);
      }),
    );
  });

  test("is as long as the receiver asks, within reason, and long where a person has to help", () => {
    const o = { backoff: { firstMs: 100, maxMs: 10_000 }, slowMs: 30_000, random: () => 0.5 };
    assert.equal(pauseMs({ at: "retry", reason: "" }, 1, o), 75);
    assert.equal(pauseMs({ at: "retry", reason: "", afterMs: 60_000 }, 1, o), 60_000);
    assert.equal(pauseMs({ at: "retry", reason: "", afterMs: 0 }, 1, o), 75);
    assert.equal(pauseMs({ at: "retry", reason: "", afterMs: 86_400_000 }, 1, o), LONGEST_ASKED_MS);
    assert.equal(pauseMs({ at: "misconfigured", reason: "" }, 1, o), 30_000);
  });

  test("takes Retry-After as seconds or as a date", () => {
    assert.deepEqual(retryAfter("3", 0), { afterMs: 3000 });
    assert.deepEqual(retryAfter("Thu, 01 Jan 1970 00:00:10 GMT", 4000), { afterMs: 6000 });
    assert.deepEqual(retryAfter("Thu, 01 Jan 1970 00:00:10 GMT", 40_000), { afterMs: 0 });
    assert.deepEqual(retryAfter("soon", 0), {});
    assert.deepEqual(retryAfter("", 0), {});
  });
});
