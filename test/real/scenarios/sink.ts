// sink.ts: the Loki sink alone against the real Loki, with logs that a receiver would need days to make: old ones.

import assert from "node:assert/strict";
import { type LokiSink, startLokiSink } from "@proofline/receiver/loki";
import { MemoryLedger } from "../../../packages/receiver/test/loki/memory-ledger.ts";
import type { RealLoki } from "../../support/peers/loki.ts";
import { waitFor } from "../../support/peers/process.ts";
import type { Context, Scenario } from "../lane.ts";
import { assertSameLines, bySeq } from "../lines.ts";
import type { Peers } from "../peers-here.ts";

const MINUTE_NS = 60_000_000_000n;
const DAY_NS = 1440n * MINUTE_NS;
/**
 * For what is older than 3 h, Loki asks its store and not its ingesters, though the lines of a backlog may still be nowhere else: they are
 * invisible until their chunk is flushed. These let it always ask (the first alone does, unless the store is a file system).
 */
const SEE_EVERYTHING = ["-querier.query-ingesters-within=0", "-ingester.query-store-max-look-back-period=-1ns"];
const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;

export function sinkScenarios(peers: Peers): Scenario[] {
  return [
    {
      name: "a backlog of nine days, of several services, arrives in Loki in order, with no line refused",
      run: (c) => backlog(peers, c),
    },
    {
      name: "after a crash in the middle of a backlog, Loki takes the repeated entries and keeps one of each",
      run: (c) => repeated(peers, c),
    },
    { name: "after a lost cursor, Loki gets the whole log again and every line is there", run: (c) => lostCursor(peers, c) },
    {
      name: "what Loki holds is read back and confirmed, also lines that came nine days late",
      run: (c) => confirmed(peers, c),
    },
    { name: "lines and metadata of every character arrive unchanged", run: (c) => characters(peers, c) },
  ];
}

function start(context: Context, ledger: MemoryLedger, loki: RealLoki, refused: number[]): LokiSink {
  const append = async (letters: readonly { seq: number }[]): Promise<void> =>
    void refused.push(...letters.map(({ seq }) => seq));
  const sink = startLokiSink({ ledger, url: loki.url, deadLetters: { append }, lingerMs: 0 });
  context.defer(() => sink.stop());
  return sink;
}

async function sent(sink: LokiSink, next: number): Promise<void> {
  await waitFor(`${next} lines in Loki`, () => (sink.status().next >= next ? true : undefined), 60_000);
}

async function linesIn(loki: RealLoki): Promise<string[]> {
  return (await loki.readAll('{type="line"}', nowNs() - 20n * DAY_NS, nowNs() + DAY_NS)).map(({ line }) => line);
}

/** Lines from nine days ago until now, twelve minutes apart. */
function oldLog(): MemoryLedger {
  const ledger = new MemoryLedger();
  for (let at = nowNs() - 9n * DAY_NS, i = 0; at < nowNs(); at += 12n * MINUTE_NS, i += 1)
    ledger.add(at, { service: `s${i % 3}` });
  return ledger;
}

async function backlog(peers: Peers, context: Context): Promise<void> {
  const loki = await peers.loki(context, SEE_EVERYTHING);
  const ledger = oldLog();
  const refused: number[] = [];
  await sent(start(context, ledger, loki, refused), ledger.size);
  assert.deepEqual(refused, []);
  assertSameLines(await linesIn(loki), ledger.texts());
}

async function repeated(peers: Peers, context: Context): Promise<void> {
  const loki = await peers.loki(context, SEE_EVERYTHING);
  const ledger = oldLog();
  const refused: number[] = [];
  for (const until of [ledger.size >> 2, ledger.size >> 1, ledger.size]) {
    const sink = start(context, ledger, loki, refused);
    await sent(sink, until);
    const saved = ledger.saves.at(-1) ?? 0;
    await sink.stop(0);
    ledger.saved = saved; // as if it had not come to the last save
  }
  assert.deepEqual(refused, []);
  assertSameLines(await linesIn(loki), ledger.texts());
}

async function lostCursor(peers: Peers, context: Context): Promise<void> {
  const loki = await peers.loki(context, SEE_EVERYTHING);
  const ledger = oldLog();
  const refused: number[] = [];
  const first = start(context, ledger, loki, refused);
  await sent(first, ledger.size);
  await first.stop();
  ledger.saved = 0;
  await sent(start(context, ledger, loki, refused), ledger.size);
  assert.deepEqual(refused, []);
  assertSameLines([...new Set(await linesIn(loki))].sort(bySeq), ledger.texts());
}

async function confirmed(peers: Peers, context: Context): Promise<void> {
  const loki = await peers.loki(context, SEE_EVERYTHING);
  const ledger = oldLog();
  for (let i = 0; i < 2000; i += 1) ledger.add(nowNs() + BigInt(i));
  const mismatches: unknown[] = [];
  const append = async (letters: readonly unknown[]): Promise<void> => void mismatches.push(...letters);
  const metrics = { confirmed: (): void => {}, mismatch: (): void => {}, resent: (): void => {} };
  const sink = startLokiSink({
    ...{ ledger, url: loki.url, lingerMs: 0, deadLetters: { append } },
    readBack: { repair: false, sealed: () => ledger.size, deadLettered: async () => new Set(), mismatches: { append }, metrics },
  });
  context.defer(() => sink.stop());
  const read = async (): Promise<true | undefined> => (sink.confirmation()?.confirmed === ledger.size ? true : undefined);
  await waitFor("every line read back", read, 90_000);
  assert.deepEqual(mismatches, []);
}

async function characters(peers: Peers, context: Context): Promise<void> {
  const loki = await peers.loki(context, SEE_EVERYTHING);
  const ledger = new MemoryLedger();
  const base = nowNs();
  for (let block = 0; block < 0x110; block += 1) {
    const points = Array.from({ length: 256 }, (_, i) => block * 256 + i).filter((point) => point < 0xd800 || point > 0xdfff);
    if (points.length === 0) continue;
    const text = String.fromCodePoint(...points);
    ledger.add(base + BigInt(block), {
      body: text,
      service: `s${block}${text.slice(0, 40)}`,
      event: text.slice(0, 100),
      id: `${block} ${text.slice(100, 200)}`,
    });
  }
  const refused: number[] = [];
  await sent(start(context, ledger, loki, refused), ledger.size);
  assert.deepEqual(refused, []);
  assertSameLines(await linesIn(loki), ledger.texts());
}
