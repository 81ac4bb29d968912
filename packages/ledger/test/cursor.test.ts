import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { check, create, entries, FOLDER, open } from "./support/fixture.ts";
import { MemoryDisk } from "./support/memory-disk.ts";

const CURSOR = `${FOLDER}/cursors/loki`;

async function logOf(count: number): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk });
  await ledger.append(entries("e", count));
  await ledger.close();
  return disk;
}

test("a cursor begins at 0, survives a restart, and names the line that it stands behind", async () => {
  const disk = await logOf(5);
  const ledger = await open({ disk });
  const cursor = await ledger.openCursor("loki");
  assert.equal(cursor.next, 0);
  await cursor.save(3);
  assert.equal(cursor.next, 3);
  const stored = JSON.parse(Buffer.from(disk.file(CURSOR)!.contents()).toString());
  assert.deepEqual(stored, { next: 3, prev: check(disk).lines[3]!.prev });
  await cursor.save(5);
  await ledger.close();
  const again = await open({ disk });
  assert.equal((await again.openCursor("loki")).next, 5);
  assert.equal((await again.openCursor("other")).next, 0);
  await again.append(entries("more", 1));
  await (await again.openCursor("loki")).save(6);
  await again.close();
});

test("saves are done in order, and one that is refused does not stop the next", async () => {
  const disk = await logOf(5);
  const ledger = await open({ disk });
  const cursor = await ledger.openCursor("loki");
  const saves = [cursor.save(2), cursor.save(1), cursor.save(6), cursor.save(2.5), cursor.save(4)];
  const results = await Promise.allSettled(saves);
  assert.deepEqual(
    results.map((result) => (result.status === "fulfilled" ? "saved" : result.reason.code)),
    ["saved", "BAD_CURSOR", "BAD_CURSOR", "BAD_CURSOR", "saved"],
  );
  assert.equal(cursor.next, 4);
  await ledger.close();
});

test("a cursor of another history is FORKED", async () => {
  const disk = await logOf(5);
  const ledger = await open({ disk });
  await (await ledger.openCursor("loki")).save(3);
  const file = disk.file(CURSOR)!;
  const { prev } = check(disk).lines[2]!;
  file.truncate(0);
  file.write(Buffer.from(JSON.stringify({ next: 3, prev })), 0);
  await assert.rejects(ledger.openCursor("loki"), {
    code: "FORKED",
    message: /seq 2 is not the line that was delivered to sink loki/,
  });
  await ledger.close();
});

test("a cursor that cannot be read is CORRUPT, says how to go on, and is not taken for none", async () => {
  const disk = await logOf(5);
  const hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  for (const text of [
    "",
    "{",
    "null",
    "[]",
    '{"next":-1}',
    `{"next":1.5,"prev":"${hash}"}`,
    '{"next":1,"prev":"x"}',
    `{"prev":"${hash}"}`,
  ]) {
    const file = disk.file(CURSOR) ?? (await makeCursor(disk));
    file.truncate(0);
    file.write(Buffer.from(text), 0);
    await assert.rejects(open({ disk }), { code: "CORRUPT", message: /remove it: everything is sent to this sink once more/ });
  }
});

async function makeCursor(disk: MemoryDisk) {
  await disk.makeDirectory(`${FOLDER}/cursors`);
  const file = await disk.open(CURSOR, "create");
  await file.close();
  return disk.file(CURSOR)!;
}

test("a sink's name is a file's name", async () => {
  const disk = await logOf(1);
  const ledger = await open({ disk });
  for (const name of ["", ".", "..", "a/b", "x.tmp", "-x", "a b", "é", "x".repeat(101)]) {
    await assert.rejects(ledger.openCursor(name), { code: "BAD_NAME" }, name);
  }
  await ledger.close();
});
