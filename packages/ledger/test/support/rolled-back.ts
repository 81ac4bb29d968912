// rolled-back.ts: a log that was put back from a backup, and the crash tables of the two ways on from there.

import assert from "node:assert/strict";
import { type Actor, acceptRollback, restoreLines } from "../../src/index.ts";
import { Layout } from "../../src/layout.ts";
import type { Processes } from "../../src/process-identity.ts";
import { FAULTS, type Fault, FaultyDisk } from "./faulty-disk.ts";
import { check, create, DATA, entries, FOLDER, LOG, open, START_NS, seeded, signer } from "./fixture.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { FakeHost } from "./processes.ts";

const layout = new Layout(DATA, LOG);
export const LOST: number = 700;
export const ACTOR: Actor = { type: "user", id: "ann" };

/** A log of 300 lines, put back from a backup after it had 700, of which a sink had 650. */
export async function rolledBack(
  o: { wholeFolder?: boolean } = {},
): Promise<{ disk: MemoryDisk; lines: Uint8Array[]; note: string }> {
  const disk = new MemoryDisk();
  await create(disk);
  let ledger = await open({ disk, segmentBytes: 30_000 });
  for (let i = 0; i < 3; i++) await ledger.append(entries(`old${i}`, 100));
  await ledger.close();
  const backup = new Map([...disk.files()].map(([path, file]) => [path, file.contents()]));
  ledger = await open({ disk, segmentBytes: 30_000 });
  for (let i = 0; i < 4; i++) await ledger.append(entries(`new${i}`, 100));
  await (await ledger.openCursor("loki")).save(650);
  await ledger.close();
  const lines: Uint8Array[] = [];
  while (lines.length < LOST) {
    const read = await ledger.read(lines.length, { maxBytes: 1 << 20, maxLines: 1000 });
    for (const { line } of read) lines.push(Uint8Array.from(line));
  }
  const note = ledger.checkpoint.note;
  for (const [path, file] of disk.files()) {
    const older = backup.get(path);
    const isKept = !o.wholeFolder && (path.endsWith("/checkpoint") || path.includes("/tile/") || path.includes("/cursors/"));
    if (isKept) continue;
    if (older === undefined) await disk.unlink(path);
    else {
      file.truncate(0);
      file.write(older, 0);
      file.sync();
    }
  }
  if (o.wholeFolder) {
    for (const [path, bytes] of backup) {
      if (disk.file(path) !== undefined || path.endsWith("/lock")) continue;
      await disk.makeDirectory(path.slice(0, path.lastIndexOf("/")));
      const file = await disk.open(path, "replace");
      await file.write(bytes, 0);
      await file.datasync();
    }
  }
  for (const directory of ["", "/segments", "/tile", "/tile/0", "/tile/1", "/cursors"])
    await disk.syncDirectory(FOLDER + directory).catch(() => {});
  return { disk, lines, note };
}

export function processes(): Processes {
  return new FakeHost().start();
}

export async function* from(lines: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* lines;
}

/** Each `every`th step, from one that depends on the fault. After it: still refused, or the log says what was done, once. */
export async function acceptCrash(fault: Fault, every: number): Promise<void> {
  const o = { data: DATA, log: LOG, signer, because: "x", actor: ACTOR, now: () => START_NS };
  const calm = new FaultyDisk((await rolledBack()).disk);
  await acceptRollback({ ...o, disk: calm, processes: processes() });
  for (let at = 1 + (FAULTS.indexOf(fault as (typeof FAULTS)[number]) % every); at <= calm.steps.length; at += every) {
    const { disk } = await rolledBack();
    const faulty = new FaultyDisk(disk, { at, fault, random: seeded(at) });
    await acceptRollback({ ...o, disk: faulty, processes: processes() }).catch(() => {});
    faulty.kill();
    const ledger = await open({ disk }).catch(async (error: { code?: string }) => {
      assert.equal(error.code, "ROLLED_BACK");
      await acceptRollback({ ...o, disk, processes: processes() });
      return await open({ disk });
    });
    await ledger.close();
    const told = check(disk).lines.filter(({ event }) => event === "proofline.log.rollback_accepted");
    assert.equal(told.length, 1, `step ${at}`);
    assert.equal(disk.file(layout.rollback), undefined);
  }
}

/** As acceptCrash. After it: refused as before, or whole. */
export async function restoreCrash(fault: Fault, every: number): Promise<void> {
  const o = { data: DATA, log: LOG, key: signer };
  const { lines } = await rolledBack();
  const calm = new FaultyDisk((await rolledBack()).disk);
  await restoreLines({ ...o, disk: calm, processes: processes(), lines: () => from(lines) });
  for (let at = 1 + (FAULTS.indexOf(fault as (typeof FAULTS)[number]) % every); at <= calm.steps.length; at += every) {
    const { disk } = await rolledBack();
    const faulty = new FaultyDisk(disk, { at, fault, random: seeded(at) });
    await restoreLines({ ...o, disk: faulty, processes: processes(), lines: () => from(lines) }).catch(() => {});
    faulty.kill();
    const ledger = await open({ disk }).catch(async (error: { code?: string }) => {
      assert.equal(error.code, "ROLLED_BACK", `step ${at}`);
      await restoreLines({ ...o, disk, processes: processes(), lines: () => from(lines) });
      return await open({ disk });
    });
    await ledger.close();
    assert.equal(check(disk).lines.length, LOST);
  }
}
