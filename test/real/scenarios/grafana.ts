// grafana.ts: what deploy/ gives to Loki, Prometheus and Grafana, run: the configurations start, every question of every panel gets the answer that the
// ledger's lines give, and each rule fires on its case and on nothing else.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run, waitFor } from "../../support/peers/process.ts";
import { linesRules, prometheusRules } from "../grafana/alerts.ts";
import { filledReceiver, GAP, lastWeek, MINUTE_NS, nowNs, stored, withGap } from "../grafana/data.ts";
import { COOKBOOK, questions } from "../grafana/expected-cookbook.ts";
import { EXPECTED, key, type Stored, type Values, type World } from "../grafana/expected-lines.ts";
import { type Answer, DEPLOY, DeployedLoki, type Entry } from "../grafana/loki.ts";
import { EXPECTED_METRICS, Metrics, RANGE_MINUTES, type Scrape, scrape, series, unitTest } from "../grafana/metrics.ts";
import { deliveredQueries } from "../grafana/panels.ts";
import type { Context, Scenario } from "../lane.ts";
import type { Peers } from "../peers-here.ts";
import { LOG, type Receiver } from "../receiver.ts";

export function grafanaScenarios(peers: Peers): Scenario[] {
  return [
    {
      name: "deploy/loki: both configurations are valid, one disk keeps each class its time, and nobody deletes",
      run: (c) => configurations(peers, c),
    },
    {
      name: "alerts: promtool's tests of the rules for Prometheus pass, and its configuration is one",
      run: (c) => prometheusRules(peers, c),
    },
    {
      name: "dashboards: every question of every panel gets the answer that the log and the metrics give",
      run: (c) => panels(peers, c),
    },
    { name: "alerts: each rule of the logs is silent on a quiet day and fires on its case", run: (c) => linesRules(peers, c) },
  ];
}

async function configurations(peers: Peers, context: Context): Promise<void> {
  const binary = await peers.path("loki");
  const s3 = { S3_ENDPOINT: "127.0.0.1:1", S3_BUCKET: "b", S3_ACCESS_KEY_ID: "a", S3_SECRET_ACCESS_KEY: "s" };
  for (const name of ["single-binary.yaml", "object-storage.yaml"]) {
    const words = ["-config.expand-env=true", `-config.file=${join(DEPLOY, "loki", name)}`, "-verify-config"];
    const { code, output } = await run(binary, words, { env: s3 });
    assert.equal(code, 0, `${name}: ${output.slice(0, 800)}`);
  }
  const loki = await DeployedLoki.start(context, { binary });
  assert.equal((await loki.remove()).status, 403, "deletion is disabled");
  const limits = await fetch(`${loki.url}/config/tenant/v1/limits`, { headers: { "x-scope-orgid": "fake" } }).then((response) =>
    response.text(),
  );
  for (const [selector, period] of [
    ['class="login"', "400d"],
    ['class="access"', "1096d"],
    ['class=~"change|approval|override|decision|delegation"', "3653d"],
  ]) {
    const rule = `- period: ${period}\n  priority: 1\n  selector: '{type="line", ${selector}}'\n`;
    assert.ok(limits.includes(rule), `the tenant's limits have ${rule}`);
  }
  const folder = join(context.folder, "open");
  await mkdir(folder);
  const open = await DeployedLoki.start(context, {
    binary,
    flags: ["-compactor.deletion-mode=filter-and-delete"],
    env: { LOKI_DATA: folder },
  });
  assert.deepEqual(await open.remove(), { status: 204, text: "" }, "a Loki that allows deletion");
  const metrics = await fetch(`${open.url}/metrics`).then((response) => response.text());
  assert.match(
    metrics,
    /^loki_compactor_delete_requests_received_total\{user="fake"\} 1$/m,
    "the metric that the alert asks for",
  );
}

