import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { compressSegment } from "../src/compress-segment.ts";
import { Layout } from "../src/layout.ts";
import { formatSeekTable } from "../src/seek-table.ts";
import { openCompressed } from "../src/segment-file.ts";
import { compressCrash, logOf, segmentNames } from "./support/compressed.ts";
import { FaultyDisk } from "./support/faulty-disk.ts";
import { check, create, DATA, entries, LOG, open, seeded } from "./support/fixture.ts";
import { MemoryDisk } from "./support/memory-disk.ts";

const layout = new Layout(DATA, LOG);
const FIRST = layout.segment(0);

suite("sealed segments are compressed when asked", () => {
  test("all but the last one; the bytes of the lines stay what they were, and any zstd decoder gets them", async () => {
    const disk = await logOf();
    const before = Buffer.from(disk.file(FIRST)!.contents());
    const ledger = await open({ disk, segmentBytes: 4000, compress: "zstd" });
    await ledger.idle();
    const names = segmentNames(disk).sort();
    assert.ok(names.length >= 3);
    assert.deepEqual([...new Set(names.slice(0, -1).map((name) => name.slice(20)))], [".jsonl.zst"]);
    assert.equal(names.at(-1)!.slice(20), ".jsonl");
    const stored = disk.file(layout.compressed(0))!;
    assert.equal(stored.permissions, 0o400);
    assert.ok(zstdDecompressSync(stored.contents()).equals(before));
    check(disk);
    await ledger.close();
  });

  test("also those that are sealed from then on, and every reader goes on reading over the change", async () => {
    const disk = new MemoryDisk();
    await create(disk);
    const ledger = await open({ disk, segmentBytes: 4000, compress: "zstd" });
    let next = 0;
    for (let i = 0; i < 12; i++) {
      await ledger.append(entries(`e${i}`, 5));
      if (i % 3 === 0) await ledger.idle();
      const lines = await ledger.read(next, { maxBytes: 1500, maxLines: 3 });
      next += lines.length;
    }
    await ledger.idle();
    while (next < ledger.size) next += (await ledger.read(next, { maxBytes: 700, maxLines: 10 })).length;
    for (const seq of [0, 1, 17, 30, 59, 3]) {
      const [line] = await ledger.read(seq, { maxBytes: 0, maxLines: 1 });
      assert.match(Buffer.from(line!.line).toString(), new RegExp(`"seq":${seq},`));
    }
    await ledger.close();
    check(disk);
  });

  test("a log whose last segment is compressed, too, goes on in a new one", async () => {
    const disk = await logOf(5);
    await compressSegment(disk, layout, 0);
    const ledger = await open({ disk });
    await ledger.append(entries("more", 3));
    await ledger.close();
    assert.deepEqual(segmentNames(disk).sort(), ["00000000000000000000.jsonl.zst", "00000000000000000005.jsonl"]);
    assert.equal(check(disk).lines.length, 8);
    assert.equal((await open({ disk })).size, 8);
  });

  test("a failure leaves the plain segment, is told, and does not stop the log", async () => {
    const memory = await logOf();
    const told: object[] = [];
    const disk = new FaultyDisk(memory);
    const ledger = await open({
      ...{ disk, segmentBytes: 4000, compress: "zstd" },
      report: (event, details) => {
        if (event === "ledger.opened")
          disk.plan = { at: disk.steps.length + 4, fault: "fails", random: seeded(1), code: "ENOSPC" };
        if (event === "ledger.compress_failed") told.push(details);
      },
    });
    await ledger.idle();
    assert.match(JSON.stringify(told), /ENOSPC/);
    disk.plan = undefined;
    await ledger.append(entries("after", 3));
    assert.deepEqual(ledger.fatal, []);
    await ledger.close();
    await (await open({ disk: memory })).close();
    assert.equal(check(memory).lines.length, 43);
  });
});

suite("a crash while a segment is compressed", () => {
  test("at some of its steps: no line is missing or changed, one form is left, and it can be done again", async () => {
    for (const fault of ["fails", "power-torn"] as const) await compressCrash(fault, 2);
  });

  test("with both forms there the plain one counts, whatever is in the other one", async () => {
    const disk = await logOf();
    const other = await disk.open(layout.compressed(0), "create");
    await other.write(Buffer.from("not a frame"), 0);
    const ledger = await open({ disk });
    assert.equal(ledger.size, 40);
    assert.equal(disk.file(layout.compressed(0)), undefined);
    check(disk);
  });
});

suite("a compressed segment that was tampered with", () => {
  async function damaged(edit: (bytes: Buffer) => Buffer): Promise<MemoryDisk> {
    const disk = await logOf(600);
    await compressSegment(disk, layout, 0);
    const file = disk.file(layout.compressed(0))!;
    const bytes = edit(Buffer.from(file.contents()));
    file.truncate(0);
    file.write(bytes, 0);
    file.sync();
    return disk;
  }

  test("is CORRUPT to whoever reads it, and a log that need not read it starts", async () => {
    for (const at of [0, 12, 30, -1, -9, -20]) {
      const disk = await damaged((bytes) =>
        bytes.fill(bytes.at(at)! ^ 0x40, at < 0 ? bytes.length + at : at, (at < 0 ? bytes.length + at : at) + 1),
      );
      const ledger = await open({ disk, windowRecords: 1 });
      await assert.rejects(ledger.read(0, { maxBytes: 10_000, maxLines: 100 }), { code: "CORRUPT" }, `byte ${at}`);
      assert.equal((await ledger.read(590, { maxBytes: 0, maxLines: 1 })).length, 1);
      await ledger.close();
    }
  });

  test("a frame that inflates to more than its table says, or claims a huge window, takes no memory", async () => {
    const bombs = [
      zstdCompressSync(Buffer.alloc(300 << 20), { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
      zstdCompressSync(Buffer.alloc(8 << 20, "ab"), { params: { [constants.ZSTD_c_windowLog]: 27 } }),
    ];
    for (const bomb of bombs) {
      const frame = { firstLine: 0, lines: 1, offset: 0, bytes: 1000, storedOffset: 0, storedBytes: bomb.length };
      const disk = new MemoryDisk();
      const file = await disk.open("/bomb", "create");
      await file.write(Buffer.concat([bomb, formatSeekTable([frame])]), 0);
      const before = process.memoryUsage().rss;
      const segment = await openCompressed(disk, "/bomb");
      await assert.rejects(segment.read(Buffer.alloc(1000), 0), { code: "CORRUPT" });
      assert.ok(process.memoryUsage().rss - before < 64 << 20, "memory stays bounded");
    }
  });
});

test("reading from the middle of a compressed segment costs the table and a frame or two", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk, segmentBytes: 6 << 20, batchBytes: 1 << 20, compress: "zstd" });
  for (let i = 0; i < 24; i++) await ledger.append(entries(`e${i}`, 1000, 300));
  await ledger.idle();
  const stored = disk.file(layout.compressed(0))!.length;
  disk.bytesRead = 0;
  const [line] = await ledger.read(5_000, { maxBytes: 0, maxLines: 1 });
  assert.equal(line!.seq, 5_000);
  assert.ok(disk.bytesRead < stored / 2, `${disk.bytesRead} of ${stored} bytes`);
  await ledger.close();
});
