// onward.ts: Proofline in the middle: its OTLP sink sends every record to the real Collector, which keeps them in a file and sends them
// back. The file has every line, byte for byte; what comes back is recognised and not chained twice.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { answersOk, freePorts, spawnProcess, waitFor } from "../../support/peers/process.ts";
import type { Context, Scenario } from "../lane.ts";
import { assertSameLines } from "../lines.ts";
import type { Peers } from "../peers-here.ts";
import { Receiver } from "../receiver.ts";
import { telemetrygen } from "./sending.ts";

const CONFIG = join(import.meta.dirname, "..", "onward-collector.yaml");
const AUDIT = { "audit.actor.id": "ann", "audit.action": "READ" };

export function onwardScenarios(peers: Peers): Scenario[] {
  return (["http/protobuf", "grpc"] as const).map((protocol) => ({
    name: `sent on to the Collector over ${protocol}, every line is in its file, and what comes back is not chained twice`,
    run: (context) => onward(peers, context, protocol),
  }));
}

async function onward(peers: Peers, context: Context, protocol: "http/protobuf" | "grpc"): Promise<void> {
  const sender = await peers.path("telemetrygen");
  const binary = await peers.path("otelcol-audit");
  const [http, grpc, health] = await freePorts(3);
  const file = join(context.folder, "onward.jsonl");
  const receiver = await Receiver.start(context, {
    environment: {
      PROOFLINE_SINKS_OTLP_URL: `http://127.0.0.1:${protocol === "grpc" ? grpc : http}`,
      PROOFLINE_SINKS_OTLP_PROTOCOL: protocol,
    },
  });
  // The Collector comes later than the first records: they wait in the ledger.
  await telemetrygen(sender, { protocol: "http", endpoint: receiver.http, count: 500, attributes: AUDIT });
  const collector = spawnProcess(binary, ["--config", CONFIG], {
    env: {
      OTLP_HTTP_ENDPOINT: `127.0.0.1:${http}`,
      OTLP_GRPC_ENDPOINT: `127.0.0.1:${grpc}`,
      HEALTH_ENDPOINT: `127.0.0.1:${health}`,
      PROOFLINE_ENDPOINT: `http://${receiver.http}`,
      ONWARD_FILE: file,
    },
  });
  context.defer(() => collector.stop());
  await waitFor("the Collector to be ready", async () => {
    if (collector.ended) throw new Error(`the Collector ended: ${collector.output().slice(-800)}`);
    return answersOk(`http://127.0.0.1:${health}/`);
  });
  await telemetrygen(sender, { protocol: "grpc", endpoint: receiver.grpc, count: 1500, attributes: AUDIT });
  const size = await receiver.size();
  const metric = (name: string) => async (): Promise<true | undefined> =>
    (await receiver.metric(name)) === size ? true : undefined;
  await waitFor("every record sent on", metric("proofline_sink_next"), 60_000);
  await waitFor("every record recognised", metric("proofline_records_looped_total"), 60_000);
  assert.equal(await receiver.size(), size, "a record was chained twice");
  const lines = await receiver.lines();
  assert.equal(lines.length, size);
  const kept = await waitFor("every line in the Collector's file", async () => {
    const found = await linesIn(file);
    return found.length >= size ? found : undefined;
  });
  assertSameLines(kept, lines);
  await receiver.stop();
  assert.equal((await receiver.verifyData()).code, 0);
}

/** The values of `proofline.line` in what the file exporter wrote, in its order. */
async function linesIn(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  const records = text
    .split("\n")
    .slice(0, -1)
    .flatMap((line) => (JSON.parse(line) as Request).resourceLogs)
    .flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
  return records.map(({ attributes }) => attributes.find(({ key }) => key === "proofline.line")?.value.stringValue ?? "");
}

interface Request {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] }[];
    }[];
  }[];
}
