// compressed.ts: logs with sealed segments, and the crash table of compressing one.

import assert from "node:assert/strict";
import { compressSegment } from "../../src/compress-segment.ts";
import { Layout } from "../../src/layout.ts";
import { FAULTS, type Fault, FaultyDisk } from "./faulty-disk.ts";
import { check, create, DATA, entries, FOLDER, LOG, open, seeded } from "./fixture.ts";
import { MemoryDisk } from "./memory-disk.ts";

const layout = new Layout(DATA, LOG);

/** Three segments or so; the first one is sealed. */
export async function logOf(count = 40): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk, segmentBytes: 4000 });
  for (let done = 0; done < count; done += 5) await ledger.append(entries(`e${done}`, 5));
  await ledger.close();
  return disk;
}

export function segmentNames(disk: MemoryDisk): string[] {
  const prefix = `${FOLDER}/segments/`;
  return [...disk.files().keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
}

/**
 * Each `every`th step, from one that depends on the fault. After it no line is missing or changed, one form of each segment is left, also
 * after a power cut, and it can be done again.
 */
export async function compressCrash(fault: Fault, every: number): Promise<void> {
  const calm = new FaultyDisk(await logOf());
  await compressSegment(calm, layout, 0);
  for (let at = 1 + (FAULTS.indexOf(fault as (typeof FAULTS)[number]) % every); at <= calm.steps.length; at += every) {
    const memory = await logOf();
    const disk = new FaultyDisk(memory, { at, fault, random: seeded(at) });
    await assert.rejects(compressSegment(disk, layout, 0));
    disk.kill();
    const ledger = await open({ disk: memory });
    assert.equal(ledger.size, 40);
    assert.equal(check(memory).lines.length, 40);
    await ledger.close();
    memory.powerCut("nothing");
    const again = await open({ disk: memory, compress: "zstd" });
    await again.idle();
    await again.close();
    assert.equal(check(memory).lines.length, 40);
    assert.ok(segmentNames(memory).includes("00000000000000000000.jsonl.zst"));
    assert.ok(!segmentNames(memory).some((name) => name.endsWith(".tmp")), "nothing unfinished is left");
  }
}
