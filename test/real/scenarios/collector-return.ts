// collector-return.ts: Proofline between two pipelines of one Collector (deploy/collector/processor.yaml): what goes out comes back in, on its
// way to a store, which here is a file. The file has every line; nothing is chained twice; `proofline verify --lines` says that it holds.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CutProxy } from "../../support/cut-proxy.ts";
import { COLLECTOR_FOLDER, startCollector } from "../../support/peers/collector.ts";
import { freePorts, waitFor } from "../../support/peers/process.ts";
import { CountingSender } from "../counting-sender.ts";
import type { Context, Scenario } from "../lane.ts";
import { assertSameLines, bySeq } from "../lines.ts";
import type { Peers } from "../peers-here.ts";
import { Receiver } from "../receiver.ts";

export function collectorReturnScenarios(peers: Peers): Scenario[] {
  return [
    {
      name: "between two pipelines of a Collector that is killed, with the receiver killed and the network cut: the store has every line, none is chained twice, and verify --lines holds",
      run: (context) => outAndBack(peers, context),
    },
  ];
}

async function outAndBack(peers: Peers, context: Context): Promise<void> {
  const binary = await peers.path("otelcol-audit");
  const [back] = await freePorts(1);
  const store = join(context.folder, "store.jsonl");
  const receiver = await Receiver.start(context, { environment: { PROOFLINE_SINKS_OTLP_URL: `http://127.0.0.1:${back}` } });
  const environment = { RETURN_ENDPOINT: `127.0.0.1:${back}`, STORE_FILE: store };
  const config = join(COLLECTOR_FOLDER, "processor.yaml");
  const network = await CutProxy.start(receiver.http);
  context.defer(() => network.stop());
  const proofline = `http://${network.address}`;
  const collector = await startCollector({ binary, config, proofline, loki: "http://127.0.0.1:1", environment });
  context.defer(() => collector.stop());

  const url = `http://${collector.http}/v1/logs`;
  const sender = new CountingSender(url, "round");
  const more = async (): Promise<void> => {
    const before = sender.acknowledged;
    await waitFor("records acknowledged", () => sender.acknowledged >= before + 150 || undefined, 60_000);
  };
  await more();
  // Not before the way back is in use.
  await waitFor("records sent on", async () => ((await receiver.metric("proofline_sink_next")) ?? 0) > 100 || undefined);
  await collector.kill();
  await collector.start();
  await more();
  await receiver.kill();
  await receiver.start();
  await more();
  network.loseAnswers();
  await waitFor("a record that is not answered", async () => (await receiver.size()) > sender.acknowledged + 2 || undefined);
  network.cut();
  network.mend();
  await more();
  const { acknowledged, refused } = await sender.end();
  const size = await receiver.size();
  const sentOn = async (): Promise<true | undefined> =>
    (await receiver.metric("proofline_sink_next")) === size ? true : undefined;
  await waitFor("every record sent on", sentOn, 60_000);

  const kept = await waitFor("every line in the store", async () => {
    const lines = await linesIn(store);
    return new Set(lines).size >= size ? lines : undefined;
  });
  const lines = await receiver.lines();
  assertSameLines([...new Set(kept)].sort(bySeq), lines);
  const ids = new Set((await receiver.senderLines()).map((line) => (JSON.parse(line) as { id: string }).id));
  const lost = [...acknowledged].filter((id) => !ids.has(id)).length;
  const sent = `sent ${acknowledged.size + refused.size}, acknowledged ${acknowledged.size}, arrived ${ids.size}`;
  context.say(
    `${sent}, acknowledged and lost ${lost}; lines ${size}, in the store ${kept.length}, of them ${kept.length - size} twice`,
  );
  assert.equal(lost, 0);

  // What the store has is sent to Proofline again, as a Collector does whose pipelines are wired in a circle.
  const [request] = (await readFile(store, "utf8")).split("\n").filter((line) => line.includes('"proofline.line"'));
  const headers = { "content-type": "application/json" };
  const again = await fetch(`http://${receiver.http}/v1/logs`, { method: "POST", headers, body: request! });
  assert.equal(again.status, 200, await again.text());
  assert.equal(await receiver.size(), size, "a record was chained twice");
  assert.ok(((await receiver.metric("proofline_records_looped_total")) ?? 0) > 0);

  // Before the receiver says in the log that it stops, which the store would then lack.
  const checkpoint = await receiver.checkpointOver(size);
  const verdict = await receiver.verifyLines(store, checkpoint);
  assert.equal(verdict.code, 0, verdict.output);
  assert.deepEqual({ result: verdict.report.result, records: verdict.report.records }, { result: "holds", records: size });
  await collector.stop();
  await receiver.stop();
  assert.equal((await receiver.verifyData()).code, 0);
}

/** The values of `proofline.line` in what the file exporter wrote, in its order; a last line that is still being written is left out. */
async function linesIn(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  const lines = text.split("\n").slice(0, -1);
  const records = lines
    .flatMap((line) => (JSON.parse(line) as Exported).resourceLogs ?? [])
    .flatMap(({ scopeLogs }) => scopeLogs);
  return records
    .flatMap(({ logRecords }) => logRecords)
    .flatMap(({ attributes }) => attributes?.find(({ key }) => key === "proofline.line")?.value.stringValue ?? []);
}

interface Exported {
  readonly resourceLogs?: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly { readonly attributes?: readonly { key: string; value: { stringValue?: string } }[] }[];
    }[];
  }[];
}
