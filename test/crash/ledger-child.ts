// ledger-child.ts: a process that holds the real ledger on the real disk and nothing else. Reads requests from standard input, a JSON object
// a line: {"call": number, "ids": string[]}; answers on standard output with the call's number when all of them are durable. Ends with
// its input. The log is made on the first start; its key is the test's.

import { createInterface } from "node:readline";
import { emptyRecord, formatTail } from "@proofline/event";
import { createLog, type Entry, LedgerError, openLedger } from "@proofline/ledger";
import { generateSigner } from "@proofline/tlog";

const [data, log] = process.argv.slice(2) as [string, string];
const { signer } = generateSigner(log, new Uint8Array(32).fill(1));
const o = {
  ...{ data, log, signer, segmentBytes: 60_000, checkpointIntervalMs: 5, minFreeBytes: 1 << 20 },
  onFatal: (error: LedgerError) => {
    console.error(error);
    process.exit(1);
  },
};

async function openOrCreate() {
  try {
    return await openLedger(o);
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code !== "NO_SUCH_LOG") throw error;
    await createLog({ data, log, signer });
    return await openLedger(o);
  }
}

function entryOf(id: string): Entry {
  const record = emptyRecord();
  record.id = id;
  record.event = "invoice.approved";
  record.attributes.set("audit.actor.id", "ann");
  return { tail: formatTail(record) };
}

const ledger = await openOrCreate();
console.log("ready");

async function append(call: number, ids: readonly string[]): Promise<void> {
  const fresh: Entry[] = [];
  const known: Promise<void>[] = [];
  for (const id of ids) {
    // An id always says the same here: its line need not be read.
    const [place] = ledger.places(id);
    if (place === undefined) fresh.push(entryOf(id));
    else known.push(ledger.durable(place));
  }
  await Promise.all([ledger.append(fresh), ...known]);
  console.log(call);
}

const calls: Promise<void>[] = [];
for await (const line of createInterface({ input: process.stdin })) {
  const { call, ids } = JSON.parse(line) as { call: number; ids: string[] };
  calls.push(append(call, ids));
}
await Promise.all(calls);
await ledger.close();
