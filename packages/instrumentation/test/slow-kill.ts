// The promise of this package, the long version: 50 rounds against the real receiver. KILL_SEED repeats a run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { killRounds, proofline } from "./kit/kill-rounds.ts";

const seed = Number(process.env.KILL_SEED ?? Date.now() % 2 ** 31);
const rounds = Number(process.env.KILL_ROUNDS ?? 50);

test(`${rounds} rounds, seed ${seed}: every event that was recorded is in the ledger, once`, async (t) => {
  const tally = await killRounds(t, { rounds, seed, ledger: proofline });
  t.diagnostic(JSON.stringify(tally));
  assert.ok(tally.appKills === rounds && tally.receiverKills > 0);
});
