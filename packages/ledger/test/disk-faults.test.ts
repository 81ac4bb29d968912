import assert from "node:assert/strict";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { generateSigner } from "@proofline/tlog";
import { createLog, openLedger, unlockLog } from "../src/index.ts";
import { errorTable } from "./support/error-table.ts";
import { FaultyDisk } from "./support/faulty-disk.ts";
import { check, create, DATA, entries, FakeClock, FOLDER, LOG, open, START_NS, seeded, signer } from "./support/fixture.ts";
import { MemoryDisk } from "./support/memory-disk.ts";
import { FakeHost } from "./support/processes.ts";

const HOUR = 3_600_000_000_000n;
const ACTOR = { type: "user", id: "ann" } as const;

suite("what a disk says when it fails", () => errorTable("a few steps"));

suite("a failed sync", () => {
  test("is final though the next one would succeed: nothing more is acknowledged, and no sync is tried again", async () => {
    const memory = new MemoryDisk();
    await create(memory);
    const disk = new FaultyDisk(memory);
    const ledger = await open({ disk });
    await ledger.append(entries("before", 2));
    // Of the next batch: its write, and then its sync, which fails once.
    disk.plan = { at: disk.steps.length + 2, fault: "fails", random: seeded(1) };
    const lost = ledger.append(entries("lost", 2));
    await assert.rejects(lost, { code: "IO", fatal: true });
    assert.equal(disk.steps.at(-1)!.verb, "datasync");
    const steps = disk.steps.length;
    await assert.rejects(ledger.append(entries("after", 1)), { fatal: true });
    await assert.rejects(ledger.checkpointNow(), { fatal: true });
    assert.equal(disk.steps.length, steps, "nothing was tried again");
    assert.equal(ledger.fatal.length, 1);
    // The pages are called clean, and are not on the medium: the next start writes them again before it promises anything.
    disk.kill();
    const again = await open({ disk: memory });
    const { size } = again;
    memory.powerCut("nothing");
    assert.equal(check(memory).lines.length, size);
  });
});

suite("a clock that jumps an hour", () => {
  for (const [way, ns, told] of [
    ["ahead", HOUR, 0],
    ["back", -HOUR, 1],
  ] as const) {
    test(`${way}: received grows strictly, ${told === 0 ? "and nothing is said" : "and the step is a line of its own"}`, async () => {
      const disk = new MemoryDisk();
      await create(disk);
      const clock = new FakeClock();
      const ledger = await open({ disk, now: clock.now, segmentAgeMs: 60_000_000 });
      await ledger.append(entries("before", 3));
      clock.ns += ns;
      await ledger.append(entries("after", 3));
      clock.ns += 1_000_000_000n;
      await ledger.append(entries("later", 3));
      await ledger.close();
      const { lines } = check(disk); // it asserts that received grows
      assert.equal(lines.filter(({ event }) => event === "proofline.clock.stepped_back").length, told);
      assert.equal(lines.length, 9 + told);
      const start = lines[0]!.received;
      assert.ok(lines.at(-1)!.received >= (ns > 0n ? start + HOUR : start));
    });
  }

  test("back over a restart is told, too", async () => {
    const disk = new MemoryDisk();
    await create(disk);
    const clock = new FakeClock();
    let ledger = await open({ disk, now: clock.now });
    await ledger.append(entries("before", 3));
    await ledger.close();
    clock.ns = START_NS - HOUR;
    ledger = await open({ disk, now: clock.now });
    await ledger.append(entries("after", 3));
    await ledger.close();
    assert.equal(check(disk).lines.filter(({ event }) => event === "proofline.clock.stepped_back").length, 1);
  });
});

suite("a folder that vanishes under the running ledger", () => {
  test("is noticed within a second of writing, and is fatal: no further line is acknowledged", async () => {
    const data = await mkdtemp(join(tmpdir(), "proofline-vanish-"));
    const { signer: key } = generateSigner("gone", new Uint8Array(32).fill(3));
    await createLog({ data, log: "gone", signer: key });
    const fatal: Error[] = [];
    let ns = START_NS;
    const onFatal = (error: Error) => void fatal.push(error);
    const o = { data, log: "gone", signer: key, checkpointIntervalMs: Number.POSITIVE_INFINITY, onFatal };
    const ledger = await openLedger({ ...o, now: () => ns });
    await ledger.append(entries("before", 3));
    await rename(data, `${data}.away`);
    ns += 1_000_000_000n;
    // The file is open: the system would take the lines.
    await assert.rejects(ledger.append(entries("after", 3)), { fatal: true, code: "IO" });
    assert.equal(fatal.length, 1);
    await rename(`${data}.away`, data);
    await ledger.close();
    const again = await openLedger({ ...o, now: () => ns });
    assert.equal(again.size, 3);
    await again.close();
    await rm(data, { recursive: true });
  });

  test("and another one, empty or restored, comes in its place: fatal, too, for the lock is not there", async () => {
    const disk = new MemoryDisk();
    await create(disk);
    const clock = new FakeClock();
    const ledger = await open({ disk, now: clock.now });
    await ledger.append(entries("before", 3));
    await disk.unlink(`${FOLDER}/lock`);
    await ledger.append(entries("within the second", 3));
    clock.ns += 1_000_000_000n;
    await assert.rejects(ledger.append(entries("after", 3)), { fatal: true, code: "LOCKED" });
    assert.equal(ledger.fatal.length, 1);
  });

  test("so that a checkpoint cannot be written, is fatal as well", async () => {
    const memory = new MemoryDisk();
    await create(memory);
    const disk = new FaultyDisk(memory);
    const ledger = await open({ disk });
    await ledger.append(entries("before", 3));
    disk.plan = { at: disk.steps.length + 1, fault: "fails", random: seeded(1), code: "ENOENT" };
    await assert.rejects(ledger.checkpointNow(), { fatal: true, code: "IO" });
  });
});

