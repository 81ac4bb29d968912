// tlog.ts: the log as other people's code sees it: Tessera's checker over HTTP while records arrive, and beside our own verifier on damaged
// logs.

import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { auditRequest, encodeRequest } from "../../support/otlp.ts";
import { run, waitFor } from "../../support/peers/process.ts";
import type { Context, Scenario } from "../lane.ts";
import type { Peers } from "../peers-here.ts";
import { LOG, Receiver, type Verdict } from "../receiver.ts";
import { DAMAGES } from "../tlog/damages.ts";
import { writeBundles } from "../tlog/folder.ts";

const SERVED = { PROOFLINE_SERVE_LOG_ENABLED: "true", PROOFLINE_SERVE_LOG_ENTRIES: "true" };
const LIVE_LINES = 1_000_000;
const BATCH = 2_000;
const CONNECTIONS = 4;

export function tlogScenarios(peers: Peers): Scenario[] {
  return [
    { name: "tlog-fsck says OK on a live log of a million lines, over HTTP, while records arrive", run: (c) => live(peers, c) },
    { name: "tlog-fsck and verify, side by side, refuse every kind of damage to a log", run: (c) => damaged(peers, c) },
  ];
}

interface Checked {
  readonly code: number;
  /** The first line of what it says. */
  readonly said: string;
}

async function fsck(binary: string, place: string, vkey: string, workers = 2): Promise<Checked> {
  const { code, stdout, output } = await run(binary, [place, vkey, String(workers)], { timeoutMs: 300_000 });
  return { code, said: (stdout === "" ? output : stdout).trim().split("\n")[0]!.slice(0, 300) };
}

