// support.ts: the command run in this process, with what it said; and a log with known lines for it to read.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type ExitCode, runProgram } from "@proofline/cli";
import { emptyRecord, formatTail, type LogRecord } from "@proofline/event";
import { createLog, openLedger } from "@proofline/ledger";
import { generateSigner } from "@proofline/tlog";

export interface Outcome {
  readonly code: ExitCode;
  readonly out: string;
  readonly error: string;
}

export async function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  let out = "";
  let error = "";
  const code = await runProgram(words, {
    out: async (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
    closed: false,
    environment: new Map(Object.entries(environment)),
  });
  return { code, out, error };
}

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "proofline-cli-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function record(id: string, attributes: Readonly<Record<string, string>> = {}, more: Partial<LogRecord> = {}): LogRecord {
  return { ...emptyRecord(), id, event: "invoice.approved", attributes: new Map(Object.entries(attributes)), ...more };
}

/** Noon UTC on 20 November 2026; each append comes a second after the one before. */
export const NOON_NS: bigint = BigInt(Date.UTC(2026, 10, 20, 12)) * 1_000_000n;

/** Appends records to a log, which is made when it is not there; each with a second of its own. */
export async function writeLog(
  data: string,
  log: string,
  records: readonly LogRecord[],
  o: { segmentBytes?: number } = {},
): Promise<void> {
  const { signer } = generateSigner(log, Buffer.alloc(32, 1));
  await createLog({ data, log, signer });
  let now = NOON_NS;
  const onFatal = (error: Error): void => {
    throw error;
  };
  const ledger = await openLedger({ data, log, signer, now: () => now, minFreeBytes: 0, onFatal, ...o });
  for (const one of records) {
    await ledger.append([{ tail: formatTail(one) }]);
    now += 1_000_000_000n;
  }
  await ledger.close();
}
