import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { createLog } from "../src/index.ts";
import { acquireLock } from "../src/lock.ts";
import type { Processes } from "../src/process-identity.ts";
import { create, DATA, FOLDER, LOG, open, signer } from "./support/fixture.ts";
import { MemoryDisk } from "./support/memory-disk.ts";
import { FakeHost } from "./support/processes.ts";

const LOCK = "/lock";
const since = "2026-11-20T21:14:03.000Z";
const take = (disk: MemoryDisk, processes: Processes) => acquireLock({ disk, processes, since }, LOCK);

test("a second process is told who holds the lock and since when", async () => {
  const disk = new MemoryDisk();
  const host = new FakeHost();
  await take(disk, host.start(41));
  await assert.rejects(take(disk, host.start(42)), {
    code: "LOCKED",
    message: /process 41 on host-a has been writing this log since 2026-11-20T21:14:03\.000Z/,
  });
  assert.deepEqual([...disk.files().keys()], [LOCK], "no temporary file is left");
});

test("the same process cannot take it twice", async () => {
  const disk = new MemoryDisk();
  const process = new FakeHost().start();
  const lock = await take(disk, process);
  await assert.rejects(take(disk, process), { code: "LOCKED" });
  await lock.release();
  await lock.release();
  assert.equal((await take(disk, process)).takenOverFrom, undefined);
});

test("a dead holder's lock is taken over: its pid is gone, or is another process's by now, or is our own, or the host was booted", async () => {
  const died: ((host: FakeHost, holder: Processes) => Processes)[] = [
    (host, holder) => {
      host.end(holder);
      return host.start();
    },
    (host, holder) => {
      host.end(holder);
      host.start(holder.self.pid);
      return host.start();
    },
    (host, holder) => {
      host.end(holder);
      return host.start(holder.self.pid);
    },
    (host, holder) => {
      host.boot = "boot-2";
      host.running.set(holder.self.pid, holder.self.started);
      return host.start();
    },
  ];
  for (const die of died) {
    const disk = new MemoryDisk();
    const host = new FakeHost();
    const holder = host.start(41);
    const { owner } = await take(disk, holder);
    const lock = await take(disk, die(host, holder));
    assert.deepEqual(lock.takenOverFrom, owner);
    await lock.release();
    assert.deepEqual([...disk.files().keys()], []);
  }
});

test("a holder on another host cannot be asked and counts as alive", async () => {
  const disk = new MemoryDisk();
  await take(disk, new FakeHost("host-b").start(41));
  await assert.rejects(take(disk, new FakeHost("host-a").start(41)), { code: "LOCKED", message: /on host-b/ });
});

test("a lock that a power cut emptied has no holder", async () => {
  for (const left of ["", "{", '{"pid":1}', "null"]) {
    const disk = new MemoryDisk();
    const file = await disk.open(LOCK, "create");
    await file.write(Buffer.from(left), 0);
    assert.equal((await take(disk, new FakeHost().start())).takenOverFrom, "unreadable");
  }
});

test("of many that find the same dead holder, one takes over", async () => {
  const disk = new MemoryDisk();
  const host = new FakeHost();
  const holder = host.start(41);
  await take(disk, holder);
  host.end(holder);
  const starts = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => take(disk, host.start(50 + i))));
  assert.equal(starts.filter(({ status }) => status === "fulfilled").length, 1);
  for (const start of starts) if (start.status === "rejected") assert.equal((start.reason as { code: string }).code, "LOCKED");
});

test("one that died while it was taking over is taken over as well", async () => {
  const disk = new MemoryDisk();
  const host = new FakeHost();
  const holder = host.start(41);
  await take(disk, holder);
  host.end(holder);
  const second = host.start(42);
  // Dies with the second lock in its hands: the first one is never replaced.
  const failing = Object.assign(Object.create(disk) as MemoryDisk, {
    rename: () => Promise.reject(new Error("killed")),
    unlink: async () => {},
  });
  await assert.rejects(acquireLock({ disk: failing, processes: second, since }, LOCK));
  host.end(second);
  const lock = await take(disk, host.start(43));
  assert.equal(lock.takenOverFrom === "unreadable" ? 0 : lock.takenOverFrom?.pid, 41);
});

test("release leaves a lock alone that is not ours any more", async () => {
  const disk = new MemoryDisk();
  const lock = await take(disk, new FakeHost().start());
  await disk.unlink(LOCK);
  await take(disk, new FakeHost("host-b").start());
  await lock.release();
  assert.ok(disk.file(LOCK) !== undefined);
});

test("a ledger holds its lock until it is closed, says whose it took over, and a refused start gives it back", async () => {
  const disk = new MemoryDisk();
  const host = new FakeHost();
  await create(disk, host.start());
  const first = host.start();
  const ledger = await open({ disk, processes: first });
  assert.equal(ledger.lock.pid, first.self.pid);
  await assert.rejects(open({ disk, processes: host.start() }), { code: "LOCKED" });
  host.end(first);
  const told: string[] = [];
  const second = await open({ disk, processes: host.start(), report: (event) => void told.push(event) });
  assert.deepEqual(told, ["ledger.lock_taken_over", "ledger.opened"]);
  await second.close();
  await assert.rejects(open({ disk, log: `${LOG}/none` }), { code: "NO_SUCH_LOG" });
  await disk.unlink(`${FOLDER}/vkey`);
  await assert.rejects(open({ disk }), { code: "WRONG_KEY" });
  assert.equal(disk.file(`${FOLDER}/lock`), undefined);
});

test("a log is created once, under its key's name, and never by opening it", async () => {
  const disk = new MemoryDisk();
  await assert.rejects(open({ disk }), { code: "NO_SUCH_LOG", message: /proofline log create/ });
  await assert.rejects(createLog({ data: DATA, log: "other", signer, disk }), { code: "WRONG_KEY" });
  await create(disk);
  await assert.rejects(create(disk), { code: "LOG_EXISTS" });
  await disk.unlink(`${FOLDER}/checkpoint`);
  const segment = await disk.open(`${FOLDER}/segments/${"0".repeat(20)}.jsonl`, "create");
  await segment.close();
  await assert.rejects(create(disk), { code: "LOG_EXISTS", message: /lines, though no checkpoint/ });
});
