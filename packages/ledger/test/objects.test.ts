import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { FaultyDisk } from "./support/faulty-disk.ts";
import { create, FOLDER, open } from "./support/fixture.ts";
import { MemoryDisk } from "./support/memory-disk.ts";

const bytes = new Uint8Array(1000).fill(3);
const sha256 = hash("sha256", bytes);
const PATH = `${FOLDER}/objects/${sha256.slice(0, 2)}/${sha256}`;

test("an object lies under its hash, survives a power cut, and is written once however often it is put", async () => {
  const memory = new MemoryDisk();
  await create(memory);
  const disk = new FaultyDisk(memory);
  const ledger = await open({ disk });
  const stored = await Promise.all([ledger.putObject(bytes), ledger.putObject(bytes), ledger.putObject(bytes.slice())]);
  assert.deepEqual(stored, Array(3).fill({ sha256, bytes: 1000 }));
  await ledger.putObject(bytes);
  assert.equal(disk.steps.filter(({ verb, path }) => verb === "rename" && path === PATH).length, 1);
  memory.powerCut("nothing");
  assert.deepEqual(memory.file(PATH)?.contents(), bytes);
});

test("an object whose bytes are not its own any more is written again", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk });
  await ledger.putObject(bytes);
  disk.file(PATH)!.write(new Uint8Array([9]), 0);
  await ledger.putObject(bytes);
  assert.deepEqual(disk.file(PATH)?.contents(), bytes);
  await ledger.close();
});
