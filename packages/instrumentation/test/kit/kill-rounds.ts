// kill-rounds.ts: kills the emitting application and the receiver at random with SIGKILL, restarts them, lets the last one deliver
// what is left, and counts: every event whose `record` returned is in the ledger, once.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type Child, lineOf, startChild } from "./child.ts";
import { tempFolder, until } from "./fixture.ts";

export interface Ledger {
  start(t: TestContext, port: number): Promise<Child>;
  /** Ids in the ledger, in its order, with what appears twice twice. */
  ids(): string[];
}

export function standIn(folder: string): Ledger {
  const path = join(folder, "ledger.txt");
  return {
    async start(t, port) {
      const child = startChild(t, { args: ["test/apps/stand-in-receiver.ts", String(port), path] });
      await lineOf(child, /listening/);
      return child;
    },
    ids: () => readFileSync(path, "utf8").split("\n").slice(0, -1),
  };
}

const command = join(dirname(fileURLToPath(import.meta.url)), "../../../cli/bin/proofline.js");

/** The real receiver, as built. */
export function proofline(folder: string): Ledger {
  const data = join(folder, "data");
  return {
    async start(t, port) {
      const addresses = ["--otlp-http", `127.0.0.1:${port}`, "--otlp-grpc", "127.0.0.1:0"];
      const child = startChild(t, {
        args: [command, "serve", "--data", data, "--log", "kill.test", ...addresses],
        conditions: [],
      });
      await lineOf(child, /receiver +http/);
      return child;
    },
    ids() {
      const segments = join(data, "kill.test", "segments");
      return readdirSync(segments)
        .sort()
        .flatMap((name) => readFileSync(join(segments, name), "utf8").split("\n").slice(0, -1))
        .map((line) => (JSON.parse(line) as { id: string }).id);
    },
  };
}

export interface Tally {
  readonly printed: number;
  readonly ledger: number;
  readonly appKills: number;
  readonly receiverKills: number;
}

export async function killRounds(
  t: TestContext,
  o: { rounds: number; seed: number; ledger: (folder: string) => Ledger },
): Promise<Tally> {
  const random = seeded(o.seed);
  const folder = await tempFolder(t);
  const ledger = o.ledger(folder);
  const port = await freePort();
  const env = {
    PROOFLINE_ENDPOINT: `http://127.0.0.1:${port}`,
    PROOFLINE_SPOOL: join(folder, "spool"),
    OTEL_SERVICE_NAME: "emitter",
  };
  const printed: string[] = [];
  const killed = { app: 0, receiver: 0 };

  const kill = async (child: Child): Promise<void> => {
    child.process.kill("SIGKILL");
    await child.ended;
  };
  let receiver = await ledger.start(t, port);
  for (let round = 0; round < o.rounds; round++) {
    const app = startChild(t, { args: ["test/apps/emitter.ts"], env });
    const first = random() * 300;
    await until(() => app.lines().length > first);
    // In half of the rounds and some more the receiver dies first, under load, and is back (or not) while the application goes on.
    if (round % 2 === 1 || random() < 0.2) {
      await kill(receiver);
      killed.receiver++;
      const before = app.lines().length;
      if (random() < 0.7) receiver = await ledger.start(t, port);
      const more = random() * 300;
      await until(() => app.lines().length > before + more);
    }
    await kill(app);
    killed.app++;
    printed.push(...app.lines());
    if (receiver.process.signalCode !== null) receiver = await ledger.start(t, port);
  }
  const last = startChild(t, { args: ["test/apps/emitter.ts", "drain"], env });
  await lineOf(last, /drained/);
  await kill(receiver);

  const ids = ledger.ids();
  const inLedger = new Set(ids);
  assert.equal(inLedger.size, ids.length, `seed ${o.seed}: an event is in the ledger twice`);
  const missing = printed.filter((id) => !inLedger.has(id));
  assert.deepEqual(missing, [], `seed ${o.seed}: ${missing.length} of ${printed.length} events are missing`);
  return { printed: printed.length, ledger: ids.length, appKills: killed.app, receiverKills: killed.receiver };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
