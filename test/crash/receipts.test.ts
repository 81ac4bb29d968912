// The receiver killed around /v1/audit: what a sender has a receipt for is there, as the receipt says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../packages/ledger/test/support/fixture.ts";
import { killNine } from "./kill-nine.ts";
import { Receipts } from "./receipts.ts";
import { watchedReceiver } from "./receiver-victim.ts";

test("the receiver, killed three times around /v1/audit: every receipt that was given is true, and every proof holds", async () => {
  const receipts = new Receipts();
  const victim = watchedReceiver({
    path: "/v1/audit?wait=checkpoint",
    onAnswer: (ids, answer) => receipts.add(ids, answer),
    onStopped: (folder) => receipts.check(folder),
  });
  const { acknowledged, kills } = await killNine(victim, 3, seeded(Date.now()));
  assert.equal(kills, 3);
  assert.equal(receipts.count, acknowledged);
  assert.ok(receipts.proven > 0);
});
