// owner.ts: whose a spool's folder is, and whether its owner is still there. The owner stands in the folder's name, so taking a
// folder over is one rename, which only one process can win.

import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A process, told apart from any later one with the same number. Each part is of [0-9a-z]. */
export interface Owner {
  readonly pid: number;
  /** When it started, in the kernel's ticks since boot; "0" where the system does not say. */
  readonly start: string;
  /** Host and process namespace: only within one can a process be asked for. */
  readonly host: string;
  /** This run of the kernel; "0" where the system does not say. */
  readonly boot: string;
}

/** A folder whose owner says nothing for this long is taken for dead when nothing better can be known. */
export const SILENT_AFTER_MS: number = 5 * 60_000;
/** How often an owner says that it is alive. */
export const HEARTBEAT_MS = 20_000;

export function thisProcess(): Owner {
  const namespace = attempt(() => readlinkSync("/proc/self/ns/pid"), "");
  const boot = attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(), "");
  return { pid: process.pid, start: startOf(process.pid), host: short(`${hostname()}|${namespace}`), boot: boot && short(boot) };
}

/** `<stream>.<pid>.<start>.<host>.<boot>`, or `<stream>.free` when its owner has left it in order. */
export function folderName(stream: string, owner: Owner | "free"): string {
  if (owner === "free") return `${stream}.free`;
  return `${stream}.${owner.pid}.${owner.start}.${owner.host}.${owner.boot || "0"}`;
}

export function parseFolderName(name: string): { stream: string; owner: Owner | "free" } | undefined {
  const free = /^([0-9A-Z]{26})\.free$/.exec(name);
  if (free) return { stream: free[1]!, owner: "free" };
  const owned = /^([0-9A-Z]{26})\.([1-9][0-9]{0,9})\.([0-9]+)\.([0-9a-f]+)\.([0-9a-f]+)$/.exec(name);
  if (!owned) return undefined;
  const [, stream, pid, start, host, boot] = owned;
  return { stream: stream!, owner: { pid: Number(pid), start: start!, host: host!, boot: boot! } };
}

/**
 * @param silentMs time since the owner's last heartbeat
 * @param startNow start of whatever process has that number now: undefined when there is none
 */
export function isGone(
  owner: Owner | "free",
  me: Owner,
  silentMs: number,
  startNow: (pid: number) => string | undefined,
): boolean {
  if (owner === "free") return true;
  if (owner.host !== me.host) return silentMs > SILENT_AFTER_MS;
  if (owner.boot !== (me.boot || "0")) return true;
  const start = startNow(owner.pid);
  if (start === undefined) return true;
  if (start === "0" || owner.start === "0") return silentMs > SILENT_AFTER_MS;
  return start !== owner.start;
}

/** When the process with this number started, "0" when that cannot be told, undefined when there is none. */
export function runningSince(pid: number): string | undefined {
  const start = startOf(pid);
  if (start !== "0") return start;
  try {
    process.kill(pid, 0);
    return "0";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? "0" : undefined;
  }
}

function startOf(pid: number): string {
  // Field 22 of /proc/PID/stat; the name in field 2 may itself hold blanks and brackets. A zombie ("Z") runs no more.
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "latin1"), "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return "0";
  return fields[19] ?? "0";
}

function short(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
