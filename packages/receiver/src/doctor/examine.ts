// examine.ts: looks at a configuration and a data folder as an operator would before a bad day. Changes nothing but a file of its own, which it
// removes; opens no log and takes no lock, so that it can be run beside a service.

import type { Config } from "../config/config.ts";
import { exposures } from "../server/exposure.ts";
import { examineDisk } from "./disk.ts";
import { examineFiles } from "./files.ts";
import { examineLog } from "./log.ts";
import { examineLoki } from "./loki.ts";
import { examinePorts } from "./ports.ts";
import { examineTls } from "./tls.ts";

/** `fine`; `hurts`: it will, some day; `unknown`: it could not be looked at. */
export type Level = "fine" | "hurts" | "unknown";

export interface Advice {
  /** What was looked at: `disk.free`, `loki.max_line_size`. */
  readonly check: string;
  readonly level: Level;
  /** What was found, in a sentence; no secret. */
  readonly found: string;
  /** What to do, when something is to be done. */
  readonly todo?: string;
}

export interface DoctorReport {
  readonly level: Level;
  readonly advice: readonly Advice[];
}

export interface DoctorWorld {
  readonly fetch: typeof fetch;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
  /** Milliseconds of a clock that never steps. */
  readonly elapsedMs: () => number;
  /** Bytes that this process may use; 0 when there is no limit. */
  readonly memoryLimitBytes: () => number;
}

const realWorld: DoctorWorld = {
  fetch: (...request) => fetch(...request),
  nowMs: Date.now,
  elapsedMs: () => performance.now(),
  memoryLimitBytes: () => process.constrainedMemory(),
};

/** Never rejects. What hurts counts for more than what is unknown. */
export async function examine(config: Config, world: Partial<DoctorWorld> = {}): Promise<DoctorReport> {
  const w = { ...realWorld, ...world };
  const advice: Advice[] = [];
  // The log first: whether a service runs decides what its ports mean.
  const log = await guarded("log", () => examineLog(config, w));
  advice.push(...log.advice);
  const parts: [string, () => Promise<Advice[]>][] = [
    ["disk", () => examineDisk(config, w)],
    ["files", () => examineFiles(config)],
    ["tls", () => examineTls(config, w)],
    ["ports", () => examinePorts(config, log.isWritten)],
    ["loki", () => examineLoki(config, w)],
    ["memory", async () => examineMemory(config, w)],
    ["exposure", async () => examineExposure(config)],
  ];
  for (const [check, look] of parts) advice.push(...(await guarded(check, async () => ({ advice: await look() }))).advice);
  const has = (level: Level): boolean => advice.some((one) => one.level === level);
  return { level: has("hurts") ? "hurts" : has("unknown") ? "unknown" : "fine", advice };
}

/** A look that fails is itself a finding, and keeps no other from being made. */
async function guarded<T extends { readonly advice: readonly Advice[]; readonly isWritten?: boolean }>(
  check: string,
  look: () => Promise<T>,
): Promise<{ readonly advice: readonly Advice[]; readonly isWritten: boolean }> {
  try {
    const { advice, isWritten = false } = await look();
    return { advice, isWritten };
  } catch (error) {
    const found = `could not be looked at: ${error instanceof Error ? error.message : String(error)}`;
    return { advice: [{ check, level: "unknown", found }], isWritten: false };
  }
}

/** Bodies, their inflated forms and their records live at the same time. */
const MEMORY_FOR_EACH_INFLIGHT_BYTE = 2;

function examineMemory({ otlp }: Config, { memoryLimitBytes }: DoctorWorld): Advice[] {
  const limit = memoryLimitBytes();
  if (limit === 0) return [];
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  const needed = otlp.maxInflightBytes * MEMORY_FOR_EACH_INFLIGHT_BYTE;
  const found = `${mib(limit)} allowed to the process, requests under way may take ${mib(otlp.maxInflightBytes)}`;
  if (limit >= needed) return [{ check: "memory", level: "fine", found }];
  return [
    {
      check: "memory",
      level: "hurts",
      found,
      todo: `lower otlp.max_inflight_bytes, or allow ${mib(needed)}: a process that is killed serves nobody`,
    },
  ];
}

function examineExposure(config: Config): Advice[] {
  const found = exposures(config);
  if (found.length === 0)
    return [{ check: "exposure", level: "fine", found: "no listener is open to other machines without TLS and writers" }];
  return found.map((sentence) => {
    const [what = sentence, todo = ""] = sentence.split("; ", 2);
    return { check: "exposure", level: "hurts", found: what, todo };
  });
}
