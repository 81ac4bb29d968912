// ledger-victim.ts: the bare ledger as a victim: no network between a sender and the disk, so that more crashes fall into durable steps.

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import type { Running, Victim } from "./kill-nine.ts";
import { killProcess, type Spawned, spawnSource } from "./process.ts";

const LOG = "audit.example.com/killed";

export const ledgerVictim: Victim = {
  log: LOG,
  start: async (data) => {
    const spawned = spawnSource("./ledger-child.ts", [data, LOG]);
    const waiting = new Map<string, (acknowledged: boolean) => void>();
    const ready = Promise.withResolvers<boolean>();
    waiting.set("ready", ready.resolve);
    createInterface({ input: spawned.child.stdout! }).on("line", (line) => {
      waiting.get(line)?.(true);
      waiting.delete(line);
    });
    void spawned.exited.then(() => {
      for (const answer of waiting.values()) answer(false);
    });
    assert.ok(await ready.promise, `the ledger did not open:\n${spawned.errors()}`);
    return running(spawned, waiting);
  },
};

function running(spawned: Spawned, waiting: Map<string, (acknowledged: boolean) => void>): Running {
  const stdin = spawned.child.stdin!;
  stdin.on("error", () => {}); // the process was killed while we wrote to it
  let calls = 0;
  return {
    send: (ids) => {
      const call = calls++;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      if (spawned.child.exitCode !== null || spawned.child.signalCode !== null) return Promise.resolve(false);
      waiting.set(String(call), resolve);
      stdin.write(`${JSON.stringify({ call, ids })}\n`);
      return promise;
    },
    kill: () => killProcess(spawned),
    stop: async () => {
      stdin.end();
      assert.equal(await spawned.exited, 0, spawned.errors());
    },
  };
}
