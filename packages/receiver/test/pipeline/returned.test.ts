import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type LogRecord, parseLine, type Value } from "@proofline/event";
import { hashToBase64, leafHash } from "@proofline/tlog";
import { findReturned, type ReturnClaim, returnClaim } from "../../src/pipeline/returned.ts";
import { attributesOnward } from "../../src/sinks/otlp/marks.ts";
import { START } from "../loki/harness.ts";
import { MemoryLedger } from "../loki/memory-ledger.ts";

function filled(count: number): MemoryLedger {
  const ledger = new MemoryLedger();
  for (let i = 0; i < count; i += 1) ledger.add(START + BigInt(i));
  return ledger;
}

/** The record as it comes back, with what a test changes in it. */
function returned(ledger: MemoryLedger, seq: number, change: (record: LogRecord) => void = () => {}): LogRecord {
  const bytes = ledger.lines[seq]!;
  const line = parseLine(bytes);
  const record = { ...line, id: "", attributes: attributesOnward(line, bytes, undefined) };
  change(record);
  return record;
}

async function recognised(ledger: MemoryLedger, ...records: LogRecord[]): Promise<number[]> {
  const claims = new Map<number, ReturnClaim>();
  for (const [i, record] of records.entries()) {
    const claim = returnClaim(record);
    if (claim !== undefined) claims.set(i, claim);
  }
  return [...(await findReturned(claims, ledger))].sort((a, b) => a - b);
}

const set = (name: string, value: Value) => (record: LogRecord) => void record.attributes.set(name, value);

const change = (fields: Partial<LogRecord>) => (record: LogRecord) => void Object.assign(record, fields);

describe("a record that comes back", () => {
  test("is recognised, in any order and number, also when a Collector has added to it", async () => {
    const ledger = filled(1500);
    const seqs = [...ledger.lines.keys()].reverse();
    const records = seqs.map((seq) => returned(ledger, seq, set("k8s.pod.name", "x")));
    assert.deepEqual(await recognised(ledger, ...records, ...records), [...Array(3000).keys()]);
  });

  const forged: [string, (record: LogRecord) => void][] = [
    ["another log's", set("proofline.log", "audit.example.com/two")],
    ["a hash that is not the line's", set("proofline.leaf_hash", hashToBase64(leafHash(Buffer.from("x"))))],
    ["a hash that is none", set("proofline.leaf_hash", 7)],
    ["a seq that the log does not have", set("proofline.seq", 99)],
    ["a negative seq", set("proofline.seq", -1)],
    ["another line's seq", set("proofline.seq", 4)],
    ["another id", set("audit.record.id", "mine")],
    ["no id", (record) => record.attributes.delete("audit.record.id")],
    ["another event", change({ event: "money.moved" })],
    ["another time", change({ time: 5n })],
    ["another trace", change({ traceId: "5b8aa5a2d2c872e8321cf37308d69df2" })],
    ["a record that could not be read", change({ quarantine: { code: "MALFORMED", reason: "" } })],
  ];
  for (const [name, forge] of forged) {
    test(`with ${name} is an ordinary record`, async () => {
      const ledger = filled(9);
      assert.deepEqual(await recognised(ledger, returned(ledger, 3, forge), returned(ledger, 5)), [1]);
    });
  }

  test("without a mark is looked at no further", () => {
    const ledger = filled(1);
    assert.equal(returnClaim(returned(ledger, 0, (record) => record.attributes.delete("proofline.leaf_hash"))), undefined);
  });

  test("among claims all over a log costs a bounded number of reads; those beyond are chained", async () => {
    const ledger = filled(100_000);
    let reads = 0;
    const counted = {
      name: ledger.name,
      size: ledger.size,
      read: (...call: Parameters<MemoryLedger["read"]>) => {
        reads += 1;
        return ledger.read(...call);
      },
    };
    const claims = new Map([...Array(190).keys()].map((i) => [i, returnClaim(returned(ledger, i * 520))!]));
    assert.equal((await findReturned(claims, counted)).size, 64);
    assert.equal(reads, 64);
  });
});
