// fixture.ts: a log on a disk in memory, its key and its entries, for the tests of this room.

import { emptyRecord, formatTail, parseHead } from "@proofline/event";
import { generateSigner, type NoteSigner } from "@proofline/tlog";
import type { Entry } from "../../src/entry.ts";
import type { LedgerError } from "../../src/errors.ts";
import { createLog, type Disk, type Ledger, type OpenLedgerOptions, openLedger, type Processes } from "../../src/index.ts";
import { type CheckedLog, checkWholeLog } from "./check-whole-log.ts";
import type { MemoryDisk } from "./memory-disk.ts";
import { FakeHost } from "./processes.ts";

export const LOG = "audit.example.com/test";
export const DATA = "/data";
export const FOLDER = `${DATA}/${LOG}`;
export const signer: NoteSigner = generateSigner(LOG, new Uint8Array(32).fill(7)).signer;

/** 2026-11-20T21:14:03Z */
export const START_NS = 1_795_209_243_000_000_000n;

/** An entry, and what a test asks about it. */
export interface TestEntry extends Entry {
  readonly id: string;
}

export function entry(id: string, o: { padding?: number; body?: string } = {}): TestEntry {
  const record = emptyRecord();
  record.id = id;
  record.event = "invoice.approved";
  record.attributes.set("audit.actor.id", "ann");
  if (o.padding !== undefined) record.attributes.set("padding", "x".repeat(o.padding));
  if (o.body !== undefined) record.body = o.body;
  return { id, tail: formatTail(record) };
}

export function entries(prefix: string, count: number, padding?: number): TestEntry[] {
  return Array.from({ length: count }, (_, i) => entry(`${prefix}-${i}`, padding === undefined ? {} : { padding }));
}

/** A clock that a test moves. */
export class FakeClock {
  ns: bigint = START_NS;
  readonly now = (): bigint => this.ns;
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Opening extends Partial<Omit<OpenLedgerOptions, "disk" | "processes">> {
  readonly disk: Disk;
  readonly processes?: Processes;
}

/** Opens the test's log; small segments, checkpoints only when asked for unless it says otherwise. `fatal` collects what onFatal got. */
export async function open(o: Opening): Promise<Ledger & { fatal: LedgerError[] }> {
  const fatal: LedgerError[] = [];
  const ledger = await openLedger({
    ...{
      data: DATA,
      log: LOG,
      signer,
      now: new FakeClock().now,
      checkpointIntervalMs: Number.POSITIVE_INFINITY,
      batchBytes: 70_000,
    },
    ...{ processes: o.processes ?? new FakeHost().start(), onFatal: (error: LedgerError) => void fatal.push(error) },
    ...o,
  });
  return Object.assign(ledger, { fatal });
}

export async function create(disk: Disk, processes: Processes = new FakeHost().start()): Promise<void> {
  await createLog({ data: DATA, log: LOG, signer, disk, processes });
}

export function check(disk: MemoryDisk): CheckedLog {
  const prefix = `${FOLDER}/segments/`;
  const segments = [...disk.files().keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  return checkWholeLog(LOG, signer.vkey, {
    segments: segments.sort(),
    read: (path) => disk.file(`${FOLDER}/${path}`)?.contents(),
  });
}

/** What the newest lines with this entry's id are to it, once they are durable; undefined when there is none. The first one that says the same, or else the first. */
export async function seen(
  ledger: Pick<Ledger, "places" | "durable" | "read">,
  { id, tail }: TestEntry,
): Promise<{ status: "same" | "conflict"; seq: number } | undefined> {
  let conflict: { status: "conflict"; seq: number } | undefined;
  for (const seq of ledger.places(id)) {
    await ledger.durable(seq);
    const [read] = await ledger.read(seq, { maxBytes: 0, maxLines: 1 });
    const text = Buffer.from(read!.line.subarray(parseHead(read!.line).tailOffset)).toString();
    if (text === tail) return { status: "same", seq };
    conflict ??= { status: "conflict", seq };
  }
  return conflict;
}
