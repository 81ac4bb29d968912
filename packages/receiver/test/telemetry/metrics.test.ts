import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { ACK_SECONDS, COUNTERS, GAUGES, LOSS_CAUSES } from "../../src/telemetry/names.ts";
import { auditRecord, request, toJson } from "../support/otlp.ts";
import { startTestReceiver } from "../support/receiver.ts";

test("records_lost_total is served as zero from the start, with every cause there could be", async (t) => {
  const r = await startTestReceiver(t);
  const metrics = await r.metrics();
  for (const cause of LOSS_CAUSES) assert.ok(metrics.includes(`proofline_records_lost_total{cause="${cause}"} 0\n`), cause);
});

test("every counter of the table is served, and every gauge that a running receiver has", async (t) => {
  const r = await startTestReceiver(t, { settings: { "sinks.loki.url": "http://127.0.0.1:9" } });
  const metrics = await r.metrics();
  for (const { name, help } of [...Object.values(COUNTERS), ...Object.values(GAUGES), ACK_SECONDS]) {
    assert.ok(metrics.includes(`# HELP ${name} ${help}\n`), name);
  }
});

test("gauges of a sink that is not there are not served: a zero would be a statement", async (t) => {
  const r = await startTestReceiver(t);
  assert.doesNotMatch(await r.metrics(), /proofline_sink_lag_records/);
});

test("the ledger's size, the checkpoint's size and the latency of acknowledgements are served", async (t) => {
  const r = await startTestReceiver(t, { settings: { "checkpoint.interval": "1h" } });
  await r.post(toJson(request(auditRecord("a"), auditRecord("b"))));
  const metrics = await r.metrics();
  assert.match(metrics, /^proofline_ledger_size 2$/m);
  assert.match(metrics, /^proofline_ack_seconds_count\{transport="http"\} 1$/m);
  assert.match(metrics, /^proofline_disk_free_bytes [1-9]\d*$/m);
  assert.match(metrics, /^proofline_ready 1$/m);
});

test("a registry has its own counters: two receivers in a process do not share them", async () => {
  const [a, b] = [createMetrics({ process: false }), createMetrics({ process: true })];
  a.count("accepted", 3);
  assert.match((await a.serve()).text, /^proofline_records_accepted_total 3$/m);
  assert.match((await b.serve()).text, /^proofline_records_accepted_total 0$/m);
  assert.match((await b.serve()).text, /^process_cpu_seconds_total/m);
});
