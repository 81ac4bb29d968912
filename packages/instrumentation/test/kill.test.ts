// The promise of this package, in short; slow-kill.ts has the long version.
import assert from "node:assert/strict";
import { test } from "node:test";
import { killRounds, proofline, standIn } from "./kit/kill-rounds.ts";

const seed = Number(process.env.KILL_SEED ?? 20_261_120);

for (const [name, ledger] of Object.entries({ "a stand-in": standIn, "the real one": proofline })) {
  test(`application and receiver (${name}) killed at random: every event that was recorded is in the ledger, once`, async (t) => {
    const tally = await killRounds(t, { rounds: 4, seed, ledger });
    t.diagnostic(JSON.stringify(tally));
    assert.ok(tally.printed > 0 && tally.appKills === 4 && tally.receiverKills >= 2);
  });
}
