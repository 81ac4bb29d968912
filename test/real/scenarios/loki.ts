// loki.ts: forwarding to the real Loki, reading everything back, and finding what was done to it there.

import assert from "node:assert/strict";
import { lokiCases, lokiQueries, runLokiCases, runLokiQueries } from "../../support/loki-cases.ts";
import type { RealLoki } from "../../support/peers/loki.ts";
import type { Context, Scenario } from "../lane.ts";
import { assertSameLines, bySeq } from "../lines.ts";
import type { Peers } from "../peers-here.ts";
import { LOG, Receiver } from "../receiver.ts";
import { telemetrygen } from "./sending.ts";

const LINES = `{log="${LOG}",type="line"}`;
const HOUR_NS = 3_600_000_000_000n;
const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;

export function lokiScenarios(peers: Peers): Scenario[] {
  return [
    {
      name: "the fake Loki's rules are the real Loki's: the same requests get the same answers",
      run: (c) => sameAnswers(peers, c),
    },
    { name: "everything forwarded to Loki is read back byte for byte, and verify --loki holds", run: (c) => readBack(peers, c) },
    {
      name: "lines deleted through Loki's own API are missed by verify --loki, which names the first",
      run: (c) => deletion(peers, c),
    },
    { name: "a changed line pushed to Loki at the same time is found by verify --loki", run: (c) => alteration(peers, c) },
    { name: "Loki killed and started again under load: nothing is missing, nothing is changed", run: (c) => killed(peers, c) },
    {
      name: "the receiver killed and started again under load: nothing is missing in Loki, nothing is changed",
      run: (c) => receiverKilled(peers, c),
    },
    {
      name: "a record that Loki refuses ends in the dead letters with its reason, and the rest goes on",
      run: (c) => refused(peers, c),
    },
  ];
}

async function sameAnswers(peers: Peers, context: Context): Promise<void> {
  const loki = await peers.loki(context);
  const now = nowNs();
  const pushes = await runLokiCases(loki.url, now);
  for (const { name, status, text } of lokiCases(now)) {
    const answer = pushes.get(name)!;
    assert.equal(answer.status, status, `${name}: ${answer.text}`);
    if (text !== undefined) assert.match(answer.text, text, name);
  }
  const queries = await runLokiQueries(loki.url, now);
  for (const { name, status, lines, text } of lokiQueries(now)) {
    const answer = queries.get(name)!;
    assert.equal(answer.status, status, `${name}: ${answer.text}`);
    if (lines !== undefined) assert.deepEqual(answer.lines, lines, name);
    if (text !== undefined) assert.match(answer.text, text, name);
  }
}

/** A receiver whose log of `count` lines is in Loki, all of it. */
async function forwardedLog(peers: Peers, context: Context, loki: RealLoki, count: number): Promise<Receiver> {
  const sender = await peers.path("telemetrygen");
  const receiver = await Receiver.start(context, { loki: loki.url });
  const attributes = { "audit.actor.id": "ann" };
  await telemetrygen(sender, { protocol: "http", endpoint: receiver.http, count: count / 2, attributes });
  await telemetrygen(sender, { protocol: "grpc", endpoint: receiver.grpc, count: count / 2, attributes });
  await receiver.forwarded();
  return receiver;
}

/**
 * The different lines in Loki, by seq. A request that is repeated may leave copies: Loki shards a stream of more than 1.5 MB/s, and
 * knows an entry again only in its own shard.
 */
async function linesIn(loki: RealLoki): Promise<string[]> {
  const entries = await loki.readAll(LINES, nowNs() - HOUR_NS, nowNs() + HOUR_NS);
  return [...new Set(entries.map(({ line }) => line))].sort(bySeq);
}

async function readBack(peers: Peers, context: Context): Promise<void> {
  const loki = await peers.loki(context);
  const receiver = await forwardedLog(peers, context, loki, 12_000);
  const lines = await receiver.lines(); // the receiver's own among them
  assertSameLines(await linesIn(loki), lines);
  const verdict = await receiver.verifyLoki(loki.url);
  assert.deepEqual(
    { code: verdict.code, records: verdict.report.records },
    { code: 0, records: lines.length },
    verdict.output.slice(0, 800),
  );
}

