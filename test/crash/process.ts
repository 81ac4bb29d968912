// process.ts: starts one of our own processes from its source, and ends it by its handle.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Spawned {
  readonly child: ChildProcess;
  /** What it has written to standard error, for a failure's message. */
  readonly errors: () => string;
  /** Resolves with the exit code; undefined after a signal. */
  readonly exited: Promise<number | undefined>;
}

/** @param file relative to this one */
export function spawnSource(file: string, args: readonly string[], environment: Record<string, string> = {}): Spawned {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@proofline/source", path, ...args], {
    env: { ...process.env, ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-10_000);
  });
  const exited = once(child, "exit").then(([code]) => (code as number | null) ?? undefined);
  return { child, errors: () => errors, exited };
}

export async function killProcess({ child, exited }: Spawned): Promise<void> {
  child.kill("SIGKILL");
  await exited;
}
