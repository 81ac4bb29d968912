// collector-faults.ts: what is lost, and what is told to senders, when the Collector is killed, Proofline is killed, or the network between
// them goes. Every count is printed; what was acknowledged and did not arrive is none.

import assert from "node:assert/strict";
import { join } from "node:path";
import { CutProxy } from "../../support/cut-proxy.ts";
import { COLLECTOR_CONFIG, COLLECTOR_FOLDER, type RealCollector, startCollector } from "../../support/peers/collector.ts";
import { waitFor } from "../../support/peers/process.ts";
import { CountingSender, type Told } from "../counting-sender.ts";
import type { Context, Scenario } from "../lane.ts";
import type { Peers } from "../peers-here.ts";
import { Receiver } from "../receiver.ts";

const OUTAGE_MS = 1000;
const BETWEEN = 150;

interface Site {
  readonly collector: RealCollector;
  readonly receiver: Receiver;
  readonly network: CutProxy;
}

interface Fault {
  readonly name: string;
  begin(site: Site): Promise<unknown>;
  end(site: Site): Promise<unknown>;
}

const FAULTS: readonly Fault[] = [
  {
    name: "Collector killed",
    begin: ({ collector }) => collector.kill(),
    end: ({ collector }) => collector.start(),
  },
  {
    name: "receiver killed",
    begin: ({ receiver }) => receiver.kill(),
    end: ({ receiver }) => receiver.start(),
  },
  {
    name: "answers lost, network cut",
    async begin({ network }) {
      network.loseAnswers();
      await passing(200);
      network.cut();
    },
    end: async ({ network }) => network.mend(),
  },
];

export function collectorFaultScenarios(peers: Peers): Scenario[] {
  return [
    {
      name: "synchronous Collector, killed, cut off and with the receiver killed: whatever it acknowledged is in the ledger at once, once",
      run: (context) => synchronous(peers, context),
    },
    {
      name: "persistent Collector, killed, cut off and with the receiver killed: it goes on acknowledging, and all of that arrives, once",
      run: (context) => persistent(peers, context),
    },
    {
      name: "persistent Collector, killed while the receiver is away: what it had acknowledged arrives after its restart, once",
      run: (context) => queueSurvives(peers, context),
    },
  ];
}

async function synchronous(peers: Peers, context: Context): Promise<void> {
  const site = await siteOf(peers, context, COLLECTOR_CONFIG);
  for (const fault of FAULTS) {
    const { told } = await suffer(site, fault);
    // No waiting: an answer means that the record is on disk.
    const count = await arrivals(site, told, fault.name);
    context.say(count.text);
    assert.deepEqual({ lost: count.lost, twice: count.twice }, { lost: 0, twice: 0 }, count.text);
  }
  await holds(site);
}

async function persistent(peers: Peers, context: Context): Promise<void> {
  const site = await siteOf(peers, context, join(COLLECTOR_FOLDER, "persistent.yaml"));
  for (const fault of FAULTS) {
    const { told, meanwhile } = await suffer(site, fault);
    await arrived(site, told);
    const count = await arrivals(site, told, fault.name);
    context.say(`${count.text}, ${meanwhile} acknowledged in the meantime`);
    assert.deepEqual({ lost: count.lost, twice: count.twice }, { lost: 0, twice: 0 }, count.text);
    if (fault.name !== "Collector killed") assert.ok(meanwhile > 0, "it did not acknowledge while the receiver was away");
  }
  await holds(site);
}

async function queueSurvives(peers: Peers, context: Context): Promise<void> {
  const site = await siteOf(peers, context, join(COLLECTOR_FOLDER, "persistent.yaml"));
  await site.receiver.kill();
  const sender = new CountingSender(`http://${site.collector.http}/v1/logs`, "queued");
  await waitFor("records acknowledged", () => sender.acknowledged >= 400 || undefined);
  await site.collector.kill();
  const told = await sender.end();
  await site.collector.start();
  await site.receiver.start();
  await arrived(site, told);
  const count = await arrivals(site, told, "receiver away, Collector killed");
  context.say(count.text);
  assert.deepEqual({ lost: count.lost, twice: count.twice }, { lost: 0, twice: 0 }, count.text);
  await holds(site);
}

/** The network between the two can be cut; the Collector's queue, when it has one, is in the scenario's folder. */
async function siteOf(peers: Peers, context: Context, config: string): Promise<Site> {
  const binary = await peers.path("otelcol-audit");
  const receiver = await Receiver.start(context);
  const network = await CutProxy.start(receiver.http);
  context.defer(() => network.stop());
  const environment = { QUEUE_DIRECTORY: join(context.folder, "queue") };
  const proofline = `http://${network.address}`;
  const collector = await startCollector({ binary, config, proofline, loki: "http://127.0.0.1:1", environment });
  context.defer(() => collector.stop());
  return { collector, receiver, network };
}

/** Sends before, through and after the fault. */
async function suffer(site: Site, fault: Fault): Promise<{ told: Told; meanwhile: number }> {
  const sender = new CountingSender(`http://${site.collector.http}/v1/logs`, fault.name.replaceAll(/\W+/g, "-"));
  await waitFor("records acknowledged before the fault", () => sender.acknowledged >= BETWEEN || undefined);
  await fault.begin(site);
  const before = sender.acknowledged;
  await passing(OUTAGE_MS);
  const meanwhile = sender.acknowledged - before;
  await fault.end(site);
  const after = sender.acknowledged;
  await waitFor("records acknowledged after the fault", () => sender.acknowledged >= after + BETWEEN || undefined, 60_000);
  return { told: await sender.end(), meanwhile };
}

async function arrived({ receiver }: Site, { acknowledged }: Told): Promise<void> {
  await waitFor(
    "everything that was acknowledged",
    async () => {
      const ids = new Set(await idsIn(receiver));
      return [...acknowledged].every((id) => ids.has(id)) || undefined;
    },
    60_000,
  );
}

interface Count {
  readonly text: string;
  /** Acknowledged, and not in the ledger. */
  readonly lost: number;
  readonly twice: number;
}

async function arrivals({ receiver }: Site, { acknowledged, refused }: Told, fault: string): Promise<Count> {
  const all = await idsIn(receiver);
  const mine = all.filter((id) => acknowledged.has(id) || refused.has(id));
  const ids = new Set(mine);
  const lost = [...acknowledged].filter((id) => !ids.has(id)).length;
  const twice = mine.length - ids.size;
  const sent = acknowledged.size + refused.size;
  const told = `sent ${sent}, acknowledged ${acknowledged.size}, arrived ${ids.size}`;
  return { text: `${fault}: ${told}, acknowledged and lost ${lost}, twice ${twice}`, lost, twice };
}

async function idsIn(receiver: Receiver): Promise<string[]> {
  return (await receiver.senderLines()).map((line) => (JSON.parse(line) as { id: string }).id);
}

async function holds({ collector, receiver }: Site): Promise<void> {
  await collector.stop();
  await receiver.stop();
  assert.equal((await receiver.verifyData()).code, 0);
}

/** The length of an outage, which is what is tested. */
async function passing(durationMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, durationMs));
}
