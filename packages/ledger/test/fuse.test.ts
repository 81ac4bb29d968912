import assert from "node:assert/strict";
import { test } from "node:test";
import { LedgerError } from "../src/errors.ts";
import { Fuse } from "../src/fuse.ts";

const full = () => Promise.reject(Object.assign(new Error("no space left"), { code: "ENOSPC" }));

test("the first failed step burns it: listeners hear of it once, no further step begins, all get the first error", async () => {
  const fuse = new Fuse();
  const heard: LedgerError[] = [];
  fuse.onBurn((error) => void heard.push(error));
  let release: (() => void) | undefined;
  const slow = fuse.guard("a slow step", () => new Promise<void>((resolve) => (release = resolve)));
  await assert.rejects(fuse.guard("writing x", full), {
    code: "DISK_FULL",
    fatal: true,
    message: /^writing x failed: no space left/,
  });
  let begun = false;
  const next = fuse.guard("another step", async () => {
    begun = true;
  });
  await assert.rejects(next, (error) => error === heard[0]);
  assert.equal(begun, false);
  release?.();
  await slow; // a step that was under way and was done is done
  await assert.rejects(fuse.guard("a third", full), (error) => error === heard[0]);
  assert.equal(heard.length, 1);
});

test("closing it in order stops further steps, and nobody hears of a failure", async () => {
  const fuse = new Fuse();
  fuse.onBurn(() => assert.fail("nothing failed"));
  const order: string[] = [];
  const step = fuse.guard("a step", async () => {
    await Promise.resolve();
    order.push("step");
  });
  fuse.close(new LedgerError("CLOSED", "closed"));
  await fuse.idle();
  order.push("idle");
  await step;
  assert.deepEqual(order, ["step", "idle"]);
  await assert.rejects(fuse.guard("later", full), { code: "CLOSED", fatal: false });
});