async function panels(peers: Peers, context: Context): Promise<void> {
  const loki = await DeployedLoki.start(context, { binary: await peers.path("loki") });
  const { receiver, before } = await filledReceiver(context, loki);
  const old = await lastWeek(context, loki);
  const gap = await withGap(context, loki);
  const lines = (await receiver.lines()).map(stored);
  const world: World = {
    now: [...lines, ...gap],
    weekAgo: old,
    signed: new Map([
      [LOG, lines.length],
      [GAP, 0],
    ]),
  };
  const atNs = nowNs() + MINUTE_NS;
  const asked = deliveredQueries("1h").filter(({ source }) => source === "loki");
  const panelsAsked = new Set(asked.map(({ panel }) => panel));
  assert.deepEqual(
    [...panelsAsked].sort(),
    Object.keys(EXPECTED).sort(),
    "every panel of the logs has its expectation, and the other way round",
  );
  await proofsAreServed(receiver, loki, atNs);
  const wrong: string[] = [];
  for (const { panel, index, expr } of asked) {
    const answer = await loki.ask(expr, atNs);
    const difference = differs(answer, EXPECTED[panel]![index]!(world));
    if (difference !== undefined) wrong.push(`${panel} [${index}]: ${difference}\n    ${expr}`);
  }
  if (wrong.length > 0)
    throw new Error(`${wrong.length} of ${asked.length} questions got the wrong answer:\n${wrong.join("\n")}`);
  context.say(`${asked.length} questions of ${panelsAsked.size} panels of logs answered as ${world.now.length} lines say`);
  await cookbook(loki, world, atNs, context);
  await report(await peers.path("logcli"), loki, lines);
  await panelsOfMetrics(await peers.path("promtool"), context, receiver, before);
}

/** Every question of docs/logql.md. */
async function cookbook(loki: DeployedLoki, { now }: World, atNs: bigint, context: Context): Promise<void> {
  const page = await readFile(join(DEPLOY, "..", "docs", "logql.md"), "utf8");
  const asked = questions(page);
  assert.deepEqual(
    asked.map(({ title }) => title).sort(),
    Object.keys(COOKBOOK).sort(),
    "every question of the page has its expectation, and the other way round",
  );
  const refusal = now.find(({ line }) => line.event === "approval.refused")!.line;
  const ids = { trace: refusal.trace_id!, record: refusal.id! };
  const wrong: string[] = [];
  for (const { title, query } of asked) {
    const answer = await loki.ask(query.replaceAll("$trace", ids.trace).replaceAll("$record", ids.record), atNs);
    const expected = COOKBOOK[title]!;
    if (expected === "checkpoints") {
      assert.ok(answer.kind === "entries" && answer.entries.some(({ line }) => line.startsWith(`${LOG}\n`)), title);
      continue;
    }
    const difference = differs(answer, expected({ now, ...ids }));
    if (difference !== undefined) wrong.push(`${title}: ${difference}\n    ${query}`);
  }
  if (wrong.length > 0)
    throw new Error(`${wrong.length} of ${asked.length} questions of docs/logql.md got the wrong answer:\n${wrong.join("\n")}`);
  context.say(`${asked.length} questions of docs/logql.md answered as the lines say`);
}

/** A report is the lines, byte for byte, in order. */
async function report(logcli: string, loki: DeployedLoki, lines: readonly Stored[]): Promise<void> {
  const time = (ms: number): string => new Date(ms).toISOString();
  const range = [`--from=${time(Date.now() - 3_600_000)}`, `--to=${time(Date.now() + 60_000)}`];
  const words = ["query", "--quiet", `--addr=${loki.url}`, "--forward", "--limit=0", "--batch=1000", ...range, "-o", "raw"];
  const { code, stdout } = await run(logcli, [...words, `{type="line", log="${LOG}"}`]);
  assert.equal(code, 0);
  assert.equal(stdout, lines.map(({ text }) => `${text}\n`).join(""));
}

