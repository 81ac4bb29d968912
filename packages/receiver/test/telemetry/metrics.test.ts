import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import {
  COUNTERS,
  DRAFT_COUNTERS,
  DRAFT_GAUGES,
  GAUGES,
  HISTOGRAMS,
  LOSS_CAUSES,
  type MetricRow,
} from "../../src/telemetry/names.ts";
import { auditRecord, request, toJson } from "../support/otlp.ts";
import { startTestReceiver, temporaryFolder } from "../support/receiver.ts";
import { createAuthority, issueServer } from "../support/x509.ts";

test("records_lost_total is served as zero from the start, with every cause there could be", async (t) => {
  const r = await startTestReceiver(t);
  const metrics = await r.metrics();
  for (const cause of LOSS_CAUSES) assert.ok(metrics.includes(`proofline_records_lost_total{cause="${cause}"} 0\n`), cause);
});

test("every counter of the table is served, and every gauge that a running receiver has", async (t) => {
  const folder = await temporaryFolder(t);
  const { cert, key } = issueServer(createAuthority("servers"));
  const tls = { "otlp.tls.cert_file": join(folder, "crt"), "otlp.tls.key_file": join(folder, "key") };
  await writeFile(tls["otlp.tls.cert_file"], cert);
  await writeFile(tls["otlp.tls.key_file"], key);
  const settings = { "sinks.loki.url": "http://127.0.0.1:9", "admin.http": "127.0.0.1:0", ...tls };
  const r = await startTestReceiver(t, { settings });
  const metrics = await (await fetch(`http://127.0.0.1:${r.receiver.admin!.port}/metrics`)).text();
  for (const { name, help } of [COUNTERS, GAUGES, HISTOGRAMS, DRAFT_COUNTERS, DRAFT_GAUGES].flatMap((rows): MetricRow[] =>
    Object.values(rows),
  )) {
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
  assert.match(metrics, new RegExp(`^proofline_ledger_size ${(await r.allLines()).length}$`, "m"));
  assert.match(metrics, /^proofline_ack_seconds_count\{transport="http"\} 1$/m);
  assert.match(metrics, /^proofline_disk_free_bytes [1-9]\d*$/m);
  assert.match(metrics, /^proofline_ready 1$/m);
});

test("how long and how large commits are, and how long requests take, is served under the names of OpenTelemetry's conventions", async (t) => {
  const r = await startTestReceiver(t);
  await r.post(toJson(request(auditRecord("a"), auditRecord("b"))));
  const metrics = await r.metrics();
  assert.match(metrics, /^proofline_commit_seconds_count [1-9]/m);
  assert.match(metrics, /^proofline_commit_lines_sum [2-9]/m);
  const labels = 'http_request_method="POST",http_route="/v1/logs",http_response_status_code="200"';
  assert.ok(metrics.includes(`http_server_request_duration_seconds_count{${labels}} 1\n`), metrics);
  assert.match(metrics, /^audit_records_emitted_total 2$/m);
  assert.match(metrics, /^audit_records_dropped_total\{cause="queue_full"\} 0$/m);
});

test("a registry has its own counters: two receivers in a process do not share them", async () => {
  const [a, b] = [createMetrics({ process: false }), createMetrics({ process: true })];
  a.count("accepted", 3);
  assert.match((await a.serve()).text, /^proofline_records_accepted_total 3$/m);
  assert.match((await b.serve()).text, /^proofline_records_accepted_total 0$/m);
  assert.match((await b.serve()).text, /^process_cpu_seconds_total/m);
});
