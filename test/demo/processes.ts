// processes.ts: starts and ends the demo's processes. Everything listens on loopback, and is ended by its own id.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const root: string = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const command = join(root, "packages/cli/dist/main.js");

export interface Started {
  readonly child: ChildProcess;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<void>;
}

/**
 * Starts a process and waits for the first line on its standard output that `ready` matches.
 * @returns the process and the match
 * @throws when it ends before, with what it wrote to standard error
 */
export async function start(
  args: string[],
  env: Record<string, string>,
  ready: RegExp,
): Promise<Started & { match: RegExpExecArray }> {
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  const lines = createInterface({ input: child.stdout });
  const match = await new Promise<RegExpExecArray>((found, failed) => {
    lines.on("line", (line) => {
      const hit = ready.exec(line);
      if (hit !== null) found(hit);
    });
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`${args.join(" ")} ended with ${code} before it was ready:\n${errors}`)));
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  };
  return { child, match, stop };
}

/** Runs the `proofline` command to its end. Never throws for an exit status. */
export function proofline(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return run(process.execPath, [command, ...args]);
}

export function serve(args: string[]): Promise<Started & { match: RegExpExecArray }> {
  return start([command, "serve", ...args], {}, /^receiver\s+http (\S+) · grpc (\S+)/);
}

export function run(
  file: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    execFile(file, args, { cwd: root, env: { ...process.env, ...env }, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      done({ status: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr });
    });
  });
}

/** The address with the wanted port, or with port 0 (any free one) when somebody else has it. */
export async function freeAddress(port: number): Promise<string> {
  const probe = createServer();
  try {
    probe.listen(port, "127.0.0.1");
    await once(probe, "listening");
    return `127.0.0.1:${port}`;
  } catch {
    return "127.0.0.1:0";
  } finally {
    probe.close();
  }
}
