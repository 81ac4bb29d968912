// Specifies exit.ts: how an application ends, with the receiver there and with it away. The application's own way is never changed.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import { type Child, lineOf, startChild } from "./kit/child.ts";
import { type Fixture, fixture, until } from "./kit/fixture.ts";

async function script(t: TestContext, how: string, away: boolean): Promise<Fixture & { child: Child }> {
  const base = await fixture(t);
  if (away) base.receiver.reply = () => "hang";
  const env = { PROOFLINE_ENDPOINT: base.receiver.endpoint, PROOFLINE_SPOOL: base.spool };
  return { ...base, child: startChild(t, { args: ["test/apps/script.ts", how, "50"], env }) };
}

const IDS = Array.from({ length: 50 }, (_, i) => `id-${i + 1}`);
const ours = ({ receiver }: Fixture): string[] => receiver.ids.filter((id) => id.startsWith("id-"));

/** What the process left is delivered by the next one, all of it, once. */
async function delivers(base: Fixture): Promise<void> {
  base.receiver.reply = () => "ok";
  const next = base.audit();
  next.start();
  await until(() => ours(base).length >= 50 && next.stats().takenOver === 0);
  assert.deepEqual(ours(base), IDS);
}

describe("an application that ends", () => {
  test("naturally delivers everything first, and closes its stream", async (t) => {
    const base = await script(t, "naturally", false);
    assert.deepEqual(await base.child.ended, { code: 0, signal: null });
    assert.deepEqual(ours(base), IDS);
    assert.equal(base.receiver.accepted.at(-1)!.end, true);
    assert.deepEqual(readdirSync(base.spool), []);
  });

  test("naturally with the receiver silent does so after the deadline, with its own exit code; nothing is lost", async (t) => {
    const base = await script(t, "naturally", true);
    assert.deepEqual(await base.child.ended, { code: 0, signal: null });
    assert.match(base.child.err(), /51 events wait in .*; the next start delivers them/);
    assert.equal(readdirSync(base.spool).filter((name) => name.endsWith(".free")).length, 1);
    await delivers(base);
  });

  test("by process.exit keeps its exit code; nothing is lost", async (t) => {
    const base = await script(t, "exit", true);
    assert.deepEqual(await base.child.ended, { code: 3, signal: null });
    await delivers(base);
  });

  test("by an exception of its own dies of it; nothing is lost", async (t) => {
    const base = await script(t, "throw", true);
    assert.deepEqual(await base.child.ended, { code: 1, signal: null });
    assert.match(base.child.err(), /the application's own/);
    await delivers(base);
  });

  test("by a rejection that nobody handles dies of it; nothing is lost", async (t) => {
    const base = await script(t, "reject", true);
    assert.deepEqual(await base.child.ended, { code: 1, signal: null });
    await delivers(base);
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`by ${signal} delivers first and then dies of that signal`, async (t) => {
      const base = await script(t, "wait", false);
      await lineOf(base.child, /recorded/);
      base.child.process.kill(signal);
      assert.deepEqual(await base.child.ended, { code: null, signal });
      assert.deepEqual(ours(base), IDS);
      assert.deepEqual(readdirSync(base.spool), []);
    });
  }

  test("by a signal that it handles itself ends in its own way", async (t) => {
    const base = await script(t, "own handler", true);
    await lineOf(base.child, /ready/);
    base.child.process.kill("SIGTERM");
    assert.deepEqual(await base.child.ended, { code: 7, signal: null });
    await delivers(base);
  });

  test("by kill -9 right after record has returned loses nothing", async (t) => {
    const base = await script(t, "wait", true);
    await lineOf(base.child, /recorded/);
    base.child.process.kill("SIGKILL");
    await base.child.ended;
    await delivers(base);
  });
});
