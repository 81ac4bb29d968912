import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { Layout } from "../src/layout.ts";
import { check, create, DATA, entries, FakeClock, FOLDER, LOG, open, START_NS } from "./support/fixture.ts";
import { MemoryDisk } from "./support/memory-disk.ts";

const layout = new Layout(DATA, LOG);

async function logOf(count: number): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk, segmentBytes: 60_000 });
  for (let done = 0; done < count; done += 100) await ledger.append(entries(`e${done}`, 100));
  await ledger.close();
  return disk;
}

function edit(disk: MemoryDisk, path: string, change: (bytes: Buffer) => Buffer): void {
  const file = disk.file(path)!;
  const bytes = change(Buffer.from(file.contents()));
  file.truncate(0);
  file.write(bytes, 0);
  file.sync();
}

suite("what the start does not read is checked beside all else", () => {
  for (const compress of ["none", "zstd"] as const) {
    test(`all lines and tiles hold (${compress})`, async () => {
      const disk = await logOf(900);
      const told: string[] = [];
      const ledger = await open({ disk, check: true, compress, report: (event) => void told.push(event) });
      await ledger.idle();
      assert.deepEqual({ ...ledger.check }, { at: "holds", lines: 900, of: 900, tilesRepaired: 0, error: undefined });
      assert.ok(told.includes("ledger.check_holds"));
      await ledger.close();
    });
  }

  test("interior tiles that are wrong or gone, over lines that are right, are written again", async () => {
    const disk = await logOf(900);
    await disk.unlink(`${FOLDER}/tile/0/001`);
    edit(disk, `${FOLDER}/tile/0/000`, (bytes) => Buffer.from(bytes.with(77, bytes[77]! ^ 1)));
    const ledger = await open({ disk, check: true });
    await ledger.idle();
    assert.deepEqual([ledger.check.at, ledger.check.tilesRepaired], ["holds", 2]);
    await ledger.close();
    check(disk);
  });

  test("an old line that was changed is told of loudly, also in the log, which goes on; nothing is repaired", async () => {
    const disk = await logOf(900);
    edit(disk, layout.segment(0), (bytes) => Buffer.from(bytes.toString().replace("ann", "bob")));
    const told: string[] = [];
    const ledger = await open({
      disk,
      check: true,
      windowRecords: 10,
      report: (event, details) => void told.push(`${event} ${JSON.stringify(details)}`),
    });
    await ledger.idle();
    assert.equal(ledger.check.at, "damaged");
    assert.match(ledger.check.error!.message, /000\.jsonl:2 \(seq 1\): expected prev/);
    assert.ok(told.some((text) => /^ledger\.check_damaged .*"code":"CORRUPT"/.test(text)));
    await ledger.append(entries("after", 3));
    const lines = await ledger.read(900, { maxBytes: 10_000, maxLines: 10 });
    assert.match(Buffer.from(lines[0]!.line).toString(), /"event":"proofline\.log\.damage_found".*000\.jsonl:2 \(seq 1\)/);
    assert.equal(lines.length, 4);
    assert.deepEqual(ledger.fatal, []);
    await ledger.close();
  });

  test("closing ends it", async () => {
    const disk = await logOf(900);
    const ledger = await open({ disk, check: true });
    await ledger.close();
    assert.equal(ledger.check.at, "stopped");
  });
});

suite("segments roll by age", () => {
  const HOUR = 3_600_000_000_000n;

  async function aging(): Promise<{ disk: MemoryDisk; clock: FakeClock }> {
    const disk = new MemoryDisk();
    await create(disk);
    return { disk, clock: new FakeClock() };
  }

  function names(disk: MemoryDisk): number[] {
    return [...disk.files().keys()].filter((path) => path.includes("/segments/")).map((path) => Number(path.slice(-26, -6)));
  }

  test("with the first line that comes when the first one in it is so old, also over restarts", async () => {
    const { disk, clock } = await aging();
    const o = { disk, now: clock.now, segmentAgeMs: 24 * 3_600_000 };
    let ledger = await open(o);
    await ledger.append(entries("a", 3));
    clock.ns += 23n * HOUR;
    await ledger.append(entries("b", 2));
    await ledger.close();
    ledger = await open(o);
    clock.ns += HOUR;
    await ledger.append(entries("c", 1));
    assert.deepEqual(names(disk), [0, 5]);
    clock.ns = START_NS + 30n * HOUR;
    await ledger.append(entries("d", 1));
    assert.deepEqual(names(disk), [0, 5], "its own first line is young");
    await ledger.close();
    check(disk);
  });

  test("a quiet one, too, without a line; once, and not while it is empty", async (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { disk, clock } = await aging();
    const ledger = await open({ disk, now: clock.now, segmentAgeMs: 3_600_000 });
    await ledger.append(entries("a", 3));
    clock.ns += 2n * HOUR;
    t.mock.timers.tick(60_000);
    await ledger.checkpointNow();
    for (let i = 0; i < 50; i++) await Promise.resolve();
    clock.ns += 2n * HOUR;
    t.mock.timers.tick(60_000);
    for (let i = 0; i < 50; i++) await Promise.resolve();
    assert.deepEqual(names(disk), [0, 3]);
    await ledger.append(entries("b", 2));
    await ledger.close();
    assert.equal(check(disk).lines.length, 5);
  });
});
