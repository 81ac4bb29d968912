// slow-hostile-clients.ts: a `proofline serve` in a process of its own under clients that want its memory, while a good one goes on sending.
// Its settings are the defaults.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Receiver } from "../real/receiver.ts";
import {
  type Attack,
  endlessStreams,
  largeAuditBodies,
  largeBodies,
  manyConnections,
  slowLoris,
  type Target,
  unreadAnswers,
  wait,
  zipBombs,
} from "./attacks.ts";
import { GoodClient } from "./good-client.ts";
import { canReadMemory, memoryOf } from "./memory.ts";

const MAX_RSS_MB = 512;

/** In this order, each on top of those that hold on to what they have. */
const ATTACKS: readonly [name: string, run: (target: Target) => Promise<Attack>][] = [
  ["slow loris", (target) => slowLoris(target, 400)],
  ["answers that nobody reads", (target) => unreadAnswers(target, 50)],
  ["zip bombs", (target) => zipBombs(target, 16)],
  ["64 MiB bodies side by side", (target) => largeBodies(target, 8)],
  ["64 MiB bodies for /v1/audit", (target) => largeAuditBodies(target, 4)],
  ["gRPC streams without end", (target) => endlessStreams(target, 50, 100)],
  ["ten thousand connections", (target) => manyConnections(target, 10_000)],
];

test(`hostile clients: less than ${MAX_RSS_MB} MB whatever they do, and a good client loses nothing`, {
  skip: canReadMemory ? false : "there is no /proc to read the memory of a process from",
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "proofline-load-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  let stop: () => Promise<unknown> = () => Promise.resolve();
  t.after(() => stop());
  const receiver = await Receiver.start({ folder, say: (line) => t.diagnostic(line), defer: (cleanup) => (stop = cleanup) });
  const target = { http: receiver.http, grpc: receiver.grpc };
  const good = new GoodClient(t, target);
  good.start();
  await wait(1_000);
  t.diagnostic(`before: ${memoryOf(receiver.pid).nowMb} MB`);
  const holding: Attack[] = [];
  try {
    for (const [name, run] of ATTACKS) {
      const before = good.acknowledged.length;
      const attack = await run(target);
      holding.push(attack);
      // It may be slower, but it gets through while they are at it.
      while (good.acknowledged.length === before) await wait(50);
      const { nowMb, peakMb } = memoryOf(receiver.pid);
      t.diagnostic(
        `${name}: ${attack.said}; ${nowMb} MB, peak ${peakMb} MB; ${good.acknowledged.length - before} good records meanwhile`,
      );
    }
  } finally {
    for (const attack of holding) attack.release();
  }
  // Now that they are gone, the good client must get through.
  const reached = good.acknowledged.length;
  while (good.acknowledged.length < reached + 100) await wait(50);
  await good.stop();
  const { peakMb, nowMb } = memoryOf(receiver.pid);
  t.diagnostic(
    `peak ${peakMb} MB, ${nowMb} MB in the end; ${good.acknowledged.length} good records; ${JSON.stringify(good.told)}`,
  );
  await receiver.stop();
  const lines = new Set((await receiver.lines()).map((line) => /"id":"([^"]*)"/.exec(line)?.[1]));
  for (const id of good.acknowledged) assert.ok(lines.has(id), `${id} was acknowledged and is not there`);
  assert.ok(peakMb < MAX_RSS_MB, `${peakMb} MB`);
});
