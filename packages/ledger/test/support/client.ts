// client.ts: a sender that keeps what it was promised, sends the rest again with the same ids, and can say what it misses.

import assert from "node:assert/strict";
import { formatTail } from "@proofline/event";
import { LedgerError } from "../../src/errors.ts";
import { createLog, type Ledger } from "../../src/index.ts";
import type { Processes } from "../../src/process-identity.ts";
import type { FaultyDisk } from "./faulty-disk.ts";
import { check, DATA, entries, FOLDER, LOG, open, seen, signer, type TestEntry } from "./fixture.ts";
import type { MemoryDisk } from "./memory-disk.ts";

const SINK = "loki";

/** Six calls. @param many entries of the fourth one: with 256 a tile becomes full, but each case takes five times as long */
export function batches(many: number): readonly (readonly TestEntry[])[] {
  return [
    entries("one", 1),
    entries("three", 3),
    entries("two", 2, 100),
    entries("many", many),
    entries("long", 2, 700),
    entries("last", 3),
  ];
}

const OBJECTS = [new Uint8Array(300).fill(1), new Uint8Array(500).fill(2)];

export class Client {
  readonly #batches: readonly (readonly TestEntry[])[];
  /** seq by id: promised. */
  readonly acknowledged = new Map<string, number>();
  /** SHA-256 and bytes: promised. */
  readonly stored = new Map<string, Uint8Array>();
  cursor = 0;
  /** size: heard of. */
  signed = 0;

  constructor(sent: readonly (readonly TestEntry[])[]) {
    this.#batches = sent;
  }

  /** Everything that a log goes through in its life, in one go. Rejects when the disk or the process gives up. */
  async life(disk: FaultyDisk, processes: Processes): Promise<void> {
    const ledger = await this.openOrCreate(disk, processes);
    await this.send(ledger, 0);
    await this.put(ledger, 0);
    await Promise.all([this.send(ledger, 1), this.send(ledger, 2)]);
    await this.deliver(ledger);
    await ledger.checkpointNow();
    await Promise.all([this.send(ledger, 3), this.put(ledger, 1)]);
    await ledger.close();
    const again = await this.openOrCreate(disk, processes);
    await this.send(again, 4);
    await this.deliver(again);
    await this.send(again, 5);
    await again.close();
  }

  /** Sends what is not acknowledged, all of it; leaves the ledger open. */
  async resume(disk: FaultyDisk, processes: Processes): Promise<Ledger> {
    const ledger = await this.openOrCreate(disk, processes);
    for (const i of this.#batches.keys()) await this.send(ledger, i);
    for (const i of OBJECTS.keys()) await this.put(ledger, i);
    await this.deliver(ledger);
    return ledger;
  }

  async openOrCreate(disk: FaultyDisk, processes: Processes): Promise<Ledger> {
    const opening = { disk, processes, segmentBytes: 1500 };
    try {
      return this.#listen(await open(opening));
    } catch (error) {
      if (!(error instanceof LedgerError && error.code === "NO_SUCH_LOG")) throw error;
      assert.equal(this.acknowledged.size, 0, "a log that something was promised of is gone");
    }
    await createLog({ data: DATA, log: LOG, signer, disk, processes });
    return this.#listen(await open(opening));
  }

  async send(ledger: Ledger, batch: number): Promise<void> {
    const fresh: TestEntry[] = [];
    for (const entry of this.#batches[batch]!) {
      const there = await seen(ledger, entry);
      if (there === undefined) fresh.push(entry);
      else {
        assert.equal(there.status, "same", `${entry.id} was never sent with other content`);
        this.#acknowledge(entry.id, there.seq);
      }
    }
    const { first } = await ledger.append(fresh);
    for (const [i, { id }] of fresh.entries()) this.#acknowledge(id, first + i);
  }

  async put(ledger: Ledger, object: number): Promise<void> {
    const { sha256 } = await ledger.putObject(OBJECTS[object]!);
    this.stored.set(sha256, OBJECTS[object]!);
  }

  async deliver(ledger: Ledger): Promise<void> {
    const cursor = await ledger.openCursor(SINK);
    assert.ok(cursor.next >= this.cursor, `a saved cursor (${this.cursor}) went back to ${cursor.next}`);
    const lines = await ledger.read(cursor.next, { maxBytes: 1 << 20, maxLines: 1000 });
    const next = cursor.next + lines.length;
    await cursor.save(next);
    this.cursor = next;
  }

  /** The whole log, recomputed, and every promise. */
  verify(disk: MemoryDisk, o: { complete: boolean }): void {
    const { lines, checkpointSize } = check(disk);
    assert.ok(checkpointSize >= this.signed, `a checkpoint of ${this.signed} was published, ${checkpointSize} is there`);
    const places = new Map<string, number>();
    for (const line of lines) {
      assert.ok(!places.has(line.id), `${line.id} is at seq ${places.get(line.id)} and again at ${line.seq}`);
      places.set(line.id, line.seq);
    }
    for (const [id, seq] of this.acknowledged) assert.equal(places.get(id), seq, `${id} was acknowledged at seq ${seq}`);
    const tails = new Map(this.#batches.flat().map(({ id, tail }) => [id, tail]));
    for (const line of lines) assert.equal(formatTail(line), tails.get(line.id), `${line.id} is as it was sent`);
    for (const [sha256, bytes] of this.stored) {
      assert.deepEqual(disk.file(`${FOLDER}/objects/${sha256.slice(0, 2)}/${sha256}`)?.contents(), bytes, `object ${sha256}`);
    }
    if (o.complete) assert.equal(lines.length, tails.size, "everything that was sent is there once");
  }

  #acknowledge(id: string, seq: number): void {
    const before = this.acknowledged.get(id);
    if (before !== undefined) assert.equal(seq, before, `${id} was acknowledged at seq ${before} already`);
    this.acknowledged.set(id, seq);
  }

  #listen<L extends Ledger>(ledger: L): L {
    ledger.checkpoints((_note, size) => {
      this.signed = size;
    });
    return ledger;
  }
}
