// bench.ts: `proofline bench`: what this disk and this policy allow. Works in a folder of its own beside the logs, which it removes; touches no
// log, opens no port.

import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DecodeError } from "@proofline/receiver";
import { Command } from "commander";
import { type AppendRate, measureAppends, measureSyncs, type SyncTimes } from "../bench/disk.ts";
import { builtInSample, measurePolicy, type PolicyCost } from "../bench/policy.ts";
import type { Console } from "../console.ts";
import { CommandError, EXIT } from "../exit.ts";
import { configOf } from "./serve.ts";

interface BenchOptions {
  readonly config?: string;
  readonly data?: string;
  readonly sample?: string;
  readonly seconds: string;
  readonly json?: boolean;
}

interface Result {
  readonly folder: string;
  readonly sync: SyncTimes;
  readonly append: readonly AppendRate[];
  readonly policy: PolicyCost & { readonly sample: string };
}

/** Shares of the whole time. The rest is for opening and closing. */
const SYNC_SHARE = 0.2;
const APPEND_SHARE = 0.1;
const POLICY_SHARE = 0.2;
/** What the shapes may write in a second, at most, with room to spare. */
const BYTES_A_SECOND = 256 << 20;

export function benchCommand(console: Console): Command {
  return new Command("bench")
    .description("measure what the disk under the data folder and the redaction policy allow")
    .option("--config <file>", "configuration file (YAML): its data folder and its policy")
    .option("--data <dir>", "folder of the logs, whose disk is measured (default: ./proofline-data)")
    .option("--sample <file>", "records to redact: an OTLP export request for logs, JSON (default: built in)")
    .option("--seconds <n>", "how long, 1 to 120", "8")
    .option("--json", "print one object")
    .action((o: BenchOptions) => bench(o, console));
}

async function bench(o: BenchOptions, console: Console): Promise<void> {
  const seconds = /^\d{1,3}$/.test(o.seconds) ? Number(o.seconds) : 0;
  if (seconds < 1 || seconds > 120) throw new CommandError(EXIT.usage, `--seconds: "${o.seconds}" is not a number from 1 to 120`);
  const config = configOf(o, console);
  const sample = o.sample === undefined ? builtInSample() : readFileSync(o.sample);
  const policy = policyOf(sample, o.sample, config.redaction.policy, seconds * 1000 * POLICY_SHARE);
  const folder = mkdtempSync(join(nearest(resolve(config.data)), ".proofline-bench-"));
  // A signal ends the process without `finally`: the folder goes all the same.
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  const end = (): void => process.exit(130);
  process.once("SIGINT", end).once("SIGTERM", end);
  try {
    refuseFullDisk(folder, seconds);
    const sync = await measureSyncs(folder, seconds * 1000 * SYNC_SHARE);
    const append = await measureAppends(folder, seconds * 1000 * APPEND_SHARE);
    const result: Result = { folder: dirname(folder), sync, append, policy };
    await console.out(o.json ? `${JSON.stringify(result)}\n` : formatResult(result));
  } finally {
    process.off("exit", remove).off("SIGINT", end).off("SIGTERM", end);
    remove();
  }
}

function policyOf(
  sample: Uint8Array,
  file: string | undefined,
  policy: Parameters<typeof measurePolicy>[1],
  ms: number,
): Result["policy"] {
  try {
    const cost = measurePolicy(sample, policy, ms);
    if (cost.records > 0) return { ...cost, sample: file ?? "built in" };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new CommandError(EXIT.usage, `--sample: ${file} is not an OTLP export request for logs in JSON: ${error.message}`, {
      cause: error,
    });
  }
  throw new CommandError(EXIT.usage, `--sample: ${file} holds no log records`);
}

/** The folder itself, or what is there of the path to it: a bench makes no data folder. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

function refuseFullDisk(folder: string, seconds: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const needed = seconds * BYTES_A_SECOND * APPEND_SHARE * 5;
  if (bavail * bsize < needed)
    throw new CommandError(
      EXIT.unknown,
      `${dirname(folder)}: ${bavail * bsize} bytes free; a bench of ${seconds} s may write ${needed}. Nothing was written`,
    );
}

function formatResult({ folder, sync, append, policy }: Result): string {
  const rows = append.map(
    ({ batch, callers, recordsPerSecond, ackP50Ms, ackP99Ms }) =>
      `  ${String(batch).padStart(5)} ${String(callers).padStart(8)} ${count(recordsPerSecond).padStart(12)} ${ms(ackP50Ms).padStart(10)} ${ms(ackP99Ms).padStart(10)}`,
  );
  const best = append.reduce((a, b) => (b.recordsPerSecond > a.recordsPerSecond ? b : a));
  const lone = append[0]!;
  const preparing = policy.decodeUs + policy.redactUs + policy.formatUs;
  return [
    `disk       ${folder}`,
    `sync       ${ms(sync.p50Ms)} p50, ${ms(sync.p99Ms)} p99   (${sync.syncs} writes of 4 KiB, each on the medium)`,
    "",
    "  batch  callers    records/s    ack p50    ack p99",
    ...rows,
    "",
    `policy     ${policy.records} records (${policy.sample}), ${policy.bytesPerRecord} bytes each, ${policy.redactions} redactions`,
    `           decode ${policy.decodeUs} µs, redact ${policy.redactUs} µs, spell ${policy.formatUs} µs a record, on one thread`,
    "",
    `This disk syncs in ${ms(sync.p50Ms)}: a caller that sends one record and waits gets ${count(lone.recordsPerSecond)} a second.`,
    `At ${best.batch} a batch and ${best.callers} at once the ledger takes ${count(best.recordsPerSecond)} a second; this policy lets one thread prepare ${count(1e6 / preparing)}.`,
    best.recordsPerSecond * preparing > 1e6
      ? "The policy is what limits here, not the disk: more processors help."
      : "The disk is what limits here, not the policy: larger batches, or a faster disk, help.",
    "",
  ].join("\n");
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
