// faulty-disk.ts: a disk on which the Nth step goes wrong, in one of the ways in which steps go wrong. Counts every step that a process
// can notice or that changes anything: opens, writes, syncs, renames, links, truncations, removals, modes.

import type { Disk, DiskFile } from "../../src/disk.ts";
import { type MemoryDisk, systemError } from "./memory-disk.ts";

/**
 * | fault | the step | the process | what was not synced |
 * |---|---|---|---|
 * | `fails` | fails, nothing is kept; a failed sync leaves its pages "clean" | goes on | stays visible |
 * | `fails-kept` | is done, and fails | goes on | stays visible |
 * | `short` | a write is done by half and fails, any other step fails | goes on | stays visible |
 * | `dies` | is done | is killed after it | stays visible |
 * | `dies-torn` | a write is done by half, any other step not at all | is killed in it | stays visible |
 * | `power-lost` | is done | power cut after it | is lost |
 * | `power-torn` | is done | power cut after it | is kept in part, at random |
 */
export const FAULTS = ["fails", "fails-kept", "dies", "dies-torn", "power-lost", "power-torn"] as const;
export type Fault = (typeof FAULTS)[number] | "short";

export interface Plan {
  /** Steps are counted from 1. */
  readonly at: number;
  readonly fault: Fault;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** What a step that fails says; EIO by default. */
  readonly code?: string;
}

interface Step {
  readonly verb: string;
  readonly path: string;
}

export class FaultyDisk implements Disk {
  readonly disk: MemoryDisk;
  readonly steps: Step[] = [];
  /** May be set later, for a step to come. */
  plan: Plan | undefined;
  #dead = false;

  constructor(disk: MemoryDisk, plan?: Plan) {
    this.disk = disk;
    this.plan = plan;
  }

  /** Whether the process that used this disk was killed by the fault. */
  get isDead(): boolean {
    return this.#dead;
  }

  get hasStruck(): boolean {
    return this.plan !== undefined && this.steps.length >= this.plan.at;
  }

  /** The process that uses this disk is gone: none of its steps has any effect any more. */
  kill(): void {
    this.#dead = true;
  }

  open: Disk["open"] = async (path, mode, permissions) =>
    this.#wrap(await this.#step(`open:${mode}`, path, () => this.disk.open(path, mode, permissions)), path);
  readFile: Disk["readFile"] = (path) => this.#alive(path, () => this.disk.readFile(path));
  list: Disk["list"] = (path) => this.#alive(path, () => this.disk.list(path));
  rename: Disk["rename"] = (from, to) => this.#step("rename", to, () => this.disk.rename(from, to));
  link: Disk["link"] = (from, to) => this.#step("link", to, () => this.disk.link(from, to));
  unlink: Disk["unlink"] = (path) => this.#step("unlink", path, () => this.disk.unlink(path));
  makeDirectory: Disk["makeDirectory"] = (path) => this.#step("makeDirectory", path, () => this.disk.makeDirectory(path));
  removeDirectory: Disk["removeDirectory"] = (path) => this.#step("removeDirectory", path, () => this.disk.removeDirectory(path));
  changeMode: Disk["changeMode"] = (path, mode) => this.#step("changeMode", path, () => this.disk.changeMode(path, mode));
  syncDirectory: Disk["syncDirectory"] = (path) => this.#step("syncDirectory", path, () => this.disk.syncDirectory(path));
  freeBytes: Disk["freeBytes"] = () => this.disk.freeBytes();

  #wrap(file: DiskFile, path: string): DiskFile {
    return {
      read: (into, position) => this.#alive(path, () => file.read(into, position)),
      size: () => this.#alive(path, () => file.size()),
      close: () => file.close(),
      truncate: (bytes) => this.#step("truncate", path, () => file.truncate(bytes)),
      write: (bytes, position) =>
        this.#step(
          "write",
          path,
          () => file.write(bytes, position),
          () => file.write(bytes.subarray(0, Math.floor(bytes.length * this.plan!.random())), position),
        ),
      datasync: () =>
        this.#step(
          "datasync",
          path,
          () => file.datasync(),
          async () => {},
          async () => {
            const memory = this.disk.file(path);
            memory?.loseSync(memory.syncedLength());
          },
        ),
    };
  }

  async #alive<T>(path: string, read: () => Promise<T>): Promise<T> {
    if (this.#dead) throw systemError("EKILLED", path);
    return await read();
  }

  async #step<T>(
    verb: string,
    path: string,
    apply: () => Promise<T>,
    torn: () => Promise<void> = async () => {},
    fail: () => Promise<void> = async () => {},
  ): Promise<T> {
    if (this.#dead) throw systemError("EKILLED", path);
    this.steps.push({ verb, path });
    if (this.steps.length !== this.plan?.at) return await apply();
    const { fault, random, code = "EIO" } = this.plan;
    // In one turn of the event loop, as far as the killed process can tell.
    this.#dead = fault !== "fails" && fault !== "fails-kept" && fault !== "short";
    if (fault === "fails") await fail();
    else if (fault === "dies-torn" || fault === "short") await torn();
    else await apply();
    if (fault === "power-lost") this.disk.powerCut("nothing");
    if (fault === "power-torn") this.disk.powerCut({ random });
    throw systemError(this.#dead ? "EKILLED" : code, path);
  }
}
