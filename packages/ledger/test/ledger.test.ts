import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { LedgerError } from "../src/errors.ts";
import { FaultyDisk } from "./support/faulty-disk.ts";
import { check, create, entries, entry, FOLDER, open, seeded, seen } from "./support/fixture.ts";
import { MemoryDisk } from "./support/memory-disk.ts";

const ALL = { maxBytes: 1 << 24, maxLines: 100_000 };

test("entries come back as lines, in the order of the calls, and the log holds", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk });
  const [a, b] = await Promise.all([ledger.append(entries("a", 3)), ledger.append(entries("b", 2))]);
  assert.deepEqual([a.first, b.first, ledger.size], [0, 3, 5]);
  assert.equal(b.received, a.received + 3n);
  const lines = await ledger.read(0, ALL);
  assert.deepEqual(
    lines.map(({ seq }) => seq),
    [0, 1, 2, 3, 4],
  );
  await ledger.close();
  const checked = check(disk);
  assert.equal(checked.checkpointSize, 5);
  assert.deepEqual(
    checked.lines.map(({ id, received }) => [id, received]),
    ["a-0", "a-1", "a-2", "b-0", "b-1"].map((id, i) => [id, a.received + BigInt(i)]),
  );
});

test("calls that come while the disk is busy share one write and one sync", async () => {
  const memory = new MemoryDisk();
  await create(memory);
  const disk = new FaultyDisk(memory);
  const ledger = await open({ disk, batchBytes: 1 << 20 });
  await ledger.append(entries("first", 1));
  const before = disk.steps.length;
  await Promise.all(Array.from({ length: 50 }, (_, i) => ledger.append(entries(`call${i}`, 1))));
  const verbs = disk.steps.slice(before).map(({ verb }) => verb);
  assert.deepEqual(verbs, ["write", "datasync"]);
  await ledger.close();
});

test("more than fits into one batch is split, answered once, and stays in order", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk });
  const [{ first }] = await Promise.all([ledger.append(entries("big", 500, 1000)), ledger.append(entries("small", 3))]);
  assert.equal(first, 0);
  assert.equal(ledger.size, 503);
  await ledger.close();
  assert.equal(check(disk).lines[502]?.id, "small-2");
});

test("the place of an id is known from the moment its entry was appended, and can be waited for", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk });
  const one = entry("one");
  assert.deepEqual(ledger.places("one"), []);
  const appended = ledger.append([one]);
  assert.deepEqual([ledger.places("one"), ledger.size], [[0], 0]);
  await ledger.durable(0);
  assert.equal(ledger.size, 1);
  await appended;
  assert.deepEqual(await seen(ledger, one), { status: "same", seq: 0 });
  assert.deepEqual(await seen(ledger, entry("one", { body: "other" })), { status: "conflict", seq: 0 });
  await ledger.durable(0);
  await ledger.close();
});

test("a failed write or sync rejects all that was asked for, is told once, and nothing more touches the log", async () => {
  for (const verb of ["write", "datasync"]) {
    const memory = new MemoryDisk();
    await create(memory);
    const disk = new FaultyDisk(memory);
    const ledger = await open({ disk });
    await ledger.append(entries("before", 1));
    disk.plan = { at: disk.steps.length + (verb === "write" ? 1 : 2), fault: "fails", random: seeded(1) };
    const calls = [ledger.append(entries("a", 2)), ledger.append(entries("b", 1))];
    const waiting = ledger.grown(ledger.size);
    const [place] = ledger.places("a-1");
    const results = await Promise.allSettled([...calls, waiting, ledger.durable(place!)]);
    for (const result of results) {
      assert.ok(result.status === "rejected" && result.reason instanceof LedgerError && result.reason.fatal, verb);
    }
    assert.equal(disk.steps.at(-1)?.verb, verb);
    assert.equal(ledger.fatal.length, 1);
    const after = disk.steps.length;
    await assert.rejects(ledger.append(entries("c", 1)), { code: "IO", fatal: true });
    await assert.rejects(ledger.putObject(new Uint8Array(3)), { fatal: true });
    await assert.rejects(ledger.checkpointNow(), { fatal: true });
    await ledger.close();
    assert.deepEqual(
      disk.steps.slice(after).map((step) => step.verb),
      ["unlink"],
      "only the lock is given back",
    );
    assert.equal(ledger.fatal.length, 1);
  }
});

