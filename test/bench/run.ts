// run.ts: what the receiver does under load, whole: HTTP or gRPC in, redaction, chain, fdatasync, acknowledgement; the generator on the same
// cores. Beside it, in the same run with the same generator, the OpenTelemetry Collector: doing nothing at all, and doing what a user would run
// today. Short rounds in turn, medians of them: what else the machine does hits all alike. Prints a table; --write puts it into docs/performance.md.
//
//   npm run bench -- [--seconds 5] [--rounds 5] [--only NAMEPART] [--json FILE] [--write]

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeTable } from "./table.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: "" },
    json: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)];
/** The compiler sees the hot path, and connections and files are there. */
const WARM_UP_SECONDS = 4;

interface Target {
  readonly pid: number;
  readonly http: string;
  readonly grpc: string;
  stop(): Promise<void>;
}

interface Load {
  readonly records: number;
  readonly recordsPerSecond: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  readonly bytesPerRecord: number;
  readonly generatorCpuSeconds: number;
  readonly elapsedSeconds: number;
  readonly errors: number;
  readonly firstError?: string;
}

interface Measured extends Load {
  /** CPU of the receiver a record, all of its threads and what the kernel does for them; beside it the generator's. */
  readonly cpuUs: number;
  readonly generatorCpuUs: number;
  /** Since the target was started. */
  readonly peakRssMb: number;
}

/** A line of the table. */
interface Row {
  readonly name: string;
  readonly start: (folder: string) => Promise<Target>;
  readonly transport: "http" | "grpc";
  readonly shape: "audit" | "telemetrygen";
  /** Half of what the row of this name had in the same round; else as much as is acknowledged. */
  readonly halfOf?: string;
}

const stopper = (child: ReturnType<typeof spawn>) => async (): Promise<void> => {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
};

