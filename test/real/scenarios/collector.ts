// collector.ts: the real Collector with the repository's otel-collector-config.yaml between the sender and the receiver.

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { type RealCollector, startCollector, validateCollectorConfig } from "../../support/peers/collector.ts";
import { waitFor } from "../../support/peers/process.ts";
import type { Context, Scenario } from "../lane.ts";
import type { Peers } from "../peers-here.ts";
import { Receiver } from "../receiver.ts";
import { telemetrygen } from "./sending.ts";

const AUDIT = { "audit.actor.id": "ann", "audit.action": "READ" };

export function collectorScenarios(peers: Peers): Scenario[] {
  return [
    { name: "otel-collector-config.yaml is a good configuration to the real Collector", run: () => validate(peers) },
    {
      name: "through the Collector, audit records reach Proofline and ordinary logs reach Loki, over HTTP and gRPC",
      run: (c) => routing(peers, c),
    },
    { name: "the Collector answers a sender only when Proofline has the record on disk", run: (c) => synchronous(peers, c) },
  ];
}

async function validate(peers: Peers): Promise<void> {
  const { code, output } = await validateCollectorConfig(await peers.path("otelcol-audit"));
  assert.equal(code, 0, output);
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
  assert.equal(await receiver.size(), 3000);
  assert.ok((await receiver.lines()).every((line) => line.includes('"audit.actor.id":"ann"')));
  const endNs = (): bigint => BigInt(Date.now()) * 1_000_000n + 60_000_000_000n;
  const count = async (): Promise<true | undefined> => {
    // telemetrygen's logs are all alike, and Loki keeps one of two that are also of the same nanosecond.
    const lines = await loki.readAll('{service_name="telemetrygen"}', startNs - 60_000_000_000n, endNs());
    return lines.length >= 600 ? true : undefined;
  };
  await waitFor("the ordinary logs in Loki", count);
  assert.equal(await receiver.size(), 3000);
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
  assert.equal(await receiver.size(), 1);
}
