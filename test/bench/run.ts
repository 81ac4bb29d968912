// run.ts: the receiver under load, whole: sockets, decode, redaction, chain, fdatasync, acknowledgement; the generator on the same cores. Beside it, in
// the same run, the OpenTelemetry Collector with redaction and a persistent queue, when its binary is there. Writes JSON, prints a table.
//
//   npm run bench -- [--seconds 10] [--json FILE]

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

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const { values } = parseArgs({ options: { seconds: { type: "string", default: "10" }, json: { type: "string" } } });

interface Target {
  readonly name: string;
  readonly pid: number;
  readonly http: string;
  readonly grpc: string;
  stop(): Promise<void>;
}

interface Load {
  readonly recordsPerSecond: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  readonly bytesPerRecord: number;
  readonly generatorCpuSeconds: number;
  readonly elapsedSeconds: number;
  readonly errors: number;
  readonly firstError?: string;
}

interface Row extends Load {
  readonly target: string;
  readonly transport: string;
  readonly shape: string;
  readonly load: string;
  /** CPU of the receiver, 1 = one core. */
  readonly cpu: number;
  readonly peakRssMb: number;
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
    if (found !== null) return { name: "proofline", pid: child.pid!, http: found[1]!, grpc: found[2]!, stop: stopper(child) };
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

async function startCollector(binary: string, folder: string): Promise<Target> {
  const [http, grpc] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const env = { ...process.env, BENCH_HTTP: http, BENCH_GRPC: grpc, BENCH_QUEUE: join(folder, "queue") };
  const child = spawn(binary, ["--config", join(root, "test/bench/collector.yaml")], { env, stdio: "ignore" });
  for (let tries = 0; tries < 100; tries++) {
    const up = await fetch(`http://${http}/v1/logs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (up)
      return { name: "collector: redaction, persistent queue with fsync", pid: child.pid!, http, grpc, stop: stopper(child) };
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

async function measure(target: Target, transport: "http" | "grpc", shape: string, seconds: number, rate = 0): Promise<Row> {
  const args = [
    join(root, "test/bench/load.ts"),
    "--transport",
    transport,
    "--target",
    target[transport],
    "--shape",
    shape,
    "--seconds",
    String(seconds),
    "--rate",
    String(rate),
  ];
  const before = cpuSeconds(target.pid);
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  await once(child, "close");
  const load = JSON.parse(output) as Load;
  const cpu = (cpuSeconds(target.pid) - before) / load.elapsedSeconds;
  return {
    target: target.name,
    transport,
    shape,
    load: rate === 0 ? "full" : `${rate}/s`,
    ...load,
    cpu,
    peakRssMb: peakRssMb(target.pid),
  };
}

async function within<T>(start: (folder: string) => Promise<Target>, use: (target: Target) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "proofline-bench-"));
  const target = await start(folder);
  try {
    return await use(target);
  } finally {
    await target.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const seconds = Number(values.seconds);
const rows: Row[] = [];
for (const shape of ["audit", "telemetrygen"]) {
  for (const transport of ["http", "grpc"] as const) {
    rows.push(
      await within(startProofline, async (target) => {
        await measure(target, transport, shape, 2); // lets the compiler see the hot path first
        return measure(target, transport, shape, seconds);
      }),
    );
  }
}
const half = Math.round(rows[0]!.recordsPerSecond / 2);
rows.push(await within(startProofline, (target) => measure(target, "http", "audit", seconds, half)));

const binary =
  process.env.OTELCOL ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "proofline-peers/otelcol-audit");
if (existsSync(binary)) {
  for (const transport of ["http", "grpc"] as const)
    rows.push(
      await within(
        (folder) => startCollector(binary, folder),
        (target) => measure(target, transport, "audit", seconds),
      ),
    );
} else console.log("skipped: the Collector (no binary; `npm run test:real` builds one)");

const machine = {
  node: process.version,
  cores: cpus().length,
  cpu: cpus()[0]?.model,
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim(),
};
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
console.log(
  `node ${machine.node}, ${machine.cores} cores of ${machine.cpu}, generator on the same cores, 4 connections, batches of 512`,
);
console.table(
  rows.map((row) => ({
    target: row.target,
    transport: row.transport,
    shape: row.shape,
    load: row.load,
    "records/s": Math.round(row.recordsPerSecond),
    "ack p50 ms": Number(row.ackP50Ms.toFixed(1)),
    "ack p99 ms": Number(row.ackP99Ms.toFixed(1)),
    "B/record": Math.round(row.bytesPerRecord),
    cores: Number(row.cpu.toFixed(2)),
    "peak MB": Math.round(row.peakRssMb),
    errors: row.errors,
  })),
);
