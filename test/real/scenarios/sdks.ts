// sdks.ts: the stock SDKs of other languages, each over every transport and compression that docs/conformance.md names.

import assert from "node:assert/strict";
import { join } from "node:path";
import { run } from "../../support/peers/process.ts";
import type { Context, Scenario } from "../lane.ts";
import type { Peers } from "../peers-here.ts";
import { Receiver } from "../receiver.ts";
import { SENDERS, type Sender, type Way } from "../senders.ts";

const COUNT = 600;

export function sdkScenarios(peers: Peers): Scenario[] {
  return SENDERS.map((sender) => ({
    name: `${sender.language}'s stock SDK over http and grpc, with gzip and without: every record is a line, whole, and verify --data holds`,
    run: (context) => sdkScenario(peers, context, sender),
  }));
}

async function sdkScenario(peers: Peers, context: Context, { language, ways }: Sender): Promise<void> {
  const send = await emitter(peers, language);
  const receiver = await Receiver.start(context);
  for (const way of ways) {
    const { code, output } = await send(way, way.protocol === "http" ? receiver.http : receiver.grpc);
    assert.equal(code, 0, `${language} over ${way.protocol} with ${way.compression} failed: ${output.slice(-800)}`);
  }
  await receiver.stop();
  const lines = await receiver.lines();
  const records = lines.map((line) => JSON.parse(line) as { id: string; event?: string; attributes?: Record<string, unknown> });
  for (const way of ways) {
    const { ids, event, actor } = expected(language, way);
    const found = new Map(records.filter(({ id }) => ids.has(id)).map((record) => [record.id, record]));
    assert.equal(found.size, ids.size, `${language} over ${way.protocol} with ${way.compression}`);
    for (const { event: name, attributes } of found.values()) {
      assert.equal(name, event);
      assert.equal(attributes?.["audit.actor.id"], actor);
      if (language !== "Python") assert.deepEqual(attributes?.huge, { $int: "9223372036854775807" });
    }
  }
  assert.ok(!lines.some((line) => line.includes("must-not-be-stored")), "a secret is in the ledger");
  assert.ok(lines.some((line) => line.includes("grüße 😀")));
  assert.equal((await receiver.verifyData()).code, 0);
}

type Emit = (way: Way, endpoint: string) => Promise<{ code: number; output: string }>;

async function emitter(peers: Peers, language: Sender["language"]): Promise<Emit> {
  const folder = join(import.meta.dirname, "..");
  if (language === "Go") {
    const binary = await peers.path("otel-go-emit");
    return (way, endpoint) => run(binary, [way.protocol, endpoint, String(COUNT), way.compression]);
  }
  if (language === "Java") {
    const jars = await peers.java();
    const program = ["-cp", join(jars, "*"), join(folder, "java", "Emit.java")];
    return (way, endpoint) => run("java", [...program, way.protocol, endpoint, String(COUNT), way.compression]);
  }
  const python = await peers.python();
  return (way, endpoint) =>
    run(python, [join(folder, "python", "emit.py"), way.protocol, endpoint, String(2 * COUNT), way.compression]);
}

function expected(language: Sender["language"], way: Way): { ids: Set<string>; event: string; actor: string } {
  const prefix = `${way.protocol}-${way.compression}`;
  const ids = new Set(Array.from({ length: COUNT }, (_, i) => `${prefix}-${i}`));
  return language === "Python"
    ? { ids, event: "kyc.checked", actor: "kyc-agent" }
    : { ids, event: "entry.posted", actor: "poster" };
}