async function live(peers: Peers, context: Context): Promise<void> {
  const binary = await peers.path("tlog-fsck");
  const environment = { ...SERVED, PROOFLINE_SERVE_LOG_BYTES_PER_SECOND: "1GiB" };
  const receiver = await Receiver.start(context, { environment });
  const sender = new Sender(receiver.http);
  const begun = performance.now();
  await sender.until(() => sender.sent >= LIVE_LINES);
  context.say(`${sender.sent} records sent and acknowledged in ${seconds(begun)}`);
  await waitFor("a checkpoint over all of them", async () =>
    ((await receiver.metric("proofline_checkpoint_size")) ?? 0) >= LIVE_LINES ? true : undefined,
  );
  let done = false;
  const arriving = sender.steadily(() => done);
  const checking = performance.now();
  const before = await receiver.size();
  const { code, said } = await fsck(binary, `http://${receiver.http}/tlog/${LOG}`, join(receiver.data, LOG, "vkey"), 8);
  const took = seconds(checking);
  const grown = (await receiver.size()) - before;
  done = true;
  await arriving;
  context.say(`tlog-fsck: ${said}, in ${took}, while ${grown} more records arrived`);
  assert.equal(code, 0, said);
  assert.ok(Number(/^OK (\d+)$/.exec(said)?.[1]) >= LIVE_LINES, said);
  assert.ok(grown > 0, "no record arrived while the log was checked");
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

/** The same records again and again: they have no ids of their own, so each is a line. */
class Sender {
  readonly #url: string;
  readonly #body: Uint8Array<ArrayBuffer>;
  sent = 0;

  constructor(http: string) {
    this.#url = `http://${http}/v1/logs`;
    const request = auditRequest({ seed: 1, records: BATCH });
    for (const record of request.resourceLogs![0]!.scopeLogs![0]!.logRecords!) {
      record.attributes = record.attributes!.filter(({ key }) => key === "audit.actor.id" || key === "audit.action");
    }
    this.#body = new Uint8Array(encodeRequest(request));
  }

  /** Sends as fast as it is taken, until `done()`. */
  async until(done: () => boolean): Promise<void> {
    await Promise.all(Array.from({ length: CONNECTIONS }, () => this.#work(done, 0)));
  }

  /** Sends some ten thousand records a second, until `done()`: a log at work, not one at its limit, where reading comes last. */
  async steadily(done: () => boolean): Promise<void> {
    await this.#work(done, 200);
  }

  async #work(done: () => boolean, pauseMs: number): Promise<void> {
    while (!done()) {
      const headers = { "content-type": "application/x-protobuf" };
      const response = await fetch(this.#url, { method: "POST", headers, body: this.#body });
      await response.arrayBuffer();
      // A receiver with too much under way asks to come again.
      if (response.status === 200) this.sent += BATCH;
      else assert.equal(response.status, 503);
      await delay(pauseMs);
    }
  }
}

async function damaged(peers: Peers, context: Context): Promise<void> {
  const binary = await peers.path("tlog-fsck");
  const receiver = await Receiver.start(context, { environment: { ...SERVED, PROOFLINE_SEGMENTS_BYTES: "128KiB" } });
  await sendDistinct(receiver, 1500);
  const vkey = join(receiver.data, LOG, "vkey");
  const url = `http://${receiver.http}/tlog/${LOG}`;
  assert.equal((await fsck(binary, url, vkey)).code, 0);
  const tile = join(receiver.data, LOG, "tile/0/002");
  const bytes = await readFile(tile);
  await writeFile(tile, bytes.toReversed());
  const served = await fsck(binary, url, vkey);
  context.say(`${"changed tile, served".padEnd(24)} fsck   ${served.code}: ${served.said}`);
  assert.equal(served.code, 1);
  await writeFile(tile, bytes);
  await receiver.stop();
  const whole = await copy(receiver.data, join(context.folder, "whole"));
  assert.deepEqual(await fsck(binary, join(whole, LOG), vkey), { code: 0, said: `OK ${await lineCount(receiver)}` });
  assert.equal((await receiver.verifyData()).code, 0);
  for (const damage of DAMAGES) {
    const data = join(context.folder, damage.name.replaceAll(" ", "-"));
    await cp(receiver.data, data, { recursive: true });
    await damage.do(join(data, LOG));
    const ours = await receiver.verifyCopy(data);
    await writeBundles(join(data, LOG));
    const theirs = await fsck(binary, join(data, LOG), vkey);
    context.say(`${damage.name.padEnd(24)} verify ${ours.code}: ${saidBy(ours)}`);
    context.say(`${"".padEnd(24)} fsck   ${theirs.code}: ${theirs.said.replaceAll(`${join(data, LOG)}/`, "")}`);
    assert.equal(ours.code, damage.verify ?? 1, `verify on a ${damage.name}: ${ours.output.slice(0, 500)}`);
    assert.equal(theirs.code, 1, `tlog-fsck on a ${damage.name}: ${theirs.said}`);
    assert.match(theirs.said, /^FAILED/);
  }
}

function saidBy({ report }: Verdict): string {
  const [first, ...more] = report.findings;
  const rest = more.length === 0 ? "" : `, and ${more.length} more`;
  return first === undefined ? report.result : `${first.code} at seq ${first.seq ?? "?"}: ${first.found.slice(0, 80)}${rest}`;
}

async function copy(data: string, to: string): Promise<string> {
  await cp(data, to, { recursive: true });
  await writeBundles(join(to, LOG));
  return to;
}

async function lineCount(receiver: Receiver): Promise<number> {
  return (await receiver.lines()).length;
}

async function sendDistinct(receiver: Receiver, count: number): Promise<void> {
  const logRecords = Array.from({ length: count }, (_, i) => ({
    eventName: "invoice.approved",
    attributes: Object.entries({ "audit.record.id": `r-${i}`, "audit.actor.id": "ann", "audit.action": "APPROVE" }).map(
      ([key, stringValue]) => ({ key, value: { stringValue } }),
    ),
  }));
  for (let from = 0; from < count; from += 100) {
    const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: logRecords.slice(from, from + 100) }] }] });
    const headers = { "content-type": "application/json" };
    const response = await fetch(`http://${receiver.http}/v1/audit`, { method: "POST", headers, body });
    assert.equal(response.status, 200, await response.text());
  }
}
