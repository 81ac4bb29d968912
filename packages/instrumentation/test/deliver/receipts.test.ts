// Specifies receipts: what commit resolves with, from a receiver that has `/v1/audit` and from one that has not.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readAnswer } from "../../src/deliver/otlp-answer.ts";
import { event, fixture } from "../kit/fixture.ts";

describe("commit", () => {
  test("resolves with the event's line in the ledger; what nobody waits for goes to /v1/logs", async (t) => {
    const { receiver, audit } = await fixture(t);
    receiver.receipts = true;
    const instance = audit();
    const [first, second] = await Promise.all([instance.commit(event(1)), instance.commit(event(2))]);
    assert.deepEqual(first.ledger, { log: "test", seq: 0, leafHash: Buffer.alloc(32, 0).toString("base64") });
    assert.deepEqual(second.ledger, { log: "test", seq: 1, leafHash: Buffer.alloc(32, 1).toString("base64") });
    assert.partialDeepStrictEqual(second, { id: "id-2", number: 2, durable: "receiver" });
    instance.record(event(3));
    await instance.flush();
    assert.deepEqual(receiver.paths, ["/v1/audit", "/v1/logs"]);
    assert.equal(receiver.headers[0]!.accept, "application/json");
    assert.deepEqual(receiver.ids, ["id-1", "id-2", "id-3"]);
  });

  test("to a receiver that knows only OTLP is sent to /v1/logs in the same breath, and /v1/audit is not asked for again", async (t) => {
    const { receiver, audit } = await fixture(t);
    const instance = audit();
    assert.equal((await instance.commit(event(1))).ledger, undefined);
    await instance.commit(event(2));
    assert.deepEqual(receiver.paths, ["/v1/audit", "/v1/logs", "/v1/logs"]);
    assert.equal(instance.stats().failures, 0);
    assert.deepEqual(receiver.ids, ["id-1", "id-2"]);
  });

  test("whose batch /v1/audit refuses is halved; only the bad record is refused, the others have their receipts", async (t) => {
    const { receiver, audit } = await fixture(t);
    receiver.receipts = true;
    receiver.reply = (records) => (records.some(({ id }) => id === "id-2") ? { status: 409, body: "conflict" } : "ok");
    const instance = audit();
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map((n) => instance.commit(event(n))));
    assert.deepEqual(
      outcomes.map((outcome) =>
        outcome.status === "fulfilled" ? outcome.value.ledger?.log : (outcome.reason as Error & { code: string }).code,
      ),
      ["test", "REFUSED", "test", "test"],
    );
  });

  test("with durable: disk resolves without a receiver", async (t) => {
    const { receiver, audit } = await fixture(t);
    receiver.reply = () => "hang";
    assert.partialDeepStrictEqual(await audit().commit(event(1), { durable: "disk" }), {
      id: "id-1",
      number: 1,
      durable: "disk",
    });
  });
});

test("an answer whose receipts are not receipts acknowledges nothing", () => {
  const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
  const good = { log: "l", seq: 0, id: "i", leaf_hash: "h" };
  assert.equal(readAnswer("application/json", json({ receipts: [good] })).at, "acknowledged");
  for (const receipts of [{}, 1, [null], [{}], [{ ...good, seq: -1 }], [{ ...good, seq: "0" }], [{ ...good, log: 1 }]]) {
    assert.equal(readAnswer("application/json", json({ receipts })).at, "unreadable", JSON.stringify(receipts));
  }
  fc.assert(fc.property(fc.jsonValue(), (receipts) => void readAnswer("application/json", json({ receipts }))));
});
