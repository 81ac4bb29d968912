// Sixty rounds of kill -9 on the receiver, a hundred on the bare ledger.

import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../packages/ledger/test/support/fixture.ts";
import { killNine } from "./kill-nine.ts";
import { ledgerVictim } from "./ledger-victim.ts";
import { receiverVictim } from "./receiver-victim.ts";

for (const [name, victim, rounds] of [
  ["receiver", receiverVictim, 60],
  ["ledger", ledgerVictim, 100],
] as const) {
  test(`the ${name}, killed ${rounds} times under load, has every acknowledged record once, in order, and its log holds`, async (t) => {
    const seed = Date.now();
    const { acknowledged, kills } = await killNine(victim, rounds, seeded(seed));
    t.diagnostic(`seed ${seed}: ${acknowledged} records acknowledged over ${kills} kills`);
    assert.ok(acknowledged > 0 && kills === rounds);
  });
}