/** promtool parses and answers every question to Prometheus over what the receiver served. */
async function panelsOfMetrics(promtool: string, context: Context, receiver: Receiver, before: Scrape): Promise<void> {
  await waitFor(
    "sealed segments to be read back",
    async () => ((await receiver.metric("proofline_sink_confirmed")) ?? 0) > 0 || undefined,
    60_000,
  );
  const { text, samples } = await scrape(receiver);
  const all = series(before, samples);
  const metrics = new Metrics(all);
  const asked = deliveredQueries(`${RANGE_MINUTES}m`).filter(({ source }) => source === "prometheus");
  const titles = [...new Set(asked.map(({ panel }) => panel))].sort();
  assert.deepEqual(
    titles,
    Object.keys(EXPECTED_METRICS).sort(),
    "every panel of the metrics has its expectation, and the other way round",
  );
  const questions = asked.map(({ panel, index, expr }) => ({ expr, expected: EXPECTED_METRICS[panel]![index]!(metrics) }));
  for (const { expr, expected } of questions) assert.ok(expected.length > 0, `nothing was expected of ${expr}`);
  const file = join(context.folder, "panels.test.yaml");
  await writeFile(file, unitTest(all, questions));
  const { code, output } = await run(promtool, ["test", "rules", file]);
  assert.equal(code, 0, output.slice(0, 3000));
  const served = join(context.folder, "metrics.txt");
  await writeFile(served, text);
  const check = await run("sh", ["-c", '"$0" check metrics < "$1"', promtool, served]);
  context.say(
    `${questions.length} questions of ${titles.length} panels of metrics answered by promtool over ${all.length} series; check metrics: ${check.output.trim() || "fine"}`,
  );
}

/** The explorer's link to the proof: what it names is there, and ends in the record's leaf hash. */
async function proofsAreServed(receiver: Receiver, loki: DeployedLoki, atNs: bigint): Promise<void> {
  const [records] = deliveredQueries("1h", { log: LOG, actor_id: "max.roth" }).filter(
    ({ panel }) => panel === "proofline-explorer/Records",
  );
  const answer = await loki.ask(records!.expr, atNs);
  assert.ok(answer.kind === "entries" && answer.entries.length >= 3, "max.roth did something, and is found by name");
  for (const { labels, line } of answer.entries) {
    assert.equal(labels.actor_id, "max.roth");
    const response = await fetch(`http://${receiver.http}/tlog/${labels.log}/tile/0/${labels.proof}`);
    assert.equal(response.status, 200, labels.proof);
    const hashes = Buffer.from(await response.arrayBuffer());
    const leaf = createHash("sha256").update("\0").update(line).digest();
    assert.ok(hashes.subarray(-32).equals(leaf), labels.proof);
  }
}

/** What is wrong with an answer; undefined: nothing. Values may differ by rounding. */
function differs(answer: Answer, expected: Values | readonly Stored[]): string | undefined {
  if (answer.kind === "entries") {
    if (!Array.isArray(expected)) return "lines came, and counts were expected";
    const found = answer.entries.map(({ line }: Entry) => line).sort();
    const wanted = (expected as readonly Stored[]).map(({ text }) => text).sort();
    if (wanted.length === 0) return "nothing was expected: the panel has no test";
    return found.length === wanted.length && found.every((line, i) => line === wanted[i])
      ? undefined
      : `${found.length} lines came, ${wanted.length} were expected`;
  }
  if (Array.isArray(expected)) return "counts came, and lines were expected";
  const wanted = expected as Values;
  if (wanted.size === 0) return "nothing was expected: the panel has no test";
  const found = new Map(answer.series.map(({ labels, value }) => [key(labels), value]));
  const off = [...wanted].filter(([labels, value]) => !(Math.abs((found.get(labels) ?? Number.NaN) - value) < 1e-9));
  const more = [...found].filter(([labels]) => !wanted.has(labels));
  if (off.length === 0 && more.length === 0) return undefined;
  const shown = ([labels, value]: [string, number]): string => `${labels} = ${value}, found ${found.get(labels)}`;
  return `expected ${off.slice(0, 4).map(shown).join("; ") || "no more"}; and nothing like ${JSON.stringify(more.slice(0, 4))}`;
}