test("a tail that would break the log's framing is refused, and nothing of its call is appended", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk });
  const good = entry("good");
  const bad = [
    { ...good, tail: good.tail.replace("invoice", "in\nvoice") },
    { ...good, tail: good.tail.slice(1) },
    { ...good, tail: `${good.tail} ` },
    entry("long", { padding: ledger.maxTailBytes }),
    entry("wide", { body: "é".repeat(ledger.maxTailBytes / 2) }),
  ];
  for (const entryThatBreaks of bad)
    await assert.rejects(ledger.append([good, entryThatBreaks]), { code: "BAD_ENTRY", fatal: false });
  assert.equal(ledger.size, 0);
  assert.deepEqual(ledger.places("good"), []);
  await ledger.close();
});

test("the longest tail gives the longest line, whatever the characters take", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk });
  const room = ledger.maxTailBytes - Buffer.byteLength(entry("x", { body: "" }).tail);
  const longest = [entry("x", { body: "é".repeat(Math.floor(room / 2)) }), entry("y", { body: "a".repeat(room) })];
  await ledger.append(longest);
  await ledger.append(entries("after", 1));
  await ledger.close();
  const ids = check(disk).lines.map(({ id }) => id);
  assert.deepEqual(ids, ["x", "y", "after-0"]);
});

test("an empty call appends nothing and resolves", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk });
  assert.equal((await ledger.append([])).first, 0);
  await ledger.close();
});

test("grown() resolves when there are more lines, and rejects when it is aborted or when there will be none", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk });
  const abort = new AbortController();
  const aborted = ledger.grown(0, abort.signal);
  const growing = ledger.grown(1);
  abort.abort(new Error("enough"));
  await assert.rejects(aborted, { message: "enough" });
  await ledger.append(entries("a", 2));
  await growing;
  await ledger.grown(1);
  const never = ledger.grown(2);
  await ledger.close();
  await assert.rejects(never, { code: "CLOSED" });
  await assert.rejects(ledger.grown(2), { code: "CLOSED" });
});

test("close() finishes what was appended, signs it, gives the lock back; twice is fine, and nothing is taken afterwards", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk });
  const appended = ledger.append(entries("a", 3));
  const closed = ledger.close();
  await assert.rejects(ledger.append(entries("b", 1)), { code: "CLOSED" });
  await Promise.all([appended, closed, ledger.close()]);
  assert.equal(check(disk).checkpointSize, 3);
  assert.equal(disk.file(`${FOLDER}/lock`), undefined);
  await assert.rejects(ledger.openCursor("loki"), { code: "CLOSED" });
  assert.deepEqual(ledger.fatal, []);
});

test("sealed segments are read-only, the last one is not, and each is as long as it may be", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk, segmentBytes: 5000 });
  for (let i = 0; i < 100; i++) await ledger.append(entries(`e${i}`, 1));
  await ledger.close();
  const segments = [...disk.files()].filter(([path]) => path.includes("/segments/"));
  assert.ok(segments.length > 2);
  assert.deepEqual(new Set(segments.slice(0, -1).map(([, file]) => file.permissions)), new Set([0o400]));
  assert.equal(segments.at(-1)?.[1].permissions, 0o600);
  for (const [, file] of segments) assert.ok(file.length <= 5000 && file.length > 0);
});

test("a disk that is nearly full refuses before a write fails, and takes entries again when there is room", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  let ns = 1_795_209_243_000_000_000n;
  const ledger = await open({ disk, minFreeBytes: 10_000, now: () => ns });
  disk.free = 9_999;
  ns += 2_000_000_000n;
  assert.deepEqual(ledger.room(), { ok: false, freeBytes: 9_999, neededBytes: 10_000 });
  await assert.rejects(ledger.append(entries("a", 1)), { code: "DISK_FULL", fatal: false });
  await assert.rejects(ledger.putObject(new Uint8Array(1)), { code: "DISK_FULL", fatal: false });
  disk.free = 1 << 20;
  assert.equal(ledger.room().ok, false, "the disk is asked once a second");
  ns += 1_000_000_000n;
  assert.deepEqual(ledger.room(), { ok: true });
  await ledger.append(entries("a", 1));
  disk.free = 12_000;
  ns += 1_000_000_000n;
  assert.equal(ledger.room().ok, true);
  const pending = ledger.append(entries("b", 1, 3000));
  assert.equal(ledger.room().ok, false, "what is on its way is counted");
  await pending;
  await ledger.close();
  assert.deepEqual(ledger.fatal, []);
});

test("a disk that is full all the same is fatal, and says so", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk, minFreeBytes: 0 });
  ledger.room();
  disk.free = 10;
  await assert.rejects(ledger.append(entries("a", 1)), { code: "DISK_FULL", fatal: true });
  assert.equal(ledger.fatal[0]?.code, "DISK_FULL");
});
