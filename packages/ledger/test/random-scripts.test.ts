// Any script of appends, checkpoints, objects, cursors, restarts, faults and power cuts: what was promised is there, once, and the log holds.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LedgerError } from "../src/errors.ts";
import type { Ledger } from "../src/ledger.ts";
import { FAULTS, FaultyDisk } from "./support/faulty-disk.ts";
import { check, create, entries, open, seeded } from "./support/fixture.ts";
import { MemoryDisk } from "./support/memory-disk.ts";
import { FakeHost } from "./support/processes.ts";

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      calls: fc.integer({ min: 1, max: 4 }),
      each: fc.integer({ min: 1, max: 30 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("checkpoint" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("deliver" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("powerCut" as const), seed: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("fault" as const),
      in: fc.integer({ min: 1, max: 25 }),
      fault: fc.constantFrom(...FAULTS),
      seed: fc.nat(),
    }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

class Run {
  readonly memory = new MemoryDisk();
  readonly acknowledged = new Map<string, number>();
  readonly sent: string[] = [];
  #disk = new FaultyDisk(this.memory);
  #ledger: Ledger | undefined;
  #names = 0;
  #cursor = 0;

  async run(actions: readonly Action[]): Promise<void> {
    await create(this.memory);
    for (const next of actions) {
      try {
        await this.#do(next);
      } catch (error) {
        if (
          !(error instanceof LedgerError) ||
          error.code === "CORRUPT" ||
          error.code === "ROLLED_BACK" ||
          error.code === "FORKED"
        )
          throw error;
        this.#kill();
      }
    }
    this.#kill();
    await this.#open();
    const { lines } = check(this.memory);
    const places = new Map(lines.map(({ id, seq }) => [id, seq]));
    assert.equal(places.size, lines.length, "no id twice");
    for (const [id, seq] of this.acknowledged) assert.equal(places.get(id), seq, id);
    await this.#ledger!.close();
  }

  async #do(next: Action): Promise<void> {
    if (next.do === "powerCut") {
      this.#kill();
      this.memory.powerCut({ random: seeded(next.seed) });
      return;
    }
    if (next.do === "fault") {
      this.#disk.plan = { at: this.#disk.steps.length + next.in, fault: next.fault, random: seeded(next.seed) };
      return;
    }
    const ledger = this.#ledger ?? (await this.#open());
    if (next.do === "append") await Promise.all(Array.from({ length: next.calls }, () => this.#append(ledger, next.each)));
    if (next.do === "checkpoint") await ledger.checkpointNow();
    if (next.do === "deliver") await this.#deliver(ledger);
    if (next.do === "restart") {
      this.#ledger = undefined;
      await ledger.close();
    }
  }

  async #append(ledger: Ledger, count: number): Promise<void> {
    const call = entries(`call${this.#names++}`, count);
    const { first } = await ledger.append(call);
    for (const [i, { id }] of call.entries()) this.acknowledged.set(id, first + i);
  }

  async #deliver(ledger: Ledger): Promise<void> {
    const cursor = await ledger.openCursor("sink");
    assert.ok(cursor.next >= this.#cursor);
    await cursor.save(ledger.size);
    this.#cursor = ledger.size;
  }

  async #open(): Promise<Ledger> {
    this.#ledger = await open({ disk: this.#disk, processes: new FakeHost().start(), segmentBytes: 6000 });
    return this.#ledger;
  }

  #kill(): void {
    this.#disk.kill();
    this.#disk = new FaultyDisk(this.memory);
    this.#ledger = undefined;
  }
}

test("whatever happens in whatever order, what was acknowledged is there once and the log holds", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => new Run().run(actions)),
    { numRuns: 150 },
  );
});