async function startProofline(folder: string): Promise<Target> {
  const args = [
    join(root, "packages/cli/dist/main.js"),
    "serve",
    "--data",
    folder,
    "--log",
    "bench",
    "--otlp-http",
    "127.0.0.1:0",
    "--otlp-grpc",
    "127.0.0.1:0",
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const found = /^receiver\s+http (\S+) · grpc (\S+)/.exec(line);
    if (found !== null) return { pid: child.pid!, http: found[1]!, grpc: found[2]!, stop: stopper(child) };
  }
  throw new Error("proofline serve ended before it was ready");
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function startCollector(binary: string, config: string, folder: string): Promise<Target> {
  const [http, grpc] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const env = { ...process.env, BENCH_HTTP: http, BENCH_GRPC: grpc, BENCH_QUEUE: join(folder, "queue") };
  const child = spawn(binary, ["--config", join(root, "test/bench", config)], { env, stdio: "ignore" });
  for (let tries = 0; tries < 100; tries++) {
    const up = await fetch(`http://${http}/v1/logs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (up) return { pid: child.pid!, http, grpc, stop: stopper(child) };
    await pause(100);
  }
  child.kill("SIGTERM");
  throw new Error("the Collector did not come up");
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const peakRssMb = (pid: number): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;

async function load(target: Target, { transport, shape }: Row, forSeconds: number, rate: number): Promise<Measured> {
  const args = [
    ...[join(root, "test/bench/load.ts"), "--transport", transport, "--target", target[transport], "--shape", shape],
    ...["--seconds", String(forSeconds), "--rate", String(Math.round(rate))],
  ];
  const before = cpuSeconds(target.pid);
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  await once(child, "close");
  const measured = JSON.parse(output) as Load;
  const perRecord = (cpu: number): number => (cpu * 1e6) / measured.records;
  return {
    ...measured,
    cpuUs: perRecord(cpuSeconds(target.pid) - before),
    generatorCpuUs: perRecord(measured.generatorCpuSeconds),
    peakRssMb: peakRssMb(target.pid),
  };
}

async function measure(row: Row, rate: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "proofline-bench-"));
  const target = await row.start(folder);
  try {
    // At full speed, whatever is measured: a slow start would show in the slowest hundredth of a slow row.
    await load(target, row, WARM_UP_SECONDS, 0);
    return await load(target, row, seconds, rate);
  } finally {
    await target.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const proofline = { start: startProofline, shape: "audit" } as const;
const rows: Row[] = [
  { ...proofline, name: "Proofline, HTTP", transport: "http" },
  { ...proofline, name: "Proofline, gRPC", transport: "grpc" },
  { ...proofline, name: "Proofline, HTTP, half of that", transport: "http", halfOf: "Proofline, HTTP" },
  { ...proofline, name: "Proofline, gRPC, half of that", transport: "grpc", halfOf: "Proofline, gRPC" },
  { ...proofline, name: "Proofline, HTTP, telemetrygen's records", transport: "http", shape: "telemetrygen" },
];
const binary =
  process.env.OTELCOL ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "proofline-peers/otelcol-audit");
if (existsSync(binary)) {
  for (const [does, config] of [
    ["OTLP in, nothing out", "collector-nop.yaml"],
    ["redaction, persistent queue", "collector-queue.yaml"],
    ["redaction, persistent queue with fsync", "collector.yaml"],
  ] as const) {
    const start = (folder: string): Promise<Target> => startCollector(binary, config, folder);
    for (const transport of ["http", "grpc"] as const)
      rows.push({ name: `Collector, ${does}, ${transport === "http" ? "HTTP" : "gRPC"}`, start, transport, shape: "audit" });
  }
} else console.log("skipped: the Collector (no binary; `npm run test:real` builds one)");

const results = new Map<string, Measured[]>();
for (let round = 0; round < rounds; round++) {
  for (const row of rows.filter(({ name }) => name.includes(values.only))) {
    const half = row.halfOf === undefined ? 0 : (results.get(row.halfOf)?.[round]?.recordsPerSecond ?? 0) / 2;
    const measured = await measure(row, half);
    if (measured.errors > 0) console.log(`${row.name}: ${measured.errors} errors, the first: ${measured.firstError}`);
    results.set(row.name, [...(results.get(row.name) ?? []), measured]);
  }
}

function median(of: readonly number[]): number {
  const sorted = of.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

const base = results.get("Proofline, HTTP");
const table = Array.from(results, ([name, measured]) => {
  const of = (read: (one: Measured) => number): number => median(measured.map(read));
  const ratio =
    base === undefined ? Number.NaN : median(base.map((one, i) => measured[i]!.recordsPerSecond / one.recordsPerSecond));
  return {
    what: name,
    "records/s": Math.round(of((one) => one.recordsPerSecond)),
    "of ours over HTTP": `${Math.round(ratio * 100)} %`,
    "µs CPU a record": Number(of((one) => one.cpuUs).toFixed(1)),
    "generator's": Number(of((one) => one.generatorCpuUs).toFixed(1)),
    "ack p50 ms": Number(of((one) => one.ackP50Ms).toFixed(1)),
    "ack p99 ms": Number(of((one) => one.ackP99Ms).toFixed(1)),
    "peak RSS MB": Math.round(Math.max(...measured.map((one) => one.peakRssMb))),
    errors: measured.reduce((sum, one) => sum + one.errors, 0),
  };
});
const machine = {
  node: process.version,
  cores: cpus().length,
  cpu: cpus()[0]?.model,
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim(),
};
const caption =
  `Node ${machine.node}, ${machine.cores} cores of ${machine.cpu}, generator on the same cores, 4 connections, batches of 512, ` +
  `${Math.round(base?.[0]?.bytesPerRecord ?? 0)} B a record; medians of ${rounds} rounds of ${seconds} s; commit ${machine.commit}`;
console.log(caption);
console.table(table);
if (values.json !== undefined) {
  const all = Array.from(results, ([name, measured]) => ({ name, rounds: measured }));
  writeFileSync(values.json, `${JSON.stringify({ machine, table, rows: all }, null, 2)}\n`);
}
if (values.write) writeTable(join(root, "docs/performance.md"), caption, table);
