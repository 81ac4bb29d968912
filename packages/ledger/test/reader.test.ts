import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parseLine } from "@proofline/event";
import type { Ledger } from "../src/ledger.ts";
import { FaultyDisk } from "./support/faulty-disk.ts";
import { create, entries, FOLDER, open, seeded } from "./support/fixture.ts";
import { MemoryDisk } from "./support/memory-disk.ts";

async function idsFrom(ledger: Ledger, from: number, o = { maxBytes: 4096, maxLines: 7 }): Promise<string[]> {
  const ids: string[] = [];
  for (let next = from; next < ledger.size; ) {
    const lines = await ledger.read(next, o);
    assert.ok(lines.length > 0 && lines.length <= o.maxLines);
    for (const { seq, line } of lines) {
      assert.equal(seq, next++);
      ids.push(parseLine(line).id);
    }
  }
  return ids;
}

async function logOf(count: number): Promise<{ disk: MemoryDisk; ledger: Ledger }> {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk, segmentBytes: 50_000, batchBytes: 1 << 20 });
  for (let i = 0; i < count / 100; i++) await ledger.append(entries(`e${i}`, 100));
  return { disk, ledger };
}

test("from any seq, in pieces of any size, the lines are those that were written", async () => {
  const { ledger } = await logOf(2000);
  const all = await idsFrom(ledger, 0, { maxBytes: 1 << 20, maxLines: 10_000 });
  assert.equal(all.length, 2000);
  const random = seeded(3);
  for (let i = 0; i < 30; i++) {
    const from = Math.floor(random() * 2000);
    const o = { maxBytes: Math.floor(random() * 20_000), maxLines: 1 + Math.floor(random() * 300) };
    assert.deepEqual(await idsFrom(ledger, from, o), all.slice(from), `from ${from}`);
  }
  await ledger.close();
});

test("there is at least one line when there is any, and none beyond the end", async () => {
  const { ledger } = await logOf(100);
  assert.equal((await ledger.read(5, { maxBytes: 0, maxLines: 10 })).length, 1);
  assert.deepEqual(await ledger.read(5, { maxBytes: 1000, maxLines: 0 }), []);
  assert.deepEqual(await ledger.read(100, { maxBytes: 1000, maxLines: 10 }), []);
  assert.deepEqual(await ledger.read(1000, { maxBytes: 1000, maxLines: 10 }), []);
  await assert.rejects(ledger.read(-1, { maxBytes: 1, maxLines: 1 }), RangeError);
  await ledger.close();
});

test("maxBytes is kept to, but for the first line", async () => {
  const { ledger } = await logOf(300);
  for (const maxBytes of [500, 5000, 20_000]) {
    const lines = await ledger.read(0, { maxBytes, maxLines: 1000 });
    const bytes = lines.reduce((sum, { line }) => sum + line.length, 0);
    assert.ok(bytes <= maxBytes && bytes > maxBytes - 800, `${bytes} of ${maxBytes}`);
  }
  await ledger.close();
});

test("a reader beside the writer sees durable lines only, and all of them, over segments", async () => {
  const memory = new MemoryDisk();
  await create(memory);
  const ledger = await open({ disk: memory, segmentBytes: 20_000 });
  const seen: string[] = [];
  const reading = (async () => {
    while (seen.length < 1500) {
      await ledger.grown(seen.length);
      const lines = await ledger.read(seen.length, { maxBytes: 3000, maxLines: 50 });
      for (const { seq, line } of lines) {
        assert.ok(seq < ledger.size);
        seen.push(parseLine(line).id);
      }
    }
  })();
  for (let i = 0; i < 150; i++) {
    const before = ledger.size;
    const appended = ledger.append(entries(`e${i}`, 10));
    const early = await ledger.read(before, { maxBytes: 100_000, maxLines: 100 });
    assert.ok(early.length <= ledger.size - before);
    await appended;
  }
  await reading;
  assert.deepEqual(seen, Array.from({ length: 150 }, (_, i) => entries(`e${i}`, 10).map(({ id }) => id)).flat());
  await ledger.close();
});

test("going on where a call stopped costs one open and the bytes that are returned", async () => {
  const { disk, ledger } = await logOf(2000);
  await ledger.close();
  const counting = new FaultyDisk(disk);
  const again = await open({ disk: counting, segmentBytes: 50_000 });
  let next = (await again.read(0, { maxBytes: 4096, maxLines: 1000 })).length;
  const opens = counting.steps.length;
  disk.bytesRead = 0;
  let calls = 0;
  while (next < 2000) {
    next += (await again.read(next, { maxBytes: 4096, maxLines: 1000 })).length;
    calls++;
  }
  assert.equal(counting.steps.length - opens, calls);
  // A read is never shorter than the longest line; beyond that nothing is read that is not asked for.
  assert.ok(disk.bytesRead <= calls * 65_536);
  await again.close();
});

test("a seek into a segment that was looked through before reads a piece of it only", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk, batchBytes: 4 << 20 });
  for (let i = 0; i < 20; i++) await ledger.append(entries(`e${i}`, 1000, 800));
  const size = disk.file(`${FOLDER}/segments/${"0".repeat(20)}.jsonl`)!.length;
  await ledger.read(3, { maxBytes: 0, maxLines: 1 });
  disk.bytesRead = 0;
  for (const from of [19_000, 5_000, 12_345]) {
    const [line] = await ledger.read(from, { maxBytes: 0, maxLines: 1 });
    assert.equal(parseLine(line!.line).seq, from);
  }
  assert.ok(disk.bytesRead < size / 2, `${disk.bytesRead} of ${size}`);
  await ledger.close();
});

test("bytes that are not the line that was written there are never handed out", async () => {
  const { disk, ledger } = await logOf(100);
  const file = disk.file(`${FOLDER}/segments/${"0".repeat(20)}.jsonl`)!;
  file.write(Buffer.from("\n"), 700);
  await assert.rejects(ledger.read(5, { maxBytes: 100_000, maxLines: 10 }), { code: "CORRUPT" });
  await ledger.close();
});

test("memory does not grow with what was read, in order or at random", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // Buffers are given back by another thread some time after a collection: the least of several looks is what is held.
  const held = async () => {
    let least = Number.POSITIVE_INFINITY;
    for (let look = 0; look < 10; look++) {
      collect();
      await new Promise((resume) => setImmediate(resume));
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      least = Math.min(least, heapUsed + arrayBuffers);
    }
    return least;
  };
  const { ledger } = await logOf(20_000);
  const random = seeded(5);
  const readMuch = async () => {
    for (let next = 0; next < 20_000; ) next += (await ledger.read(next, { maxBytes: 100_000, maxLines: 1000 })).length;
    for (let i = 0; i < 400; i++) await ledger.read(Math.floor(random() * 20_000), { maxBytes: 1000, maxLines: 10 });
  };
  await readMuch();
  const before = await held();
  for (let i = 0; i < 5; i++) await readMuch();
  const more = (await held()) - before;
  // Some 40 MB were read since; what the engine learns about the code on the way is well below a tenth of that.
  assert.ok(more < 4_000_000, `${more} bytes more`);
  await ledger.close();
});
