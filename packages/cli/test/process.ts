// process.ts: the command as a process of its own, started from source; ended with its test.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

export interface Running {
  readonly child: ChildProcess;
  /** Everything on standard output so far, and on standard error. */
  readonly out: () => string;
  readonly error: () => string;
  /** Resolves when standard output matches; rejects when the process ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export function start(t: TestContext, words: readonly string[], environment: NodeJS.ProcessEnv = {}): Running {
  return started(t, process.execPath, ["--conditions=@proofline/source", main, ...words], environment);
}

export function started(t: TestContext, program: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(program, words, { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  const texts = { out: "", error: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (texts.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (texts.error += text));
  const ended = once(child, "close").then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
  }));
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    child,
    out: () => texts.out,
    error: () => texts.error,
    ended,
    until: async (pattern) => {
      for (;;) {
        const match = pattern.exec(texts.out);
        if (match !== null) return match;
        const end = await Promise.race([once(child.stdout, "data").then(() => undefined), ended]);
        if (end !== undefined && pattern.exec(texts.out) === null)
          throw new Error(`ended with ${end.code}: ${texts.out}${texts.error}`);
      }
    },
  };
}
