// memory.ts: how much memory a process has really used, as the kernel counted it.

import { existsSync, readFileSync } from "node:fs";

/** False where there is no /proc: then nothing can be said. */
export const canReadMemory: boolean = existsSync("/proc/self/status");

/** Resident megabytes of a process now, and at most since it began. */
export function memoryOf(pid: number): { readonly nowMb: number; readonly peakMb: number } {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const mb = (name: string): number =>
    Math.round((Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024) / 1e6);
  return { nowMb: mb("VmRSS"), peakMb: mb("VmHWM") };
}
