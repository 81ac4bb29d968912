// emit.bench.ts: what audit.record costs the application that calls it: p50, p99, p99.9 and worst of a call, CPU of the whole process a record, bytes a
// record on disk. Beside it, in one run: pino to a file (each line written at once, and as pino does it by default), OpenTelemetry's own
// BatchLogRecordProcessor (in memory, not redacted), and the floor: as many bytes in one write, and ten of them in one. The receiver answers from
// another process. Run: node --conditions=@proofline/source test/bench/emit.bench.ts [--json FILE]

import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { type AuditEvent, createAudit } from "@proofline/instrumentation";
import pino from "pino";

const CALLS = 20_000;
const WARMUP = 5_000;
/** Calls in one turn of the event loop, as a busy request handler makes them. */
const PER_TURN = 10;

if (process.argv[2] === "receiver") serve();
else await main();

function serve(): void {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(200, { "content-type": "application/x-protobuf" }).end());
  });
  server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
}

interface Row {
  readonly what: string;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly worst: number;
  /** Microseconds of CPU of this process a record, delivery and garbage collection included. */
  readonly cpu: number;
  readonly bytes: number;
}

interface Subject {
  readonly what: string;
  readonly call: (n: number) => void;
  /** Until everything is out of the process; part of the CPU. */
  readonly drain?: () => Promise<void>;
  /** Bytes that all calls left on disk; where it cannot be known, 0. */
  readonly bytes?: () => number;
}

async function time({ what, call, drain, bytes }: Subject): Promise<Row> {
  const times: number[] = [];
  let before = process.cpuUsage();
  for (let n = 0; n < WARMUP + CALLS; n++) {
    if (n === WARMUP) before = process.cpuUsage();
    const start = process.hrtime.bigint();
    call(n);
    if (n >= WARMUP) times.push(Number(process.hrtime.bigint() - start) / 1000);
    if (n % PER_TURN === 0) await new Promise(setImmediate);
  }
  const left = bytes?.() ?? 0;
  await drain?.();
  const { user, system } = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  const at = (share: number): number => tenth(times[Math.min(times.length - 1, Math.floor(times.length * share))]!);
  const perRecord = { cpu: tenth((user + system) / CALLS), bytes: Math.round(left / (WARMUP + CALLS)) };
  return { what, p50: at(0.5), p99: at(0.99), p999: at(0.999), worst: at(1), ...perRecord };
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

function approval(n: number): AuditEvent {
  return {
    event: "invoice.approved",
    actor: { id: `user-${n % 500}`, type: "user" },
    action: "APPROVE",
    outcome: "success",
    target: { id: `invoice:${n}`, type: "invoice" },
    change: { old: "scored", new: "approved" },
    reason: `Invoice ${n} over 1,250.00 EUR was approved by the second reviewer after the risk score fell below the limit`,
    workflow: "wf-5f1c2a90-6b1d-4a77-a3c2-0242ac120002",
    attributes: {
      "http.request.method": "POST",
      "url.path": `/api/v2/invoices/${n}/approve`,
      "gen_ai.usage.input_tokens": n % 4096,
    },
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: "string" } } });
  const folder = mkdtempSync(join(tmpdir(), "proofline-bench-"));
  const receiver = fork(fileURLToPath(import.meta.url), ["receiver"]);
  const [port] = (await once(receiver, "message")) as [number];
  const rows: Row[] = [];

  const redactionKey = new Uint8Array(32).fill(7);
  const base = { exitHooks: false, serviceName: "bench", redactionKey };
  const near = createAudit({ ...base, spoolFolder: join(folder, "near"), endpoint: `http://127.0.0.1:${port}` });
  let left = 0;
  rows.push(
    await time({
      what: "audit.record, receiver there",
      call: (n) => near.record(approval(n)),
      drain: async () => {
        left = await near.flush();
      },
    }),
  );
  await near.shutdown();
  const spool = join(folder, "away");
  const away = createAudit({ ...base, spoolFolder: spool, endpoint: "http://127.0.0.1:9" });
  rows.push(
    await time({ what: "audit.record, receiver away", call: (n) => away.record(approval(n)), bytes: () => bytesIn(spool) }),
  );
  await away.shutdown({ timeoutMs: 0 });

  for (const sync of [true, false]) {
    const dest = join(folder, `pino-${sync}`);
    const destination = pino.destination({ dest, sync });
    const log = pino({ redact: ["password", "*.password", "token", "*.token"] }, destination);
    const ready = sync ? Promise.resolve() : once(destination, "ready");
    await ready;
    rows.push(
      await time({
        what: sync ? "pino to a file, a write a line" : "pino to a file, asynchronous",
        call: (n) => log.info(approval(n)),
        drain: () => new Promise((resolve) => destination.flush(() => resolve())),
        bytes: () => statSync(dest).size,
      }),
    );
    destination.end();
  }

  const exporter = new OTLPLogExporter({ url: `http://127.0.0.1:${port}/v1/logs` });
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] });
  const logger = provider.getLogger("bench");
  rows.push(
    await time({
      what: "BatchLogRecordProcessor, receiver there",
      drain: () => provider.forceFlush(),
      call: (n) => {
        const { event, attributes, actor, target, change, reason, workflow } = approval(n);
        logger.emit({
          eventName: event,
          severityNumber: 9,
          attributes: {
            ...attributes,
            "audit.actor.id": actor?.id,
            "audit.actor.type": actor?.type,
            "audit.action": "APPROVE",
            "audit.outcome": "success",
            "audit.target.id": target?.id,
            "audit.target.type": target?.type,
            "proofline.change.old": change?.old,
            "proofline.change.new": change?.new,
            "proofline.reason": reason,
            "proofline.workflow.id": workflow,
          },
        });
      },
    }),
  );
  await provider.shutdown();

  const bytes = new Uint8Array(1100);
  const file = openSync(join(folder, "floor"), "ax");
  rows.push(await time({ what: "floor: one write of 1,100 bytes", call: () => void writeSync(file, bytes), bytes: () => 0 }));
  const turn = new Uint8Array(1100 * PER_TURN);
  rows.push(
    await time({
      what: `floor: ${PER_TURN} of them in one write, a turn`,
      call: (n) => void (n % PER_TURN === 0 && writeSync(file, turn)),
    }),
  );
  closeSync(file);

  receiver.kill();
  rmSync(folder, { recursive: true, force: true });
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model ?? "",
    cores: cpus().length,
    calls: CALLS,
    unacknowledged: left,
  };
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      `${JSON.stringify({ unit: "microseconds a call, CPU microseconds a record, bytes a record", machine, rows }, null, 2)}\n`,
    );
  console.table(Object.fromEntries(rows.map(({ what, ...figures }) => [what, figures])));
  console.log(
    `microseconds a call and a record, bytes a record; ${CALLS} calls; node ${machine.node}, ${machine.cores} cores, ${machine.cpu}; unacknowledged ${left}`,
  );
}
