// Specifies deliver/block.ts: the policy to block, in an application that records more in one turn than its spool holds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startChild } from "../kit/child.ts";
import { fixture, until } from "../kit/fixture.ts";

const env = { PROOFLINE_SPOOL_MAX_BYTES: "65536", PROOFLINE_SPOOL_FULL: "block" };

test("record waits until the receiver has made room: every event arrives, and record never throws", async (t) => {
  const { receiver, spool } = await fixture(t);
  const child = startChild(t, {
    args: ["test/apps/fill-disk.ts", "300"],
    env: { ...env, PROOFLINE_ENDPOINT: receiver.endpoint, PROOFLINE_SPOOL: spool },
    conditions: [],
  });
  assert.deepEqual(await child.ended, { code: 0, signal: null });
  assert.match(child.out(), /thrown 0/, child.err());
  assert.equal(child.err().match(/the event loop waits/g)?.length, 1, child.err());
  const printed = child.lines().filter((line) => line.startsWith("id-"));
  assert.equal(printed.length, 300);
  // What was in flight from the loop when it was held may come twice, under the same id, which the ledger takes once.
  assert.deepEqual([...new Set(receiver.ids.filter((id) => id.startsWith("id-")))], printed);
});

test("record throws SPOOL_FULL when its time is over and nobody took anything; what it took is delivered later", async (t) => {
  const { receiver, spool, audit } = await fixture(t);
  receiver.reply = () => ({ status: 503 });
  const child = startChild(t, {
    args: ["test/apps/fill-disk.ts", "108"],
    env: { ...env, PROOFLINE_SPOOL_BLOCK_TIMEOUT_MS: "5", PROOFLINE_ENDPOINT: receiver.endpoint, PROOFLINE_SPOOL: spool },
    conditions: [],
  });
  assert.deepEqual(await child.ended, { code: 0, signal: null });
  const thrown = Number(/thrown (\d+)/.exec(child.out())![1]);
  const printed = child.lines().filter((line) => line.startsWith("id-"));
  assert.ok(thrown > 0 && printed.length + thrown === 108, child.out());
  receiver.reply = () => "ok";
  const next = audit();
  next.start();
  await until(() => receiver.ids.length >= printed.length && next.stats().takenOver === 0);
  assert.deepEqual(
    receiver.ids.filter((id) => id.startsWith("id-")),
    printed,
  );
});