suite("one writer", () => {
  test("a second process on the same log is refused, and the first one goes on", async () => {
    const host = new FakeHost();
    const disk = new MemoryDisk();
    await create(disk, host.start());
    const ledger = await open({ disk, processes: host.start() });
    await assert.rejects(open({ disk, processes: host.start() }), { code: "LOCKED" });
    await ledger.append(entries("a", 2));
    await ledger.close();
    assert.equal(check(disk).lines.length, 2);
  });

  test("two replicas on one folder: the second one, on another host, is refused, also when the first one is dead", async () => {
    const disk = new MemoryDisk();
    await create(disk);
    const first = await open({ disk, processes: new FakeHost("host-a").start() });
    const second = new FakeHost("host-b");
    await assert.rejects(
      open({ disk, processes: second.start() }),
      /host-a has been writing this log .*proofline log unlock --because/s,
    );
    await first.append(entries("a", 2));
  });

  test("a log whose holder on another host is gone is unlocked by a person, who is named in the log", async () => {
    const disk = new MemoryDisk();
    await create(disk);
    const dead = await open({ disk, processes: new FakeHost("host-a").start() });
    await dead.append(entries("a", 2));
    const waits: number[] = [];
    const processes = new FakeHost("host-b").start();
    const unlocked = await unlockLog({
      ...{ data: DATA, log: LOG, signer, disk, processes, because: "host-a burnt down", actor: ACTOR, now: () => START_NS },
      wait: async (ms) => void waits.push(ms),
    });
    assert.equal(unlocked?.holder.host, "host-a");
    assert.deepEqual(waits, [2000]);
    const { lines } = check(disk);
    assert.deepEqual([lines.length, lines[2]!.event], [3, "proofline.log.unlocked"]);
    assert.equal(lines[2]!.attributes.get("proofline.because"), "host-a burnt down");
    assert.equal(lines[2]!.attributes.get("proofline.lock.host"), "host-a");
    assert.equal(disk.file(`${FOLDER}/lock`), undefined);
    await (await open({ disk, processes })).close();
  });

  test("should it live after all, it notices before it writes again, and gives up", async () => {
    const disk = new MemoryDisk();
    await create(disk);
    const clock = new FakeClock();
    const alive = await open({ disk, now: clock.now, processes: new FakeHost("host-a").start() });
    await alive.append(entries("a", 2));
    const processes = new FakeHost("host-b").start();
    const o = { data: DATA, log: LOG, signer, disk, processes, because: "it seemed dead", actor: ACTOR, now: clock.now };
    const wait = async (ms: number) => {
      clock.ns += BigInt(ms) * 1_000_000n;
    };
    await unlockLog({ ...o, wait });
    await assert.rejects(alive.append(entries("late", 3)), { code: "LOCKED", fatal: true });
    assert.equal(check(disk).lines.length, 3);
  });

  test("a holder that lives on this host is not unlocked", async () => {
    const host = new FakeHost();
    const disk = new MemoryDisk();
    await create(disk, host.start());
    const ledger = await open({ disk, processes: host.start() });
    const o = { data: DATA, log: LOG, signer, disk, processes: host.start(), because: "x", actor: ACTOR };
    await assert.rejects(unlockLog(o), { code: "LOCKED" });
    await ledger.close();
    assert.equal(await unlockLog(o), undefined);
  });

  test("a container that starts again takes over from its former self, after the time in which that would have noticed", async () => {
    const disk = new MemoryDisk();
    await create(disk);
    const inNamespace = (namespace: string) => {
      const processes = new FakeHost("pod-0").start();
      return { ...processes, self: { ...processes.self, namespace } };
    };
    const dead = await open({ disk, processes: inNamespace("pid:[1]") });
    await dead.append(entries("a", 2));
    const waits: number[] = [];
    const ledger = await open({ disk, processes: inNamespace("pid:[2]"), wait: async (ms) => void waits.push(ms) });
    assert.deepEqual(waits, [2000]);
    assert.equal(ledger.size, 2);
    await ledger.close();
  });
});
