// disk.ts: how long this disk takes to put a few kilobytes on the medium, and what the ledger makes of it at several batch sizes. Writes into
// a folder of its own, which it is given, and nowhere else.

import { open } from "node:fs/promises";
import { join } from "node:path";
import { emptyRecord, formatTail } from "@proofline/event";
import { createLog, type Entry, openLedger } from "@proofline/ledger";
import { generateSigner } from "@proofline/tlog";
import { percentile } from "./percentile.ts";

export interface SyncTimes {
  readonly syncs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface AppendRate {
  /** Records that one caller sends at once and waits for. */
  readonly batch: number;
  /** Callers that do so at the same time. */
  readonly callers: number;
  readonly recordsPerSecond: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
}

const WRITE_BYTES = 4096;
/** What a typical audit record takes as a line, its head aside. */
const TAIL_BYTES = 650;
const SHAPES = [
  { batch: 1, callers: 1 },
  { batch: 1, callers: 64 },
  { batch: 64, callers: 1 },
  { batch: 512, callers: 1 },
  { batch: 512, callers: 4 },
] as const;

/** Appends and syncs, one after the other, as a ledger without group commit would. */
export async function measureSyncs(folder: string, ms: number): Promise<SyncTimes> {
  const file = await open(join(folder, "syncs"), "wx+");
  try {
    const bytes = Buffer.alloc(WRITE_BYTES, "x");
    const times: number[] = [];
    const end = performance.now() + ms;
    for (let position = 0; performance.now() < end; position += WRITE_BYTES) {
      const began = performance.now();
      await file.write(bytes, 0, WRITE_BYTES, position);
      await file.datasync();
      times.push(performance.now() - began);
    }
    return { syncs: times.length, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
  } finally {
    await file.close();
  }
}

/** @param ms for each shape */
export async function measureAppends(folder: string, ms: number): Promise<AppendRate[]> {
  const { signer } = generateSigner("bench");
  await createLog({ data: folder, log: "bench", signer });
  const onFatal = (): void => {}; // whoever appends is told
  const ledger = await openLedger({ data: folder, log: "bench", signer, onFatal });
  try {
    let sent = 0;
    const entries = (count: number): Entry[] => Array.from({ length: count }, () => ({ tail: tailOf(sent++) }));
    const rates: AppendRate[] = [];
    for (const { batch, callers } of SHAPES) {
      const times: number[] = [];
      const began = performance.now();
      const caller = async (): Promise<void> => {
        while (performance.now() - began < ms) {
          const asked = performance.now();
          await ledger.append(entries(batch));
          times.push(performance.now() - asked);
        }
      };
      await Promise.all(Array.from({ length: callers }, caller));
      const seconds = (performance.now() - began) / 1000;
      const recordsPerSecond = Math.round((times.length * batch) / seconds);
      rates.push({ batch, callers, recordsPerSecond, ackP50Ms: percentile(times, 0.5), ackP99Ms: percentile(times, 0.99) });
    }
    return rates;
  } finally {
    await ledger.close();
  }
}

function tailOf(number: number): string {
  const record = emptyRecord();
  record.id = `bench-${String(number).padStart(12, "0")}`;
  record.event = "invoice.approved";
  record.attributes.set("audit.actor.id", "ann").set("padding", "x".repeat(TAIL_BYTES - 130));
  return formatTail(record);
}
