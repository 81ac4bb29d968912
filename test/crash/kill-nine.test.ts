// Three rounds of kill -9 for every run; slow-kill-nine.ts has the long ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../packages/ledger/test/support/fixture.ts";
import { killNine } from "./kill-nine.ts";
import { ledgerVictim } from "./ledger-victim.ts";
import { receiverVictim } from "./receiver-victim.ts";

test("the receiver, killed three times under load, has every acknowledged record once, in order, and its log holds", async () => {
  const { acknowledged, kills } = await killNine(receiverVictim, 3, seeded(Date.now()));
  assert.ok(acknowledged > 0 && kills === 3);
});

test("the ledger, killed three times under load, has every acknowledged record once, in order, and holds", async () => {
  const { acknowledged, kills } = await killNine(ledgerVictim, 3, seeded(Date.now()));
  assert.ok(acknowledged > 0 && kills === 3);
});
