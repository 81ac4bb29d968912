// Specifies the promise of this package where the world is unkind: disks that are full or fail, receivers that are away, clocks that
// jump. (Threads and processes side by side: slow-several.ts.) Each counts what was recorded and what arrived: equal, once each.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { type TestContext, test } from "node:test";
import type { Outcome, Transport } from "../src/deliver/transport.ts";
import { HttpTransport } from "../src/deliver/transport.ts";
import { nodeDisk } from "../src/spool/disk.ts";
import { type Child, type ChildOptions, startChild } from "./kit/child.ts";
import { event, type Fixture, fixture, until } from "./kit/fixture.ts";
import { VirtualClock } from "./kit/virtual-clock.ts";

/** As in earnest: the clock is virtual. */
const pauses = { firstMs: 100, maxMs: 10_000, slowMs: 30_000 };
const numbered = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}-${i + 1}`);
const envOf = ({ receiver, spool }: Fixture): Record<string, string> => ({
  PROOFLINE_ENDPOINT: receiver.endpoint,
  PROOFLINE_SPOOL: spool,
});
/** What an application recorded, without what the pipeline says of itself. */
const ours = ({ receiver }: Fixture): string[] =>
  receiver.accepted.flatMap(({ id, event: name }) => (name.startsWith("proofline.") ? [] : id));

/** What is built, as an application has it. */
const start = (t: TestContext, options: ChildOptions): Child => startChild(t, { ...options, conditions: [] });

async function deliverTheRest(base: Fixture, count: number): Promise<void> {
  base.receiver.reply = () => "ok";
  const next = base.audit();
  next.start();
  await until(() => ours(base).length >= count && next.stats().takenOver === 0);
}

test("a disk that is full: what record took arrives, once; what it threw for does not", async (t) => {
  const base = await fixture(t);
  base.receiver.reply = () => "hang";
  const child = start(t, { args: ["test/apps/fill-disk.ts", "400"], env: envOf(base), fileBlocks: 64 });
  assert.deepEqual(await child.ended, { code: 0, signal: null });
  const taken = child.lines().filter((line) => line.startsWith("id-"));
  const thrown = Number(/thrown (\d+)/.exec(child.out())![1]);
  assert.ok(taken.length > 10 && thrown > 10 && taken.length + thrown === 400, child.out());
  await deliverTheRest(base, taken.length);
  assert.deepEqual(ours(base), taken);
});

test("a disk that refuses to sync: durable: disk rejects and says that the event is on its way; delivery goes on", async (t) => {
  const { receiver, audit, stderr } = await fixture(t);
  receiver.reply = () => ({ status: 503 });
  let refuse = true;
  const sync = (file: number): Promise<void> => (refuse ? Promise.reject(new Error("EIO")) : nodeDisk.sync(file));
  const instance = audit({}, { disk: { ...nodeDisk, sync } });
  await assert.rejects(instance.commit(event(1), { durable: "disk" }), { code: "SPOOL_WRITE", spooled: true });
  refuse = false;
  assert.partialDeepStrictEqual(await instance.commit(event(2), { durable: "disk" }), { id: "id-2", number: 2, durable: "disk" });
  assert.ok(stderr.some((line) => line.includes("refused to sync")));
  receiver.reply = () => "ok";
  assert.equal(await instance.flush(), 0);
  assert.deepEqual(receiver.ids, ["id-1", "id-2"]);
});

test("commits that wait for the disk share one sync", async (t) => {
  const { receiver, audit } = await fixture(t);
  receiver.reply = () => ({ status: 503 });
  let syncs = 0;
  const sync = (file: number): Promise<void> => {
    syncs++;
    return nodeDisk.sync(file);
  };
  const instance = audit({}, { disk: { ...nodeDisk, sync } });
  await Promise.all(numbered("x", 50).map((id) => instance.commit({ ...event(), id }, { durable: "disk" })));
  assert.ok(syncs >= 1 && syncs <= 3, `${syncs} syncs for 50 commits`);
});

test("a receiver that is away for a day gets the day's events, once, in order; attempts and memory stay bounded", async (t) => {
  const { audit, receiver, stderr } = await fixture(t);
  const clock = new VirtualClock();
  let away = true;
  let attempts = 0;
  const newTransport = (options: ConstructorParameters<typeof HttpTransport>[0]): Transport => {
    const http = new HttpTransport(options);
    const send = async (body: Buffer, receipts: boolean): Promise<Outcome> => {
      attempts++;
      return away ? { at: "retry", reason: "connect ECONNREFUSED" } : http.send(body, receipts);
    };
    return { url: http.url, send, close: () => http.close() };
  };
  const instance = audit({}, { now: clock.now, setTimer: clock.setTimer, monotonicMs: clock.monotonicMs, newTransport, pauses });
  const MINUTES = 24 * 60;
  for (let minute = 1; minute <= MINUTES; minute++) {
    instance.record(event(minute));
    await clock.advance(60_000);
  }
  const { waiting, oldestWaitingMs } = instance.stats();
  assert.equal(waiting, MINUTES);
  assert.ok(Math.abs(oldestWaitingMs - 24 * 3_600_000) < 1000, `${oldestWaitingMs}`);
  assert.ok(attempts > MINUTES && attempts < 24 * 3600, `${attempts} attempts`);
  assert.equal(stderr.filter((line) => line.includes("cannot be reached")).length, 1);
  away = false;
  await until(async () => {
    await clock.advance(10_000);
    return instance.stats().waiting === 0;
  });
  assert.deepEqual(receiver.ids, numbered("id", MINUTES));
  assert.deepEqual(
    receiver.accepted.map(({ number }) => number),
    receiver.accepted.map((_, i) => i + 1),
  );
  assert.equal(instance.stats().oldestWaitingMs, 0);
});

test("a clock that jumps ahead and back changes nothing of what arrives, nor of whose a spool is", async (t) => {
  const base = await fixture(t);
  const { audit, receiver, spool } = base;
  receiver.reply = () => ({ status: 503 });
  const clock = new VirtualClock();
  const world = { now: clock.now, setTimer: clock.setTimer, monotonicMs: clock.monotonicMs, pauses };
  const [one, other] = [audit({}, world), audit({}, world)];
  const HOUR = 3_600_000;
  for (const [n, jump] of [0, 26 * HOUR, -50 * HOUR, 3 * HOUR, -1, 400 * 24 * HOUR].entries()) {
    clock.jump(jump);
    one.record({ ...event(), id: `one-${n}` });
    other.record({ ...event(), id: `other-${n}` });
    await clock.advance(30_000); // heartbeats, and looks at each other's spools
    assert.ok(one.stats().oldestWaitingMs >= 0);
  }
  assert.equal(readdirSync(spool).length, 2);
  assert.deepEqual(
    [one, other].map((instance) => instance.stats().takenOver),
    [0, 0],
  );
  receiver.reply = () => "ok";
  await until(async () => {
    await clock.advance(60_000);
    return one.stats().waiting + other.stats().waiting === 0;
  });
  for (const name of ["one", "other"]) {
    const arrived = receiver.accepted.filter(({ id }) => id.startsWith(name));
    assert.deepEqual(
      arrived.map(({ id, number }) => [id, number]),
      arrived.map((_, n) => [`${name}-${n}`, n + 1]),
    );
    assert.equal(arrived.length, 6);
  }
});
