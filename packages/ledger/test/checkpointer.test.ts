import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mock, test } from "node:test";
import { openCheckpoint, verifierFromVkey } from "@proofline/tlog";
import { FaultyDisk } from "./support/faulty-disk.ts";
import { check, create, entries, FOLDER, open, seeded, signer } from "./support/fixture.ts";
import { MemoryDisk } from "./support/memory-disk.ts";

test("each checkpoint is told with its size when it is durable, and the partial tiles of the one before are gone", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk });
  const told: number[] = [];
  const stop = ledger.checkpoints((note, size) => {
    assert.equal(Buffer.from(disk.file(`${FOLDER}/checkpoint`)!.contents()).toString(), note);
    assert.equal(openCheckpoint(note, [verifierFromVkey(signer.vkey)]).size, size);
    told.push(size);
  });
  for (const count of [1, 200, 55, 300]) {
    await ledger.append(entries(`e${count}`, count));
    await ledger.checkpointNow();
    assert.equal(check(disk).checkpointSize, ledger.size);
    assert.deepEqual(ledger.checkpoint.size, ledger.size);
  }
  assert.deepEqual(told, [1, 201, 256, 556]);
  const tiles = [...disk.files().keys()].filter((path) => path.includes("/tile/"));
  assert.deepEqual(tiles.map((path) => path.slice(FOLDER.length)).sort(), [
    "/tile/0/000",
    "/tile/0/001",
    "/tile/0/002.p/44",
    "/tile/1/000.p/2",
  ]);
  stop();
  await ledger.append(entries("last", 1));
  await ledger.close();
  assert.equal(told.length, 4);
});

test("nothing is signed while nothing has grown, and calls that wait share one", async () => {
  const memory = new MemoryDisk();
  await create(memory);
  const disk = new FaultyDisk(memory);
  const ledger = await open({ disk });
  await ledger.append(entries("a", 1));
  const renames = () => disk.steps.filter(({ verb, path }) => verb === "rename" && path.endsWith("/checkpoint")).length;
  const before = renames();
  await Promise.all([ledger.checkpointNow(), ledger.checkpointNow(), ledger.checkpointNow()]);
  await ledger.checkpointNow();
  assert.equal(renames() - before, 1);
  await ledger.close();
  assert.equal(renames() - before, 1);
});

test("a quiet log is signed at once; while lines come, every interval and no more often", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const disk = new MemoryDisk();
    await create(disk);
    const ledger = await open({ disk, checkpointIntervalMs: 1000 });
    const told: number[] = [];
    const next = () => new Promise<void>((resolve) => void ledger.checkpoints((_note, size) => resolve(void told.push(size))));
    const atOnce = next();
    await ledger.append(entries("first", 1));
    await atOnce;
    for (let i = 0; i < 3; i++) {
      await ledger.append(entries(`a${i}`, 1));
      await ledger.append(entries(`b${i}`, 1));
      mock.timers.tick(999);
      assert.equal(ledger.checkpoint.size, 1 + 2 * i);
      const due = next();
      mock.timers.tick(1);
      await due;
    }
    assert.deepEqual([...new Set(told)], [1, 3, 5, 7]);
    await ledger.close();
  } finally {
    mock.timers.reset();
  }
});

test("a checkpoint that cannot be written is fatal", async () => {
  const memory = new MemoryDisk();
  await create(memory);
  const disk = new FaultyDisk(memory);
  const ledger = await open({ disk });
  await ledger.append(entries("a", 1));
  disk.plan = { at: disk.steps.length + 1, fault: "fails", random: seeded(1) };
  await assert.rejects(ledger.checkpointNow(), { code: "IO", fatal: true });
  assert.equal(ledger.fatal.length, 1);
  await assert.rejects(ledger.append(entries("b", 1)), { fatal: true });
  await ledger.close();
});
