// hot-path.bench.ts: what a record costs in processor time, by part and without a network: prepared as a worker does it, and chained as the main
// thread does it, with a disk that keeps nothing. The least of many short rounds: what else the machine does only adds to a round.
//
//   node --conditions=@proofline/source test/bench/hot-path.bench.ts [--rounds 600] [--shape audit|telemetrygen] [--only prepare|chain]

import { randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ulidFactory } from "@proofline/event";
import { createLog, type Disk, nodeDisk, openLedger, type TailBatch } from "@proofline/ledger";
import { compilePolicy, defaultPolicy } from "@proofline/redaction";
import { generateSigner } from "@proofline/tlog";
import { defaultDecodeLimits } from "../../packages/receiver/src/decode/decoded.ts";
import { RequestPreparer } from "../../packages/receiver/src/pipeline/request-preparer.ts";
import { bodyOf, type Shape } from "./shapes.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "600" },
    shape: { type: "string", default: "audit" },
    only: { type: "string", default: "" },
  },
});
const rounds = Number(values.rounds);
const BATCH = 512;
const BATCHES_A_ROUND = 2;

/** Writes to segments go nowhere; all else is done. */
const forgetful: Disk = {
  ...nodeDisk,
  open: async (path, mode) => {
    const file = await nodeDisk.open(path, mode);
    if (!path.endsWith(".jsonl")) return file;
    return { ...file, write: async () => {}, datasync: async () => {} };
  },
};

const log = "bench";
const { signer } = generateSigner(log);
const data = mkdtempSync(join(tmpdir(), "proofline-hot-"));
await createLog({ data, log, signer });
const ledger = await openLedger({
  ...{ data, log, signer, disk: forgetful, checkpointIntervalMs: Number.POSITIVE_INFINITY, check: false },
  onFatal: (error) => {
    throw error;
  },
});
const preparer = new RequestPreparer({
  redactor: compilePolicy(defaultPolicy, { key: new Uint8Array(32) }),
  seal: (bytes) => bytes,
  nextId: ulidFactory({ now: Date.now, random: (bytes) => void randomFillSync(bytes) }),
  accept: "all",
  maxTailBytes: ledger.maxTailBytes,
  idKey: ledger.idKey,
  limits: defaultDecodeLimits,
});

const body = bodyOf(values.shape as Shape, BATCH);
let request = 0;
let leastPrepare = Number.POSITIVE_INFINITY;
let leastChain = Number.POSITIVE_INFINITY;
let spare: ArrayBuffer | undefined;
const prepareOne = (): TailBatch => {
  body.renumber(request++);
  const made = preparer.prepare(
    new Uint8Array(body.bytes.buffer, body.bytes.byteOffset, body.bytes.length),
    "protobuf",
    "",
    spare,
  );
  spare = made.tails.bytes.buffer as ArrayBuffer;
  return made.tails;
};
const bytesARecord = prepareOne().bytes.length / BATCH;
for (let round = 0; round < rounds; round++) {
  if (values.only !== "chain") {
    const before = performance.now() * 1000;
    for (let i = 0; i < BATCHES_A_ROUND; i++) prepareOne();
    leastPrepare = Math.min(leastPrepare, performance.now() * 1000 - before);
  }
  if (values.only !== "prepare") {
    const batches = Array.from({ length: BATCHES_A_ROUND }, () => {
      spare = undefined;
      return prepareOne();
    });
    const before = performance.now() * 1000;
    const suspects = batches.map((batch) => ledger.suspects(batch).length);
    await Promise.all(batches.map((batch) => ledger.append(batch)));
    leastChain = Math.min(leastChain, performance.now() * 1000 - before);
    if (suspects.some((found) => found > 0)) throw new Error("an id came twice");
  }
}
await ledger.close();
rmSync(data, { recursive: true, force: true });
const perRecord = (us: number): number => Number((us / (BATCH * BATCHES_A_ROUND)).toFixed(2));
console.log({
  shape: values.shape,
  tailBytes: Math.round(bytesARecord),
  prepareUs: perRecord(leastPrepare),
  chainUs: perRecord(leastChain),
});
