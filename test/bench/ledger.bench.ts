// ledger.bench.ts: how many lines a second the ledger makes durable, with real syncs on the disk that holds --dir (the system's folder for
// temporary files by default). 8 callers at a time, each of them appends 512 entries of 850 bytes and waits until they are durable.
//
//   npx node --conditions=@proofline/source test/bench/ledger.bench.ts [--seconds 10] [--callers 8] [--entries 512] [--bytes 850] [--dir DIR]
//
// Prints one JSON object. To see where the time goes: add --cpu-prof before the file's name.

import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { contentDigest, emptyRecord, formatTail } from "@proofline/event";
import { createLog, type Entry, openLedger } from "@proofline/ledger";
import { generateSigner } from "@proofline/tlog";

const { values: o } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    callers: { type: "string", default: "8" },
    entries: { type: "string", default: "512" },
    bytes: { type: "string", default: "850" },
    dir: { type: "string", default: tmpdir() },
  },
});
const [seconds, callers, perCall, bytes] = [o.seconds, o.callers, o.entries, o.bytes].map(Number) as [
  number,
  number,
  number,
  number,
];

const log = "bench.example.com/ledger";
const { signer } = generateSigner(log);
const data = await mkdtemp(join(o.dir, "proofline-bench-"));
await createLog({ data, log, signer });
const ledger = await openLedger({
  ...{ data, log, signer },
  onFatal: (error) => {
    throw error;
  },
});

// Ids and digests are made beforehand, as far as that goes: what is measured is the ledger.
const record = emptyRecord();
record.id = "x".repeat(26);
record.event = "invoice.approved";
record.attributes.set("audit.actor.id", "ann");
record.attributes.set("padding", "");
record.attributes.set("padding", "p".repeat(Math.max(0, bytes - formatTail(record).length)));
const [beforeId, afterId] = formatTail(record).split(record.id) as [string, string];
const content = contentDigest(record);
let made = 0;
function makeEntries(): Entry[] {
  return Array.from({ length: perCall }, () => {
    const id = String(made++).padStart(26, "0");
    return { id, content, tail: beforeId + id + afterId };
  });
}

const latencies: number[] = [];
const cpuBefore = process.cpuUsage();
const start = performance.now();
const end = start + seconds * 1000;
let lines = 0;
let peakRss = 0;
const rssTimer = setInterval(() => {
  peakRss = Math.max(peakRss, process.memoryUsage.rss());
}, 100);
await Promise.all(
  Array.from({ length: callers }, async () => {
    while (performance.now() < end) {
      const entries = makeEntries();
      const asked = performance.now();
      await ledger.append(entries);
      latencies.push(performance.now() - asked);
      lines += entries.length;
    }
  }),
);
clearInterval(rssTimer);
const elapsed = (performance.now() - start) / 1000;
const cpu = process.cpuUsage(cpuBefore);
const unsigned = ledger.size - ledger.checkpoint.size;
await ledger.close();
const reopenStart = performance.now();
const again = await openLedger({ data, log, signer, onFatal: () => {} });
const reopenMs = performance.now() - reopenStart;
await again.close();
await rm(data, { recursive: true });

latencies.sort((a, b) => a - b);
const quantile = (q: number) => Number(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))]!.toFixed(2));
const result = {
  bench: "ledger.append",
  node: process.version,
  cpus: cpus().length,
  callers,
  entriesPerCall: perCall,
  tailBytes: bytes,
  lines,
  linesPerSecond: Math.round(lines / elapsed),
  mebibytesPerSecond: Math.round((lines * (bytes + 160)) / elapsed / 2 ** 20),
  ackMs: { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) },
  cpuSecondsPerSecond: Number(((cpu.user + cpu.system) / 1e6 / elapsed).toFixed(2)),
  peakRssMebibytes: Math.round(peakRss / 2 ** 20),
  linesNotYetSignedAtEnd: unsigned,
  reopenMs: Math.round(reopenMs),
};
console.log(JSON.stringify(result, null, 2));
