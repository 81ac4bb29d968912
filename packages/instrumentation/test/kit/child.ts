// child.ts: child processes for tests: started, watched, ended.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "./fixture.ts";

const here = dirname(fileURLToPath(import.meta.url));
export const packageFolder = join(here, "../..");

export interface Child {
  readonly process: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  /** Whole lines on stdout so far. */
  readonly lines: () => string[];
  /** Resolves with exit code and signal. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface ChildOptions {
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** Default: our source; none: what is built. */
  readonly conditions?: readonly string[];
  /** No file of the child's grows beyond so many blocks of 512 bytes: to it, the disk is full. */
  readonly fileBlocks?: number;
}

/** With nothing of this process's OTEL_ or PROOFLINE_ settings. */
export function startChild(t: TestContext, { args, env, conditions = ["@proofline/source"], fileBlocks }: ChildOptions): Child {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OTEL_|PROOFLINE_|NODE_TEST)/.test(name)));
  const words = [process.execPath, ...conditions.map((name) => `--conditions=${name}`), ...args];
  const limited = ["/bin/sh", "-c", `ulimit -f ${fileBlocks}; exec "$0" "$@"`, ...words];
  const [command, ...rest] = fileBlocks === undefined ? words : limited;
  const child = spawn(command!, rest, {
    cwd: packageFolder,
    env: { ...clean, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal }));
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { process: child, out: () => out, err: () => err, lines: () => out.split("\n").slice(0, -1), ended };
}

/** Waits for a line on stdout that matches, and returns the match. */
export async function lineOf(child: Child, pattern: RegExp): Promise<RegExpExecArray> {
  let found: RegExpExecArray | null = null;
  await until(() => {
    found = pattern.exec(child.out());
    return found !== null || child.process.exitCode !== null;
  });
  if (found === null) throw new Error(`ended without ${pattern}; stderr:\n${child.err()}`);
  return found;
}
