// alerts.ts: the rules, run: promtool's tests of those for Prometheus, and those of the lines in a real Loki's ruler, on an empty store, on a quiet
// day, and on their cases.

import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Fields } from "@proofline/event";
import { MemoryLedger } from "../../../packages/receiver/test/loki/memory-ledger.ts";
import { run, waitFor } from "../../support/peers/process.ts";
import type { Context } from "../lane.ts";
import type { Peers } from "../peers-here.ts";
import { LOG, Receiver } from "../receiver.ts";
import { forward, nowNs, withGap } from "./data.ts";
import { DEPLOY, DeployedLoki } from "./loki.ts";
import { forRules, quietDay, send } from "./planted.ts";

export async function prometheusRules(peers: Peers, context: Context): Promise<void> {
  const promtool = await peers.path("promtool");
  const folder = join(DEPLOY, "prometheus");
  const tests = await run(promtool, ["test", "rules", join(folder, "rules.test.yaml")]);
  assert.equal(tests.code, 0, tests.output.slice(0, 2000));
  const checked = await run(promtool, ["check", "config", join(folder, "prometheus.yaml")]);
  assert.equal(checked.code, 0, checked.output.slice(0, 2000));
  const rulesText = await readFile(join(folder, "rules.yaml"), "utf8");
  const expected = await readFile(join(folder, "rules.test.yaml"), "utf8");
  const names = [...rulesText.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);
  for (const name of names) assert.ok(expected.includes(`alertname="${name}"`), `no test expects ${name}`);
  context.say(`${names.length} rules, each expected by a test`);
}

export async function linesRules(peers: Peers, context: Context): Promise<void> {
  const folder = join(context.folder, "rules", "fake");
  await mkdir(folder, { recursive: true });
  const text = await readFile(join(DEPLOY, "loki", "rules", "fake", "proofline.yaml"), "utf8");
  await writeFile(join(folder, "proofline.yaml"), text.replace("interval: 1m", "interval: 2s"));
  const flags = ["-ruler.poll-interval=1s", "-ruler.evaluation-interval=2s"];
  const loki = await DeployedLoki.start(context, {
    binary: await peers.path("loki"),
    rules: join(context.folder, "rules"),
    flags,
  });
  assert.deepEqual(await firing(loki), ["ProoflineHeartbeatAbsent"], "before anything is there, only the heartbeat is missed");

  const receiver = await Receiver.start(context, { loki: loki.url });
  const old = new MemoryLedger(LOG);
  const attributes: Fields = new Map([["gen_ai.request.model", "risk-scorer-2"]]);
  old.add(nowNs() - 86_400_000_000_000n, { service: "ap", event: "ai.inference", attributes });
  await forward(context, loki, old);
  await send(receiver.http, quietDay());
  await receiver.forwarded();
  assert.deepEqual(await firing(loki), [], "the quiet day");

  await send(receiver.http, forRules(Date.now()));
  await receiver.forwarded();
  await withGap(context, loki);
  const clock = new MemoryLedger("audit.example.com/clock");
  await forward(
    context,
    loki,
    clock.add(nowNs(), {
      service: "proofline-receiver",
      event: "proofline.clock.stepped_back",
      attributes: who("proofline.receiver"),
    }),
  );
  await loki.push({ service_name: "proofline-verify" }, [await brokenReport(context, receiver)], nowNs());
  const all = (await loki.rules()).map(({ name }) => name).sort();
  const expected = all.filter((name) => name !== "ProoflineHeartbeatAbsent");
  assert.deepEqual(await firing(loki), expected, "every rule on its case");
  context.say(
    `${all.length} rules: one fires on an empty Loki, none on the quiet day, the ${expected.length} others on their cases`,
  );
}

/** Which rules fire once each was evaluated over what is there now. */
async function firing(loki: DeployedLoki): Promise<string[]> {
  const since = Date.now();
  const evaluated = await waitFor("the rules to be evaluated", async () => {
    const all = await loki.rules();
    return all.length > 0 && all.every(({ lastEvaluation }) => Date.parse(lastEvaluation) > since) ? all : undefined;
  });
  for (const { name, health, lastError } of evaluated) assert.equal(health, "ok", `${name}: ${lastError}`);
  return evaluated
    .filter(({ state }) => state === "firing")
    .map(({ name }) => name)
    .sort();
}

function who(actor: string): Fields {
  return new Map([
    ["audit.actor.id", actor],
    ["audit.actor.type", "system"],
    ["audit.action", "WRITE"],
    ["audit.outcome", "success"],
  ]);
}

/** What `proofline verify --json` prints of a copy in which a name was changed. */
async function brokenReport(context: Context, receiver: Receiver): Promise<string> {
  const copy = join(context.folder, "copy");
  await cp(receiver.data, copy, { recursive: true });
  const segments = join(copy, LOG, "segments");
  const [first] = (await readdir(segments)).sort();
  await writeFile(join(segments, first!), (await readFile(join(segments, first!), "utf8")).replace('"bob"', '"eve"'), {
    mode: 0o600,
  });
  const { code, stdout } = await receiver.verifyCopy(copy);
  assert.equal(code, 1);
  return stdout.trim();
}
