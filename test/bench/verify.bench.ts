// verify.bench.ts: `proofline verify` over a whole log, beside `openssl dgst -sha256` and `sha256sum` over the same bytes, taking turns in one
// run. Seconds of wall clock and of CPU, MB/s, ratios, most memory. The log is made for it, and removed.
//
//   node test/bench/verify.bench.ts [--lines 1000000] [--rounds 3] [--data DIR] [--json FILE]      (after `npm run build`)

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeLargeLog } from "./large-log.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const { values } = parseArgs({
  options: {
    lines: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "3" },
    data: { type: "string", default: tmpdir() },
    json: { type: "string" },
  },
});
const POLL_MS = 20;

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** Runs a program to its end. The shell's own clock counts its CPU time; its memory is what the kernel says was most. */
async function run(words: readonly string[]): Promise<Run> {
  const child = spawn("bash", ["-c", 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>&1', "bash", ...words], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let peakMb = 0;
  const poll = setInterval(() => {
    peakMb = Math.max(peakMb, ...family(child.pid!).map(peakOf));
  }, POLL_MS);
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  const [code] = (await once(child, "close")) as [number];
  clearInterval(poll);
  if (code !== 0) throw new Error(`${words.join(" ")}: exit status ${code}`);
  const [real, user, system] = text.trim().split(" ").map(Number) as [number, number, number];
  return { seconds: real, cpuSeconds: user + system, peakMb };
}

function family(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return children === "" ? [pid] : children.split(" ").flatMap((child) => family(Number(child)));
  } catch {
    return [];
  }
}

function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

const folder = mkdtempSync(join(values.data, "proofline-bench-"));
try {
  const log = writeLargeLog(folder, "bench.example/verify", Number(values.lines));
  const programs = {
    "openssl dgst -sha256": ["openssl", "dgst", "-sha256", ...log.segments],
    sha256sum: ["sha256sum", ...log.segments],
    "proofline verify": [
      process.execPath,
      join(root, "packages/cli/bin/proofline.js"),
      "verify",
      "--data",
      folder,
      "--key",
      log.vkey,
    ],
  };
  const runs = Object.keys(programs).map((name) => ({ name, runs: [] as Run[] }));
  for (let round = 0; round < Number(values.rounds); round++)
    for (const { name, runs: of } of runs) of.push(await run(programs[name as keyof typeof programs]));
  const least = (of: readonly Run[], key: keyof Run) => Math.min(...of.map((one) => one[key]));
  const floor = least(runs[0]!.runs, "seconds");
  const rows = runs.map(({ name, runs: of }) => {
    const seconds = least(of, "seconds");
    return {
      program: name,
      seconds,
      "CPU seconds": Number(least(of, "cpuSeconds").toFixed(2)),
      "MB/s": Math.round(log.bytes / seconds / 1e6),
      "times openssl": Number((seconds / floor).toFixed(2)),
      "peak MB": Math.round(Math.max(...of.map(({ peakMb }) => peakMb))),
    };
  });
  const machine = {
    node: process.version,
    cores: cpus().length,
    cpu: cpus()[0]?.model,
    commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim(),
  };
  console.log(
    `${log.lines} lines, ${(log.bytes / 1e6).toFixed(0)} MB, ${log.segments.length} segments; the best of ${values.rounds} rounds; ` +
      `node ${machine.node}, ${machine.cores} cores of ${machine.cpu}`,
  );
  console.table(rows);
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ machine, lines: log.lines, bytes: log.bytes, runs }, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
