// disk.ts: room on the disk, and how long it takes until the disk says that bytes are safe.

import { open, stat, statfs, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import type { Advice, DoctorWorld } from "./examine.ts";

const SYNCS = 15;
const SYNC_BYTES = 4096;
/** Above this, every acknowledgement is late: each waits for one sync at least. */
const SLOW_SYNC_MS = 50;
const FEW_INODES = 10_000;
const GIB = 2 ** 30;
/** Of statfs: what is in memory only. */
const MEMORY_FILE_SYSTEMS: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

export async function examineDisk(config: Config, world: Pick<DoctorWorld, "elapsedMs">): Promise<Advice[]> {
  const folder = await existing(resolve(config.data));
  const { bavail, bsize, ffree, files, type } = await statfs(folder);
  return [
    room(config, bavail * bsize, folder),
    ...(files > 0 && ffree < FEW_INODES
      ? [
          hurts(
            "disk.inodes",
            `${ffree} files can still be made on the disk of ${folder}`,
            "remove small files, or give the logs a disk of their own",
          ),
        ]
      : []),
    ...(MEMORY_FILE_SYSTEMS.has(type)
      ? [hurts("disk.kind", `${folder} is in memory: a reboot takes the log with it`, "set data to a folder on a disk")]
      : []),
    await syncTime(folder, world),
  ];
}

/** Two segments more than the reserve is hours on a quiet log and minutes on a busy one. */
function room({ disk, segments }: Config, free: number, folder: string): Advice {
  const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;
  const found = `${gib(free)} free on the disk of ${folder}; below ${gib(disk.minFreeBytes)} requests are refused`;
  if (free < disk.minFreeBytes) return hurts("disk.free", found, "make room now: nothing is accepted");
  if (free < disk.minFreeBytes + Math.max(2 * segments.bytes, GIB))
    return hurts("disk.free", found, "make room, or move sealed segments away");
  return { check: "disk.free", level: "fine", found };
}

async function syncTime(folder: string, { elapsedMs }: Pick<DoctorWorld, "elapsedMs">): Promise<Advice> {
  const path = join(folder, `.proofline-doctor-${process.pid}`);
  const check = "disk.sync";
  const timesMs: number[] = [];
  try {
    const file = await open(path, "wx", 0o600);
    try {
      for (let i = 0; i < SYNCS; i++) {
        await file.write(Buffer.alloc(SYNC_BYTES, i), 0, SYNC_BYTES, i * SYNC_BYTES);
        const startedMs = elapsedMs();
        await file.datasync();
        timesMs.push(elapsedMs() - startedMs);
      }
    } finally {
      await file.close();
      await unlink(path);
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return hurts(
      check,
      `${folder} cannot be written (${code})`,
      "let the service's user write there, on a disk that is mounted to be written",
    );
  }
  timesMs.sort((a, b) => a - b);
  const ms = (time: number): string => `${time.toFixed(time < 10 ? 2 : 0)} ms`;
  const median = timesMs[SYNCS >> 1]!;
  const found = `a sync of 4 KiB in ${folder} takes ${ms(median)}, at most ${ms(timesMs.at(-1)!)} (${SYNCS} tries)`;
  if (median <= SLOW_SYNC_MS) return { check, level: "fine", found };
  return hurts(check, found, "use a faster disk: no record is acknowledged before its sync");
}

async function existing(folder: string): Promise<string> {
  try {
    if ((await stat(folder)).isDirectory()) return folder;
  } catch {
    // The start will make it, in the nearest folder that is there.
  }
  return dirname(folder) === folder ? folder : existing(dirname(folder));
}

function hurts(check: string, found: string, todo: string): Advice {
  return { check, level: "hurts", found, todo };
}
