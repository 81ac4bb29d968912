// fault-table.ts: every step of a log's life × every way in which it can go wrong. After each: recovery on a healed disk, everything that was not
// acknowledged is sent again, and the oracle reads the whole log; then the power is cut and all of it must still be there.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { LedgerError } from "../../src/errors.ts";
import { batches, Client } from "./client.ts";
import { FAULTS, type Fault, FaultyDisk } from "./faulty-disk.ts";
import { seeded } from "./fixture.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { FakeHost } from "./processes.ts";

/** Every verb that a log's life needs at least once. */
export const STEPS = [
  "open:create",
  "open:update",
  "open:replace",
  "open:read",
  "write",
  "datasync",
  "rename",
  "link",
  "unlink",
  "makeDirectory",
  "changeMode",
  "syncDirectory",
];

/** What happens until the fault; the disk as it leaves it. */
async function strike(
  many: number,
  at: number,
  fault: Fault,
): Promise<{ memory: MemoryDisk; client: Client; disk: FaultyDisk; error: unknown }> {
  const memory = new MemoryDisk();
  const disk = new FaultyDisk(memory, { at, fault, random: seeded(at) });
  const client = new Client(batches(many));
  let error: unknown;
  try {
    await client.life(disk, new FakeHost().start());
  } catch (thrown) {
    error = thrown;
  }
  disk.kill();
  return { memory, client, disk, error };
}

/** Recovery, the rest of the work, a power cut, recovery again. */
async function recoverAndCheck(memory: MemoryDisk, client: Client): Promise<void> {
  const healed = new FaultyDisk(memory);
  await client.resume(healed, new FakeHost().start());
  client.verify(memory, { complete: true });
  healed.kill();
  memory.powerCut("nothing");
  const last = new FaultyDisk(memory);
  const ledger = await client.openOrCreate(last, new FakeHost().start());
  client.verify(memory, { complete: true });
  await ledger.close();
  client.verify(memory, { complete: true });
}

/** @param many as for batches() */
export async function faultTable(many: number, expectedVerbs: readonly string[]): Promise<void> {
  const calm = new FaultyDisk(new MemoryDisk());
  const client = new Client(batches(many));
  await client.life(calm, new FakeHost().start());

  test("without a fault, everything is acknowledged, and the log's life has every kind of step", () => {
    client.verify(calm.disk, { complete: true });
    const verbs = new Set(calm.steps.map(({ verb }) => verb));
    for (const verb of expectedVerbs) assert.ok(verbs.has(verb), `the script has a step ${verb}`);
    assert.ok(calm.steps.filter(({ verb }) => verb === "open:create").length >= 3, "segments are rolled");
  });

  for (const fault of FAULTS) {
    suite(`a step ${fault}`, () => {
      for (const [i, { verb, path }] of calm.steps.entries()) {
        test(`step ${i + 1}, ${verb} ${path}: nothing acknowledged is lost, moved, changed or doubled`, async () => {
          const { memory, client: sender, disk, error } = await strike(many, i + 1, fault);
          assert.ok(disk.hasStruck, "the fault was met");
          if (error !== undefined) assert.ok(error instanceof LedgerError, "what a caller gets is a LedgerError");
          await recoverAndCheck(memory, sender);
        });
      }
    });
  }
}
