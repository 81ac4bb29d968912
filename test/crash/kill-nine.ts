// kill-nine.ts: kills a real process on a real disk again and again while senders wait for its acknowledgements, and checks at the end
// that every promise was kept. What is killed is a Victim: the whole receiver, or a bare ledger.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkWholeLog } from "../../packages/ledger/test/support/check-whole-log.ts";

export interface Running {
  /** Resolves to true when all records were acknowledged; false when the process went before it answered. */
  send(ids: readonly string[]): Promise<boolean>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** An orderly end; resolves when the process is gone. */
  stop(): Promise<void>;
}

export interface Victim {
  readonly log: string;
  start(data: string): Promise<Running>;
}

const CONNECTIONS = 6;
const MOST_IN_A_BATCH = 40;
/** Most acknowledgements between a start and a kill. */
const MOST_ACKNOWLEDGEMENTS = 120;

/** One after the other, each batch until it is acknowledged: also over restarts, always under the same ids. */
class Sender {
  readonly acknowledged: string[][] = [];
  readonly #name: string;
  readonly #random: () => number;
  #batch: string[] | undefined;

  constructor(name: string, random: () => number) {
    this.#name = name;
    this.#random = random;
  }

  /** Sends until the process goes or `done()`. */
  async work(running: Running, done: () => boolean, onAcknowledged: () => void): Promise<void> {
    while (!done()) {
      const count = 1 + Math.floor(this.#random() * MOST_IN_A_BATCH);
      this.#batch ??= Array.from({ length: count }, (_, i) => `${this.#name}-${this.acknowledged.length}-${i}`);
      if (!(await running.send(this.#batch))) return;
      this.acknowledged.push(this.#batch);
      this.#batch = undefined;
      onAcknowledged();
    }
  }

  /** The batch that was not acknowledged, if there is one. */
  async finish(running: Running): Promise<void> {
    if (this.#batch !== undefined)
      await this.work(
        running,
        () => this.#batch === undefined,
        () => {},
      );
  }
}

export interface Outcome {
  /** Records; as many as there are lines. */
  readonly acknowledged: number;
  readonly kills: number;
}

/** @param random from 0 up to 1; the same numbers give the same batches, though not the same moments */
export async function killNine(victim: Victim, rounds: number, random: () => number): Promise<Outcome> {
  const data = await mkdtemp(join(tmpdir(), "proofline-kill-"));
  const senders = Array.from({ length: CONNECTIONS }, (_, i) => new Sender(`c${i}`, random));
  let running: Running | undefined;
  try {
    for (let round = 0; round < rounds; round++) {
      running = await victim.start(data);
      await oneRound(running, senders, 1 + Math.floor(random() * MOST_ACKNOWLEDGEMENTS));
    }
    running = await victim.start(data);
    await Promise.all(senders.map((sender) => sender.finish(running!)));
    await running.stop();
    running = undefined;
    return { acknowledged: await verify(victim, data, senders), kills: rounds };
  } finally {
    await running?.kill();
    await rm(data, { recursive: true });
  }
}

/** All senders at work; after so many acknowledgements, the process is killed in the middle of the others. */
async function oneRound(running: Running, senders: readonly Sender[], acknowledgements: number): Promise<void> {
  let left = acknowledgements;
  let killed: Promise<void> | undefined;
  const count = () => {
    if (--left === 0) killed = running.kill();
  };
  await Promise.all(senders.map((sender) => sender.work(running, () => left <= 0, count)));
  assert.ok(killed !== undefined, "the process ended by itself");
  await killed;
}

async function verify({ log }: Victim, data: string, senders: readonly Sender[]): Promise<number> {
  const folder = join(data, ...log.split("/"));
  const files = new Map<string, Uint8Array>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(path.slice(folder.length + 1), await readFile(path));
  }
  const segments = [...files.keys()].filter((path) => path.startsWith("segments/")).map((path) => path.slice("segments/".length));
  const vkey = Buffer.from(files.get("vkey")!).toString().trimEnd();
  const { lines, checkpointSize } = checkWholeLog(log, vkey, { segments: segments.sort(), read: (path) => files.get(path) });
  assert.equal(checkpointSize, lines.length, "an orderly end signs everything");
  assert.ok(!files.has("lock"), "an orderly end gives the lock back");
  const places = new Map<string, number>();
  for (const { id, seq } of lines) {
    assert.ok(!places.has(id), `${id} is at seq ${places.get(id)} and at ${seq}`);
    places.set(id, seq);
  }
  let acknowledged = 0;
  for (const sender of senders) {
    let last = -1;
    for (const id of sender.acknowledged.flat()) {
      const seq = places.get(id);
      assert.ok(seq !== undefined, `${id} was acknowledged and is not there`);
      assert.ok(seq > last, `${id} is at seq ${seq}, before what its connection sent before it`);
      last = seq;
      acknowledged++;
    }
  }
  const sent = lines.filter(({ writer }) => writer !== "proofline.receiver");
  assert.equal(sent.length, acknowledged, "nothing is there that was not sent, but for what the receiver says of itself");
  return acknowledged;
}
