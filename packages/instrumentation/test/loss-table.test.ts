// Specifies the rows of the README's loss table that no other test has: flushes at the same moment, many records at once, an answer that is
// too long, statuses that the stock exporters give up on.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { event, fixture, until } from "./kit/fixture.ts";

const IDS = Array.from({ length: 3000 }, (_, i) => `id-${i + 1}`);

describe("nothing is lost", () => {
  test("by flushes at the same moment, nor by a shutdown during one (L5, L7): each waits for what was recorded before it", async (t) => {
    const { receiver, audit } = await fixture(t);
    let open = false;
    receiver.reply = () => (open ? "ok" : { status: 503 });
    const instance = audit();
    instance.record(event(1));
    const first = instance.flush();
    instance.record(event(2));
    const second = instance.flush();
    await until(() => instance.stats().failures > 0);
    instance.record(event(3));
    const end = instance.shutdown({ timeoutMs: 10_000 });
    open = true;
    assert.deepEqual(await Promise.all([first, second]), [0, 0]);
    await end;
    assert.deepEqual(receiver.ids, ["id-1", "id-2", "id-3"]);
  });

  test("by thousands of records in one turn (L1, L8): one request at a time, and all arrive", async (t) => {
    const { receiver, audit } = await fixture(t);
    const instance = audit({ maxBatchRecords: 50 });
    for (let n = 1; n <= IDS.length; n++) instance.record(event(n));
    assert.equal(await instance.flush(), 0);
    assert.deepEqual(receiver.ids, IDS);
  });

  test("by an answer that is too long to be one (L13): the records are sent again, under the same ids", async (t) => {
    const { receiver, audit } = await fixture(t);
    const long = { status: 200, headers: { "content-type": "application/x-protobuf" }, body: new Uint8Array(5 << 20) };
    receiver.reply = (_, request) => (request === 1 ? long : "ok");
    const instance = audit();
    instance.record(event(1));
    assert.equal(await instance.flush(), 0);
    assert.deepEqual(
      receiver.requests.map((records) => records.map(({ id }) => id)),
      [["id-1"], ["id-1"]],
    );
  });

  for (const status of [408, 425, 429, 500, 501, 502, 503, 504]) {
    test(`by an answer of ${status} (L9, L10), however often`, async (t) => {
      const { receiver, audit } = await fixture(t);
      receiver.reply = (_, request) => (request <= 8 ? { status } : "ok");
      const instance = audit();
      instance.record(event(1));
      assert.equal(await instance.flush(), 0);
      assert.equal(instance.stats().failures, 8);
      assert.deepEqual(receiver.ids, ["id-1"]);
    });
  }
});
