// start.ts: how long a start takes on a long log: from exec until the port is open, and how much memory it holds then. Makes the log with
// the ledger itself, in a temporary folder that it removes. Short lines, about 420 bytes with their heads: what counts is how many.
//
//   node --conditions=@proofline/source test/bench/start.ts [LINES …]     1000000 by default

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { emptyRecord, formatTail } from "@proofline/event";
import { createLog, openLedger } from "@proofline/ledger";
import { generateSigner } from "@proofline/tlog";

const LOG = "bench";
const BATCH = 5_000;
const BYTES_A_LINE = 450;
const MAIN = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));
const ROUNDS = 5;

const sizes = process.argv.slice(2).map(Number);
for (const size of sizes.length === 0 ? [1_000_000] : sizes) await measure(size);

async function measure(lines: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "proofline-start-"));
  try {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < lines * BYTES_A_LINE * 1.5) throw new Error(`${folder}: too little room for ${lines} lines`);
    await makeLog(folder, lines);
    const rounds: { ms: number; cpuMs: number; rssMb: number }[] = [];
    for (let i = 0; i < ROUNDS; i++) rounds.push(await start(folder));
    rounds.sort((a, b) => a.ms - b.ms);
    const median = rounds[ROUNDS >> 1]!;
    console.log(
      `${lines} lines: ${median.ms} ms from exec to open port (median of ${ROUNDS}; ${rounds[0]!.ms} to ${rounds.at(-1)!.ms}), ` +
        `${median.cpuMs} ms of processor, ${median.rssMb} MB`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function makeLog(data: string, lines: number): Promise<void> {
  const { signer, skey } = generateSigner(LOG);
  await createLog({ data, log: LOG, signer });
  writeFileSync(join(data, LOG, "key"), `${skey}\n`, { mode: 0o600 });
  const ledger = await openLedger({
    ...{ data, log: LOG, signer, checkpointIntervalMs: 5_000 },
    onFatal: (error) => {
      throw error;
    },
  });
  const record = emptyRecord();
  record.event = "invoice.approved";
  record.attributes.set("audit.actor.id", "ann").set("audit.action", "APPROVE").set("audit.outcome", "success");
  const waiting: Promise<unknown>[] = [];
  for (let seq = 0; seq < lines; seq += BATCH) {
    const tails = Array.from({ length: Math.min(BATCH, lines - seq) }, (_, i) => {
      record.id = `01KB${String(seq + i).padStart(22, "0")}`;
      return { tail: formatTail(record) };
    });
    waiting.push(ledger.append(tails));
    if (waiting.length >= 4) await waiting.shift();
  }
  await Promise.all(waiting);
  await ledger.close();
}

async function start(data: string): Promise<{ ms: number; cpuMs: number; rssMb: number }> {
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [MAIN, "serve", "--data", data, "--log", LOG, "--otlp-http", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0"],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  await portOpen(child);
  const ms = Math.round(performance.now() - began);
  const rssMb = Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024);
  const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  child.kill("SIGTERM");
  await once(child, "exit");
  return { ms, cpuMs: 10 * (Number(fields[11]) + Number(fields[12])), rssMb };
}

async function portOpen(child: ChildProcess): Promise<void> {
  for await (const line of createInterface({ input: child.stdout! })) if (/^receiver +http /.test(line)) return;
  throw new Error("the receiver did not start");
}
