// Twenty rounds of kill -9 around /v1/audit.

import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../packages/ledger/test/support/fixture.ts";
import { killNine } from "./kill-nine.ts";
import { Receipts } from "./receipts.ts";
import { watchedReceiver } from "./receiver-victim.ts";

for (const [path, proven] of [
  ["/v1/audit", false],
  ["/v1/audit?wait=checkpoint", true],
] as const) {
  test(`the receiver, killed ten times around ${path}: every receipt that was given is true`, async (t) => {
    const receipts = new Receipts();
    const victim = watchedReceiver({
      path,
      onAnswer: (ids, answer) => receipts.add(ids, answer),
      onStopped: (folder) => receipts.check(folder),
    });
    const seed = Date.now();
    const { acknowledged, kills } = await killNine(victim, 10, seeded(seed));
    t.diagnostic(`seed ${seed}: ${receipts.count} receipts, ${receipts.proven} with proof, over ${kills} kills`);
    assert.equal(receipts.count, acknowledged);
    assert.equal(receipts.proven > 0, proven);
  });
}
