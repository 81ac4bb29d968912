// sending.ts: other people's senders, straight into the receiver: telemetrygen, and Python's stock SDK with structlog.

import assert from "node:assert/strict";
import { join } from "node:path";
import { run } from "../../support/peers/process.ts";
import type { Context, Scenario } from "../lane.ts";
import type { Peers } from "../peers-here.ts";
import { Receiver } from "../receiver.ts";

const COUNT = 3000;

export function sendingScenarios(peers: Peers): Scenario[] {
  return [
    ...(["http", "grpc"] as const).map((protocol) => ({
      name: `telemetrygen over ${protocol}: every log that it sent is a line, none is twice, and verify --data holds`,
      run: (context: Context) => telemetrygenScenario(peers, context, protocol),
    })),
    ...(["http", "grpc"] as const).map((protocol) => ({
      name: `Python's stock SDK and structlog over ${protocol}: every record is a line, event names and actors are there, secrets are not`,
      run: (context: Context) => pythonScenario(peers, context, protocol),
    })),
  ];
}

/** Sends identical logs without ids; @throws when telemetrygen says that it failed */
export async function telemetrygen(
  binary: string,
  o: { protocol: "http" | "grpc"; endpoint: string; count: number; rate?: number; attributes?: Record<string, string> },
): Promise<void> {
  const attributes = Object.entries(o.attributes ?? {}).flatMap(([name, value]) => [
    "--telemetry-attributes",
    `${name}="${value}"`,
  ]);
  const http = o.protocol === "http" ? ["--otlp-http"] : [];
  const load = ["--otlp-insecure", "--logs", String(o.count), "--rate", String(o.rate ?? 0)];
  const { code, output } = await run(binary, ["logs", ...http, "--otlp-endpoint", o.endpoint, ...load, ...attributes]);
  assert.equal(code, 0, `telemetrygen failed: ${output.slice(-600)}`);
}

async function telemetrygenScenario(peers: Peers, context: Context, protocol: "http" | "grpc"): Promise<void> {
  const binary = await peers.path("telemetrygen");
  const receiver = await Receiver.start(context);
  const endpoint = protocol === "http" ? receiver.http : receiver.grpc;
  await telemetrygen(binary, { protocol, endpoint, count: COUNT });
  assert.equal((await receiver.senderLines()).length, COUNT);
  await receiver.stop();
  const lines = await receiver.lines();
  const verdict = await receiver.verifyData();
  assert.deepEqual(
    { code: verdict.code, result: verdict.report.result, records: verdict.report.records },
    { code: 0, result: "holds", records: lines.length },
  );
}

async function pythonScenario(peers: Peers, context: Context, protocol: "http" | "grpc"): Promise<void> {
  const python = await peers.python();
  const receiver = await Receiver.start(context);
  const endpoint = protocol === "http" ? receiver.http : receiver.grpc;
  const count = 1000;
  const script = join(import.meta.dirname, "..", "python", "emit.py");
  const { code, output } = await run(python, [script, protocol, endpoint, String(count)]);
  assert.equal(code, 0, `the Python sender failed: ${output.slice(-800)}`);
  const lines = await receiver.senderLines();
  assert.equal(lines.length, count);
  const records = lines.map((line) => JSON.parse(line) as { event?: string; id: string; attributes?: Record<string, unknown> });
  const events = records.filter((record) => record.event === "kyc.checked");
  assert.equal(events.length, count / 2);
  assert.ok(
    events.every(({ attributes, id }) => attributes?.["audit.actor.id"] === "kyc-agent" && id.startsWith(`${protocol}-`)),
  );
  assert.ok(
    lines.every((line) => !line.includes("must-not-be-stored")),
    "a secret is in the ledger",
  );
  assert.ok(lines.some((line) => line.includes("grüße 😀")));
  assert.equal((await receiver.verifyData()).code, 0);
}
