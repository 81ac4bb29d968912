// process.ts: child processes that do not outlive their test: each is ended by its own id, at the latest when this process ends.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";

export interface RunningProcess {
  readonly pid: number | undefined;
  /** The exit code; -1 after a signal, or when it could not be started. */
  readonly exited: Promise<number>;
  readonly ended: boolean;
  /** What it has written to both streams, the last 256 KiB. */
  output(): string;
  /** Standard output alone, the last 256 KiB. */
  stdout(): string;
  /** Ends it and waits: the signal (SIGTERM), and SIGKILL when it has not ended after 10 s. Twice is fine. */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

const KEPT_CHARS = 256 * 1024;
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

export function spawnProcess(
  command: string,
  args: readonly string[],
  o: { cwd?: string; env?: NodeJS.ProcessEnv },
): RunningProcess {
  const child = spawn(command, args, {
    ...(o.cwd === undefined ? {} : { cwd: o.cwd }),
    env: { ...process.env, ...o.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let both = "";
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out = (out + text).slice(-KEPT_CHARS);
    both = (both + text).slice(-KEPT_CHARS);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    both = (both + text).slice(-KEPT_CHARS);
  });
  let ended = false;
  const exited = new Promise<number>((resolve) => {
    const end = (code: number | null): void => {
      ended = true;
      running.delete(child);
      resolve(code ?? -1);
    };
    child.once("error", (error) => {
      both += error.message;
      end(-1);
    });
    child.once("close", end);
  });
  return {
    pid: child.pid,
    exited,
    get ended() {
      return ended;
    },
    output: () => both,
    stdout: () => out,
    async stop(signal = "SIGTERM") {
      if (ended) return exited;
      child.kill(signal);
      const hard = setTimeout(() => child.kill("SIGKILL"), 10_000);
      const code = await exited;
      clearTimeout(hard);
      return code;
    },
  };
}

/** Runs a program to its end. Never rejects: a program that is not there has the code -1. */
export async function run(
  command: string,
  args: readonly string[],
  o: { cwd?: string; env?: NodeJS.ProcessEnv; timeoutMs?: number } = {},
): Promise<{ code: number; output: string; stdout: string }> {
  const child = spawnProcess(command, args, o);
  const timeout = setTimeout(() => void child.stop("SIGKILL"), o.timeoutMs ?? 120_000);
  const code = await child.exited;
  clearTimeout(timeout);
  return { code, output: child.output(), stdout: child.stdout() };
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await once(server, "listening");
    ports.push((server.address() as AddressInfo).port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/**
 * Asks again until the answer is something.
 * @throws {Error} that names what was waited for, after `timeoutMs`
 */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether GET answers 200; undefined when not, as {@link waitFor} wants it. */
export async function answersOk(url: string): Promise<true | undefined> {
  return fetch(url).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status === 200 ? true : undefined;
    },
    () => undefined,
  );
}