async function deletion(peers: Peers, context: Context): Promise<void> {
  const loki = await peers.loki(context);
  const receiver = await forwardedLog(peers, context, loki, 2000);
  await receiver.stop();
  // Loki deletes up to a time in the past, in whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await loki.deleteLines(`${LINES} | seq=~"70[1-9]"`, nowNs() - HOUR_NS, nowNs());
  await loki.restart();
  const verdict = await receiver.verifyLoki(loki.url);
  assert.equal(verdict.code, 1, verdict.output.slice(0, 800));
  assert.equal(verdict.report.findings[0]?.seq, 701, JSON.stringify(verdict.report.findings).slice(0, 500));
  assert.equal((await receiver.verifyData()).code, 0, "the ledger itself holds");
}

async function alteration(peers: Peers, context: Context): Promise<void> {
  const loki = await peers.loki(context);
  const receiver = await forwardedLog(peers, context, loki, 600);
  await receiver.stop();
  const entries = await loki.readAll(`${LINES} | seq="321"`, nowNs() - HOUR_NS, nowNs() + HOUR_NS);
  assert.equal(entries.length, 1);
  const [{ ts, line }] = entries as [{ ts: bigint; line: string }];
  const changed = line.replace('"audit.actor.id":"ann"', '"audit.actor.id":"bob"');
  assert.notEqual(changed, line);
  const stream = { service_name: "telemetrygen", log: LOG, type: "line" };
  assert.deepEqual(await loki.push([{ stream, values: [[String(ts), changed, { seq: "321" }]] }]), { status: 204, text: "" });
  const verdict = await receiver.verifyLoki(loki.url);
  assert.equal(verdict.code, 1, verdict.output.slice(0, 800));
  assert.ok(
    verdict.report.findings.some(({ seq }) => seq === 321),
    JSON.stringify(verdict.report.findings).slice(0, 500),
  );
}

async function killed(peers: Peers, context: Context): Promise<void> {
  const sender = await peers.path("telemetrygen");
  const loki = await peers.loki(context);
  const receiver = await Receiver.start(context, { loki: loki.url });
  const attributes = { "audit.actor.id": "ann" };
  const load = telemetrygen(sender, { protocol: "grpc", endpoint: receiver.grpc, count: 8000, rate: 1500, attributes });
  for (let round = 0; round < 3; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    await loki.kill();
    await new Promise((resolve) => setTimeout(resolve, 700));
    await loki.start();
  }
  await load;
  await receiver.forwarded();
  assertSameLines(await linesIn(loki), await receiver.lines());
  assert.equal((await receiver.senderLines()).length, 8000);
  const verdict = await receiver.verifyLoki(loki.url);
  assert.equal(verdict.code, 0, verdict.output.slice(0, 800));
}

async function receiverKilled(peers: Peers, context: Context): Promise<void> {
  const sender = await peers.path("telemetrygen");
  const loki = await peers.loki(context);
  const receiver = await Receiver.start(context, { loki: loki.url });
  const attributes = { "audit.actor.id": "ann" };
  for (let round = 0; round < 3; round += 1) {
    await telemetrygen(sender, { protocol: "http", endpoint: receiver.http, count: 2000, attributes });
    await receiver.kill();
    await receiver.start();
  }
  await receiver.forwarded();
  const lines = await receiver.lines();
  assert.ok(lines.length >= 6000);
  assertSameLines(await linesIn(loki), lines);
  const verdict = await receiver.verifyLoki(loki.url);
  assert.equal(verdict.code, 0, verdict.output.slice(0, 800));
}

async function refused(peers: Peers, context: Context): Promise<void> {
  const loki = await peers.loki(context, ["-distributor.max-line-size=4KB"]);
  const receiver = await Receiver.start(context, { loki: loki.url });
  const headers = { "content-type": "application/json" };
  const logRecords = Array.from({ length: 300 }, (_, i) => ({
    body: { stringValue: i === 211 ? "x".repeat(6000) : `record ${i}` },
    attributes: [{ key: "audit.actor.id", value: { stringValue: "ann" } }],
  }));
  const body = JSON.stringify({ resourceLogs: [{ resource: {}, scopeLogs: [{ logRecords }] }] });
  const response = await fetch(`http://${receiver.http}/v1/logs`, { method: "POST", headers, body });
  assert.equal(response.status, 200, await response.text());
  await receiver.forwarded();
  const lines = await receiver.lines();
  const large = lines.findIndex((line) => line.includes("x".repeat(6000)));
  assertSameLines(
    await linesIn(loki),
    lines.filter((_, seq) => seq !== large),
  );
  const letters = await receiver.deadLetters();
  assert.deepEqual(
    letters.map(({ seq }) => seq),
    [large],
  );
  assert.match(letters[0]!.reason, /^400 max entry size '4096' bytes exceeded for stream/);
  assert.equal(await receiver.metric("proofline_sink_dead_letters_total"), 1);
}
