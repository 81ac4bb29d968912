// record.bench.ts: what audit.record costs the application that calls it, call by call: p50, p99, p99.9, worst. Beside it OpenTelemetry's own
// BatchLogRecordProcessor with the same event (which keeps it in memory), and the floor: one write of as many bytes to a file.
// The receiver answers from another process. Run: node --conditions=@proofline/source test/bench/record.bench.ts [--json FILE]

import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { type AuditEvent, createAudit } from "@proofline/instrumentation";

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
}

/** Microseconds a call. */
async function time(what: string, call: (n: number) => void): Promise<Row> {
  const times: number[] = [];
  for (let n = 0; n < WARMUP + CALLS; n++) {
    const start = process.hrtime.bigint();
    call(n);
    if (n >= WARMUP) times.push(Number(process.hrtime.bigint() - start) / 1000);
    if (n % PER_TURN === 0) await new Promise(setImmediate);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))]! * 10) / 10;
  return { what, p50: at(0.5), p99: at(0.99), p999: at(0.999), worst: at(1) };
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
  const base = { exitHooks: false, spoolFolder: folder, serviceName: "bench", redactionKey };
  const near = createAudit({ ...base, endpoint: `http://127.0.0.1:${port}` });
  rows.push(await time("audit.record, receiver there", (n) => near.record(approval(n))));
  const left = await near.flush();
  await near.shutdown();
  const away = createAudit({ ...base, endpoint: "http://127.0.0.1:9" });
  rows.push(await time("audit.record, receiver away", (n) => away.record(approval(n))));
  await away.shutdown({ timeoutMs: 0 });

  const exporter = new OTLPLogExporter({ url: `http://127.0.0.1:${port}/v1/logs` });
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] });
  const logger = provider.getLogger("bench");
  rows.push(
    await time("BatchLogRecordProcessor, receiver there", (n) => {
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
    }),
  );
  await provider.shutdown();

  const bytes = new Uint8Array(1100);
  const file = openSync(join(folder, "floor"), "ax");
  rows.push(await time("floor: one write of 1,100 bytes", () => void writeSync(file, bytes)));
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
    writeFileSync(values.json, `${JSON.stringify({ unit: "microseconds a call", machine, rows }, null, 2)}\n`);
  console.table(Object.fromEntries(rows.map(({ what, ...figures }) => [what, figures])));
  console.log(
    `microseconds a call; ${CALLS} calls; node ${machine.node}, ${machine.cores} cores, ${machine.cpu}; unacknowledged ${left}`,
  );
}
