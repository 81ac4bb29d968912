// collector.ts: the real Collector with the repository's own configurations between the sender and the receiver.

import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  COLLECTOR_CONFIG,
  COLLECTOR_FOLDER,
  type RealCollector,
  startCollector,
  validateCollectorConfig,
} from "../../support/peers/collector.ts";
import { waitFor } from "../../support/peers/process.ts";
import type { Context, Scenario } from "../lane.ts";
import type { Peers } from "../peers-here.ts";
import { Receiver } from "../receiver.ts";
import { collectorFaultScenarios } from "./collector-faults.ts";
import { collectorReturnScenarios } from "./collector-return.ts";
import { collectorSecuredScenarios } from "./collector-secured.ts";
import { collectorSenderScenarios } from "./collector-senders.ts";
import { telemetrygen } from "./sending.ts";

const AUDIT = { "audit.actor.id": "ann", "audit.action": "READ" };

/** Each as it is started: one file, or several, one over the other. */
const CONFIGS: readonly (readonly string[])[] = [
  [COLLECTOR_CONFIG],
  [deployed("persistent.yaml")],
  [deployed("processor.yaml")],
  [COLLECTOR_CONFIG, deployed("secured.yaml")],
  [deployed("persistent.yaml"), deployed("secured.yaml"), deployed("secured-persistent.yaml")],
  [deployed("processor.yaml"), deployed("secured-processor.yaml")],
];

export function collectorScenarios(peers: Peers): Scenario[] {
  return [
    {
      name: "every Collector configuration, with TLS and tokens and without, is good to the real Collector",
      run: (c) => validate(peers, c),
    },
    {
      name: "through the Collector, audit records reach Proofline and ordinary logs reach Loki, over HTTP and gRPC",
      run: (c) => routing(peers, c),
    },
    { name: "the Collector answers a sender only when Proofline has the record on disk", run: (c) => synchronous(peers, c) },
    ...collectorSenderScenarios(peers),
    ...collectorFaultScenarios(peers),
    ...collectorReturnScenarios(peers),
    ...collectorSecuredScenarios(peers),
  ];
}

function deployed(file: string): string {
  return join(COLLECTOR_FOLDER, file);
}

async function validate(peers: Peers, context: Context): Promise<void> {
  const binary = await peers.path("otelcol-audit");
  for (const files of CONFIGS) {
    const { code, output } = await validateCollectorConfig(binary, files);
    const names = files.map((file) => basename(file)).join(" + ");
    context.say(`${names}: ${code === 0 ? "good" : "bad"}`);
    assert.equal(code, 0, `${names}: ${output}`);
  }
}

async function collectorBefore(peers: Peers, context: Context, receiver: Receiver, loki: string): Promise<RealCollector> {
  const binary = await peers.path("otelcol-audit");
  const collector = await startCollector({ binary, proofline: `http://${receiver.http}`, loki });
  context.defer(() => collector.stop());
  return collector;
}

async function routing(peers: Peers, context: Context): Promise<void> {
  const sender = await peers.path("telemetrygen");
  await peers.path("otelcol-audit");
  const loki = await peers.loki(context);
  const receiver = await Receiver.start(context);
  const collector = await collectorBefore(peers, context, receiver, loki.url);
  const startNs = BigInt(Date.now()) * 1_000_000n;
  await telemetrygen(sender, { protocol: "http", endpoint: collector.http, count: 1500, attributes: AUDIT });
  await telemetrygen(sender, { protocol: "grpc", endpoint: collector.grpc, count: 1500, attributes: AUDIT });
  await telemetrygen(sender, { protocol: "grpc", endpoint: collector.grpc, count: 700 });
  assert.equal((await receiver.senderLines()).length, 3000);
  assert.ok((await receiver.senderLines()).every((line) => line.includes('"audit.actor.id":"ann"')));
  const endNs = (): bigint => BigInt(Date.now()) * 1_000_000n + 60_000_000_000n;
  const count = async (): Promise<true | undefined> => {
    // telemetrygen's logs are all alike, and Loki keeps one of two that are also of the same nanosecond.
    const lines = await loki.readAll('{service_name="telemetrygen"}', startNs - 60_000_000_000n, endNs());
    return lines.length >= 600 ? true : undefined;
  };
  await waitFor("the ordinary logs in Loki", count);
  assert.equal((await receiver.senderLines()).length, 3000);
  await receiver.stop();
  assert.equal((await receiver.verifyData()).code, 0);
}

async function synchronous(peers: Peers, context: Context): Promise<void> {
  await peers.path("otelcol-audit");
  const receiver = await Receiver.start(context);
  const collector = await collectorBefore(peers, context, receiver, "http://127.0.0.1:1");
  await receiver.stop();
  let answered = false;
  const record = {
    body: { stringValue: "x" },
    attributes: Object.entries(AUDIT).map(([key, value]) => ({ key, value: { stringValue: value } })),
  };
  const body = JSON.stringify({ resourceLogs: [{ resource: {}, scopeLogs: [{ logRecords: [record] }] }] });
  const headers = { "content-type": "application/json" };
  const sent = fetch(`http://${collector.http}/v1/logs`, { method: "POST", headers, body }).finally(() => {
    answered = true;
  });
  await delay(2000);
  assert.equal(answered, false, "answered while Proofline was away");
  await receiver.start();
  const response = await sent;
  assert.equal(response.status, 200, await response.text());
  assert.equal((await receiver.senderLines()).length, 1);
}
