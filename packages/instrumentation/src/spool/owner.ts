// owner.ts: whose a spool's folder is, and whether its owner is still there. The owner stands in the folder's name, so taking a
// folder over is one rename, which only one process can win.

import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { isThreadGone, thisThread } from "./threads.ts";

/** A process, told apart from any later one with the same number. Each part is of [0-9a-z]. */
export interface Owner {
  readonly pid: number;
  /** When it started, in the kernel's ticks since boot; "0" where the system does not say. */
  readonly start: string;
  /** Host and process namespace: only within one can a process be asked for. */
  readonly host: string;
  /** This run of the kernel; "0" where the system does not say. */
  readonly boot: string;
  /** 0: the main thread. */
  readonly thread: number;
}

/** A folder whose owner says nothing for this long is taken for dead when nothing better can be known. */
export const SILENT_AFTER_MS: number = 2 * 60_000;
/** How often an owner says that it is alive. */
export const HEARTBEAT_MS = 20_000;

export function thisProcess(): Owner {
  const namespace = attempt(() => readlinkSync("/proc/self/ns/pid"), "");
  const boot = attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(), "");
  return {
    pid: process.pid,
    start: startOf(process.pid),
    host: short(`${hostname()}|${namespace}`),
    boot: boot && short(boot),
    thread: thisThread,
  };
}

/** `<stream>.<pid>.<start>.<host>.<boot>`, of a worker thread with `.t<thread>` behind it; or `<stream>.free` when its owner has left it in order. */
export function folderName(stream: string, owner: Owner | "free"): string {
  if (owner === "free") return `${stream}.free`;
  const thread = owner.thread === 0 ? "" : `.t${owner.thread}`;
  return `${stream}.${owner.pid}.${owner.start}.${owner.host}.${owner.boot || "0"}${thread}`;
}

export function parseFolderName(name: string): { stream: string; owner: Owner | "free" } | undefined {
  const free = /^([0-9A-Z]{26})\.free$/.exec(name);
  if (free) return { stream: free[1]!, owner: "free" };
  const owned = /^([0-9A-Z]{26})\.([1-9][0-9]{0,9})\.([0-9]+)\.([0-9a-f]+)\.([0-9a-f]+)(?:\.t([1-9][0-9]{0,9}))?$/.exec(name);
  if (!owned) return undefined;
  const [, stream, pid, start, host, boot, thread = "0"] = owned;
  return { stream: stream!, owner: { pid: Number(pid), start: start!, host: host!, boot: boot!, thread: Number(thread) } };
}

/**
 * @param silentMs for how long the owner has given no sign of life
 * @param startNow start of whatever process has that number now: undefined when there is none
 */
export function isGone(
  owner: Owner | "free",
  me: Owner,
  silentMs: number,
  startNow: (pid: number) => string | undefined,
  threadGone: (thread: number) => boolean = isThreadGone,
): boolean {
  if (owner === "free") return true;
  if (owner.host !== me.host) return silentMs > SILENT_AFTER_MS;
  if (owner.boot !== (me.boot || "0")) return true;
  const start = startNow(owner.pid);
  if (start === undefined) return true;
  if (start === "0" || owner.start === "0") return silentMs > SILENT_AFTER_MS;
  if (start !== owner.start) return true;
  // The process lives; of its threads only the main one is sure to live as long.
  if (owner.thread === 0) return false;
  return (owner.pid === me.pid && threadGone(owner.thread)) || silentMs > SILENT_AFTER_MS;
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
