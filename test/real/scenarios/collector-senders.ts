// collector-senders.ts: telemetrygen and Python's stock SDK through each of the repository's Collector configurations.

import assert from "node:assert/strict";
import { join } from "node:path";
import { COLLECTOR_CONFIG, COLLECTOR_FOLDER, startCollector } from "../../support/peers/collector.ts";
import { freePorts, run, waitFor } from "../../support/peers/process.ts";
import type { Context, Scenario } from "../lane.ts";
import type { Peers } from "../peers-here.ts";
import { Receiver } from "../receiver.ts";
import { telemetrygen } from "./sending.ts";

const AUDIT = { "audit.actor.id": "ann", "audit.action": "READ" };
const COUNT = 400;

/** The ones that answer before Proofline has the record. */
const QUEUED = "persistent.yaml";

export function collectorSenderScenarios(peers: Peers): Scenario[] {
  return [COLLECTOR_CONFIG, join(COLLECTOR_FOLDER, QUEUED), join(COLLECTOR_FOLDER, "processor.yaml")].map((config) => {
    const file = config.split("/").at(-1)!;
    return {
      name: `telemetrygen and Python's SDK through ${file}, over HTTP and gRPC: every audit record is a line, none is twice`,
      run: (context) => sendThrough(peers, context, config),
    };
  });
}

async function sendThrough(peers: Peers, context: Context, config: string): Promise<void> {
  const binary = await peers.path("otelcol-audit");
  const generator = await peers.path("telemetrygen");
  const python = await peers.python();
  const receiver = await Receiver.start(context);
  const [back] = await freePorts(1);
  const environment = {
    QUEUE_DIRECTORY: join(context.folder, "queue"),
    STORE_FILE: join(context.folder, "store.jsonl"),
    RETURN_ENDPOINT: `127.0.0.1:${back}`,
  };
  const proofline = `http://${receiver.http}`;
  const collector = await startCollector({ binary, config, proofline, loki: "http://127.0.0.1:1", environment });
  context.defer(() => collector.stop());
  const script = join(import.meta.dirname, "..", "python", "emit.py");
  for (const protocol of ["http", "grpc"] as const) {
    const endpoint = collector[protocol];
    await telemetrygen(generator, { protocol, endpoint, count: COUNT, attributes: AUDIT });
    // Half of them are audit records, the others ordinary logs.
    const { code, output } = await run(python, [script, protocol, endpoint, String(2 * COUNT)]);
    assert.equal(code, 0, `the Python sender failed: ${output.slice(-800)}`);
  }
  const acknowledged = 4 * COUNT;
  const count = async (): Promise<number> => (await receiver.senderLines()).length;
  if (config.endsWith(QUEUED))
    await waitFor("every record to leave the queue", async () => (await count()) >= acknowledged || undefined);
  const lines = await receiver.senderLines();
  context.say(`acknowledged ${acknowledged} audit records, arrived ${lines.length}`);
  assert.equal(lines.length, acknowledged);
  assert.ok(!lines.some((line) => line.includes("must-not-be-stored")), "a secret is in the ledger");
  await collector.stop();
  await receiver.stop();
  assert.equal((await receiver.verifyData()).code, 0);
}
