// A log of several hundred megabytes: it is read in flat memory. Prints how long that takes, and how long hashing the same bytes takes.
import assert from "node:assert/strict";
import { createHash, hash } from "node:crypto";
import { closeSync, createReadStream, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { emptyRecord, formatLine } from "@proofline/event";
import { CompactRange, generateSigner, signCheckpoint, verifierFromVkey } from "@proofline/tlog";
import { verifyData } from "@proofline/verify";
import { temporaryFolder } from "./support/temporary.ts";
import { NAME, START, segmentPath } from "./support/writer.ts";

const MEGABYTES = Number(process.env.PROOFLINE_TEST_MEGABYTES ?? 300);
const SEGMENT_BYTES = 64 * 1024 * 1024;
const MOST_MEMORY_BYTES = 400_000_000;

test(`a log of ${MEGABYTES} MB holds, in flat memory`, async (t) => {
  const data = await temporaryFolder(t);
  const { signer, vkey } = generateSigner(NAME);
  const { lines, bytes, segments } = writeLargeLog(join(data, NAME), MEGABYTES * 1e6, signer);

  const hashing = performance.now();
  const digest = createHash("sha256");
  for (const path of segments) for await (const piece of createReadStream(path)) digest.update(piece as Buffer);
  digest.digest();
  const hashed = performance.now();
  let peak = 0;
  const onProgress = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const report = await verifyData({ data, keys: [verifierFromVkey(vkey)], onProgress });
  const verified = performance.now();

  assert.deepEqual([report.result, report.records], ["holds", lines]);
  assert.ok(peak < MOST_MEMORY_BYTES, `${peak} bytes of memory`);
  const rate = (ms: number) => `${((bytes / ms / 1e6) * 1000).toFixed(0)} MB/s`;
  t.diagnostic(
    `${lines} lines, ${bytes} bytes: verified at ${rate(verified - hashed)}, only hashed at ${rate(hashed - hashing)}, at most ${(peak / 1e6).toFixed(0)} MB`,
  );
});

function writeLargeLog(folder: string, least: number, signer: ReturnType<typeof generateSigner>["signer"]) {
  mkdirSync(join(folder, "segments"), { recursive: true });
  const tree = new CompactRange();
  const segments: string[] = [];
  let prev = hash("sha256", "", "base64");
  let bytes = 0;
  let room = 0;
  let file = -1;
  const record = emptyRecord();
  for (let seq = 0; bytes < least; seq++) {
    if (room <= 0) {
      if (file >= 0) closeSync(file);
      segments.push(segmentPath(folder, seq));
      file = openSync(segments.at(-1)!, "w");
      room = SEGMENT_BYTES;
    }
    record.id = `01JD${String(seq).padStart(22, "0")}`;
    record.event = "invoice.approved";
    record.attributes = new Map([
      ["audit.actor.id", `user-${seq % 977}`],
      ["audit.action", "APPROVE"],
      ["audit.outcome", "success"],
      ["audit.target.id", `invoice:${seq}`],
    ]);
    record.body = "approved within the limit that the policy allows ".repeat(9);
    record.producer = { stream: `p-${seq % 4}`, number: Math.floor(seq / 4) + 1 };
    const line = formatLine({ ...record, log: NAME, seq, prev, received: START + BigInt(seq) });
    const leaf = hash("sha256", `\0${line}`, "buffer");
    tree.append(leaf);
    prev = leaf.toString("base64");
    room -= line.length + 1;
    bytes += writeSync(file, `${line}\n`);
  }
  closeSync(file);
  writeFileSync(join(folder, "checkpoint"), signCheckpoint({ origin: NAME, size: tree.size, root: tree.root() }, [signer]));
  return { lines: tree.size, bytes, segments };
}
