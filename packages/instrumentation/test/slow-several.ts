// Specifies several emitters in one spool folder: worker threads, a cluster, processes that adopt. What was recorded arrives, once each.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import { type Child, type ChildOptions, lineOf, startChild } from "./kit/child.ts";
import { type Fixture, fixture, until } from "./kit/fixture.ts";

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

describe("several at a time in one spool folder", () => {
  test("worker threads: one that ends, one that exits and one that is terminated lose nothing, while the process lives on", async (t) => {
    const base = await fixture(t);
    base.receiver.reply = () => ({ status: 503 });
    const child = start(t, { args: ["test/apps/threads.ts"], env: envOf(base) });
    await lineOf(child, /workers gone/);
    base.receiver.reply = () => "ok";
    const all = ["main", "ending", "exiting", "doomed"].flatMap((name) => numbered(name, 30));
    await until(() => ours(base).length >= all.length);
    assert.deepEqual(ours(base).sort(), all.sort());
    assert.equal(new Set(base.receiver.accepted.map(({ stream }) => stream)).size, 4, "a stream for each thread");
    child.process.kill("SIGTERM");
    await child.ended;
  });

  test("a cluster: one worker killed, one that exits and one that disconnects lose nothing", async (t) => {
    const base = await fixture(t);
    base.receiver.reply = () => ({ status: 503 });
    const child = start(t, { args: ["test/apps/cluster.ts"], env: envOf(base) });
    await lineOf(child, /workers gone/);
    await child.ended;
    const all = ["primary", "killed", "exiting", "leaving"].flatMap((name) => numbered(name, 30));
    await deliverTheRest(base, all.length);
    assert.deepEqual(ours(base).sort(), all.sort());
    assert.deepEqual(
      base.receiver.accepted.filter(({ end }) => end).length,
      3,
      "three streams are closed in order; the killed one has no end",
    );
  });

  test("processes that find the spools of dead ones at the same moment: each is delivered by one of them, once", async (t) => {
    const base = await fixture(t);
    base.receiver.reply = () => "hang";
    const dying = numbered("d", 3).map(() => start(t, { args: ["test/apps/emitter.ts"], env: envOf(base) }));
    await until(() => dying.every((child) => child.lines().length > 40));
    for (const child of dying) child.process.kill("SIGKILL");
    await Promise.all(dying.map((child) => child.ended));
    const printed = dying.flatMap((child) => child.lines());
    base.receiver.reply = () => "ok";
    const adopters = numbered("a", 4).map(() => start(t, { args: ["test/apps/emitter.ts", "drain"], env: envOf(base) }));
    await Promise.all(adopters.map((child) => lineOf(child, /drained/)));
    const arrived = ours(base);
    assert.equal(new Set(arrived).size, arrived.length, "nothing was sent twice");
    assert.deepEqual(
      printed.filter((id) => !arrived.includes(id)),
      [],
    );
    assert.deepEqual(readdirSync(base.spool), []);
  });
});
