// error-table.ts: what the system says when a step fails × the steps of a log's life. The code decides nothing but how it is named: every
// one of them is final for the process, and the next start goes on with all that was acknowledged.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LedgerError } from "../../src/errors.ts";
import { batches, Client } from "./client.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { seeded } from "./fixture.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { FakeHost } from "./processes.ts";

const CODES = ["ENOSPC", "EDQUOT", "EIO", "EROFS", "EMFILE"] as const;
/** `fails`: nothing was done. `fails-kept`: it was, and the system said no. `short`: half of a write was done. */
const WAYS = ["fails", "fails-kept", "short"] as const;

/** @param which every step, or one of each verb, another one for each code, one way each */
export async function errorTable(which: "every step" | "a few steps"): Promise<void> {
  const calm = new FaultyDisk(new MemoryDisk());
  await new Client(batches(4)).life(calm, new FakeHost().start());
  const verbs = [...new Set(calm.steps.map(({ verb }) => verb))];
  for (const code of CODES) {
    for (const verb of verbs) {
      const all = calm.steps.flatMap((step, i) => (step.verb === verb ? [i + 1] : []));
      const places = which === "every step" ? all : [...new Set([all[(CODES.indexOf(code) * 3) % all.length]!])];
      test(`${code} at ${verb}: the error says so, nothing acknowledged is lost, and the next start goes on`, async () => {
        for (const at of places) {
          const ways = WAYS.filter((way) => way !== "short" || verb === "write");
          for (const way of which === "every step" ? ways : [ways[at % ways.length]!]) await strike(at, code, way);
        }
      });
    }
  }
}

async function strike(at: number, code: string, fault: (typeof WAYS)[number]): Promise<void> {
  const memory = new MemoryDisk();
  const disk = new FaultyDisk(memory, { at, fault, random: seeded(at), code });
  const client = new Client(batches(4));
  let error: unknown;
  await client.life(disk, new FakeHost().start()).catch((thrown: unknown) => {
    error = thrown;
  });
  assert.ok(disk.hasStruck);
  if (error !== undefined) {
    assert.ok(error instanceof LedgerError, "what a caller gets is a LedgerError");
    assert.ok(error.message.includes(code) || error.cause !== undefined, "it says what the system said");
  }
  disk.kill();
  await client.resume(new FaultyDisk(memory), new FakeHost().start());
  client.verify(memory, { complete: true });
  memory.powerCut("nothing");
  const ledger = await client.openOrCreate(new FaultyDisk(memory), new FakeHost().start());
  client.verify(memory, { complete: true });
  await ledger.close();
}
