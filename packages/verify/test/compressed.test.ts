import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { emptyRecord, formatTail } from "@proofline/event";
import { createLog, openLedger } from "@proofline/ledger";
import { generateSigner, verifierFromVkey } from "@proofline/tlog";
import { verifyData } from "../src/index.ts";

const LOG = "audit.example.com/zst";
const { signer } = generateSigner(LOG, new Uint8Array(32).fill(5));
const keys = [verifierFromVkey(signer.vkey)];

suite("a log with compressed segments", () => {
  let data = "";
  let segments = "";

  before(async () => {
    data = await mkdtemp(join(tmpdir(), "proofline-zst-"));
    segments = join(data, ...LOG.split("/"), "segments");
    await createLog({ data, log: LOG, signer });
    const onFatal = (error: Error) => {
      throw error;
    };
    const ledger = await openLedger({ data, log: LOG, signer, segmentBytes: 600_000, compress: "zstd", onFatal });
    const record = emptyRecord();
    record.event = "invoice.approved";
    for (let i = 0; i < 10; i++) {
      const tails = Array.from({ length: 1000 }, (_, j) => {
        record.id = `r-${i}-${j}`;
        return { tail: formatTail(record) };
      });
      await ledger.append(tails);
    }
    await ledger.idle();
    await ledger.close();
  });
  after(() => rm(data, { recursive: true }));

  test("holds, all of it and a part of it, though only one segment is plain", async () => {
    const names = await readdir(segments);
    assert.ok(names.filter((name) => name.endsWith(".zst")).length >= 2);
    const report = await verifyData({ data, keys });
    assert.deepEqual([report.result, report.records, report.findings], ["holds", 10_000, []]);
    assert.equal((await verifyData({ data, keys, from: 3_000, to: 3_010 })).result, "holds");
  });

  test("does not hold when any part of a compressed one was changed, cut off or put elsewhere; and the place is named", async () => {
    const name = (await readdir(segments)).find((one) => one.endsWith(".zst"))!;
    const path = join(segments, name);
    const good = await readFile(path);
    await chmod(path, 0o600);
    for (const at of [0, 30, Math.floor(good.length / 2), good.length - 1, good.length - 12]) {
      await writeFile(path, good.with(at, good[at]! ^ 0x10));
      const report = await verifyData({ data, keys });
      // What any zstd decoder reads the same way may have changed, such as a reserved word; then nothing of the log has.
      if (report.result === "holds") assert.ok(at > good.length - 60 || at < 10, `byte ${at}`);
      else assert.deepEqual([report.result, report.findings[0]?.where.includes(name)], ["broken", true], `byte ${at}`);
    }
    for (const bytes of [good.subarray(0, good.length / 2), Buffer.alloc(0), Buffer.from("hello")]) {
      await writeFile(path, bytes);
      assert.equal((await verifyData({ data, keys })).result, "broken");
    }
    await writeFile(path, good);
    assert.equal((await verifyData({ data, keys })).result, "holds");
  });
});
