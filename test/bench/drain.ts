// drain.ts: how fast a backlog leaves the ledger: makes a log of many lines, then drains it through a sink into a store in another process,
// which looks that every line comes, in order. Prints one JSON object: lines a second, CPU of this process (ledger's reads and sink) for a
// line, and its peak memory.
//
//   npx node --conditions=@proofline/source test/bench/drain.ts [--lines 1000000] [--sink loki|otlp] [--dir DIR]
//
// A line takes about 1.1 kB on the disk. To see where the time goes: add --cpu-prof before the file's name.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { emptyRecord, formatTail } from "@proofline/event";
import { createLog, type Ledger, openLedger } from "@proofline/ledger";
import { startLokiSink } from "@proofline/receiver/loki";
import { startOtlpSink } from "@proofline/receiver/otlp-sink";
import { generateSigner } from "@proofline/tlog";

const { values: o } = parseArgs({
  options: {
    lines: { type: "string", default: "1000000" },
    sink: { type: "string", default: "loki" },
    dir: { type: "string", default: tmpdir() },
  },
});
const count = Number(o.lines);
const CALL = 2_000;

/** An audit record of some 850 bytes: what a service of ours sends. */
function tailOf(i: number): { id: string; tail: string } {
  const record = emptyRecord();
  record.id = `01JD${String(i).padStart(22, "0")}`;
  record.event = "invoice.approved";
  record.time = 1_763_719_200_000_000_000n + BigInt(i);
  record.traceId = "5b8aa5a2d2c872e8321cf37308d69df2";
  record.spanId = "051581bf3cb55c13";
  record.severity = 9;
  record.attributes = new Map<string, string>([
    ["audit.actor.id", `user-${i % 1000}`],
    ["audit.actor.type", "user"],
    ["audit.action", "APPROVE"],
    ["audit.outcome", "success"],
    ["audit.target.id", `invoice-${i}`],
    ["audit.target.type", "invoice"],
    ["audit.source.id", "10.1.2.3"],
    ["proofline.workflow.id", `wf-${i >> 4}`],
    ["http.request.method", "POST"],
    ["note", "approved after the second look, see the ticket and its comments; nothing else to say about it here"],
  ]);
  record.body = "The invoice was approved.";
  record.producer = { stream: "0d9e4c2a-run", number: i + 1 };
  return { id: record.id, tail: formatTail(record) };
}

async function fill(ledger: Ledger): Promise<void> {
  const waiting: Promise<unknown>[] = [];
  for (let i = 0; i < count; i += CALL) {
    const entries = Array.from({ length: Math.min(CALL, count - i) }, (_, at) => tailOf(i + at));
    waiting.push(ledger.append(entries));
    if (waiting.length >= 8) await waiting.shift();
  }
  await Promise.all(waiting);
}

const log = "bench.example.com/drain";
const { signer } = generateSigner(log);
const data = await mkdtemp(join(o.dir, "proofline-drain-"));
const store = spawn(
  process.execPath,
  [...process.execArgv.filter((word) => !word.startsWith("--cpu")), join(import.meta.dirname, "drain-store.ts")],
  {
    stdio: ["ignore", "pipe", "inherit"],
  },
);
try {
  const [address] = (await once(createInterface({ input: store.stdout }), "line")) as [string];
  const url = `http://127.0.0.1:${(JSON.parse(address) as { port: number }).port}`;
  await createLog({ data, log, signer });
  const ledger = await openLedger({
    ...{ data, log, signer },
    onFatal: (error) => {
      throw error;
    },
  });
  await fill(ledger);
  await ledger.checkpointNow();
  global.gc?.();

  const letters: unknown[] = [];
  const deadLetters = { append: async (more: readonly unknown[]) => void letters.push(...more) };
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  const sink = o.sink === "otlp" ? startOtlpSink({ ledger, url, deadLetters }) : startLokiSink({ ledger, url, deadLetters });
  let peakRss = 0;
  while (sink.status().next < count) {
    peakRss = Math.max(peakRss, process.memoryUsage.rss());
    await pause(50);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const seen = (await (await fetch(`${url}/seen`)).json()) as { next: number; repeated: number; problem: string };
  await sink.stop();
  await ledger.close();
  const whole = seen.next === count && seen.problem === "" && seen.repeated === 0 && letters.length === 0;
  const result = {
    ...{ sink: o.sink, lines: count, seconds: round(seconds), linesPerSecond: Math.round(count / seconds) },
    ...{ cpuMicrosPerLine: round((cpu.user + cpu.system) / count), peakRssMb: round(peakRss / 2 ** 20) },
    ...{ inOrderAndComplete: whole, ...(whole ? {} : { seen }) },
    ...{ node: process.version, cpu: cpus()[0]?.model },
  };
  console.log(JSON.stringify(result));
  if (!whole) process.exitCode = 1;
} finally {
  store.kill("SIGTERM");
  await rm(data, { recursive: true, force: true });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
