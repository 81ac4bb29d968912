// process-identity.ts: which process is this, and does another one still live? A pid alone does not say: pids are used again, in a
// container at every start. Knows Linux's /proc; elsewhere it falls back to asking whether the pid is taken.

import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Changes with every boot; "" where the system does not tell. */
  readonly boot: string;
  /** When the process started, in the system's own unit; "" where it does not tell. */
  readonly started: string;
  /** Of the pids: a process of another one cannot be asked for by its pid. Absent or "" where the system does not tell. */
  readonly namespace?: string;
}

/** What a lock needs to know of the world. */
export interface Processes {
  readonly self: ProcessIdentity;
  /** When a process of this host started (`ProcessIdentity.started`); undefined when there is none of that pid. */
  startOf(pid: number): string | undefined;
  /** Unique for each call. */
  token(): string;
  /** Tokens of the locks that this process holds. Its own pid in a lock's file does not say so: the pid may have been another's. */
  readonly held: Set<string>;
}

export const nodeProcesses: Processes = {
  self: {
    pid: process.pid,
    host: hostname(),
    boot: readText("/proc/sys/kernel/random/boot_id")?.trim() ?? "",
    started: startOf(process.pid) ?? "",
    namespace: readTarget("/proc/self/ns/pid"),
  },
  startOf,
  token: randomUUID,
  held: new Set(),
};

function startOf(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // Field 22, in clock ticks after boot. The second field is a name in parentheses that may itself hold spaces and parentheses.
  if (stat !== undefined) return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  try {
    process.kill(pid, 0);
    return "";
  } catch (error) {
    // EPERM: it is there, and someone else's.
    return error instanceof Error && "code" in error && error.code === "EPERM" ? "" : undefined;
  }
}

function readTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
